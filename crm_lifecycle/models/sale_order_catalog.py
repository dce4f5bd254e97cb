from odoo import api, fields, models
from odoo.fields import Domain

from .sale_order_suggestion import MAX_SUGGESTIONS
from .sale_order_suggestion_choose import KINDS


class SaleOrder(models.Model):
    """SCREEN: suggestions in Odoo's product catalog, which knows saved orders only."""

    _inherit = "sale.order"

    def _lifecycle_in_catalog(self):
        """:return: dict of the mark of a suggestion (see ``lifecycle_suggestion`` of
        the order line) by product id"""
        self.ensure_one()
        order = self.with_company(self.company_id)
        if order._lifecycle_closed():
            return {}
        lines = order._lifecycle_lines(
            [{"id": line_id} for line_id in self.order_line.ids]
        )
        return {
            row["product_id"]: (
                f"{row['kind']}:{row['source'] or 0}:{row['rule_id'] or 0}"
            )
            for row in order._lifecycle_choose(lines, MAX_SUGGESTIONS)
        }

    def _update_order_line_info(
        self, product_id, quantity, *, lifecycle_suggestion=False, **kwargs
    ):
        """What is added as suggested is marked so."""
        before = self.order_line
        price = super()._update_order_line_info(product_id, quantity, **kwargs)
        if lifecycle_suggestion:
            added = (self.order_line - before).filtered(
                lambda line: line.product_id.id == product_id
            )
            added.lifecycle_suggestion = lifecycle_suggestion
        return price


class ProductProduct(models.Model):
    """SCREEN: which products of the catalog are suggested for its order."""

    _inherit = "product.product"

    lifecycle_suggested_as = fields.Selection(
        selection="_selection_lifecycle_suggested_as",
        string="Suggested for This Customer",
        compute="_compute_lifecycle_suggested_as",
        search="_search_lifecycle_suggested_as",
        groups="sales_team.group_sale_salesman",
    )
    lifecycle_suggestion = fields.Char(
        compute="_compute_lifecycle_suggested_as",
        groups="sales_team.group_sale_salesman",
    )

    @api.model
    def _selection_lifecycle_suggested_as(self):
        kinds = self.env["sale.order"]._lifecycle_kinds()
        return [(kind, kinds[kind]) for kind in KINDS]

    @api.model
    def _lifecycle_in_catalog(self):
        """:return: dict of marks by product id, for the order of the catalog"""
        context = self.env.context
        if context.get("product_catalog_order_model") != "sale.order":
            return {}
        order = self.env["sale.order"].browse(context.get("product_catalog_order_id"))
        return order.exists() and order._lifecycle_in_catalog()

    @api.depends_context("product_catalog_order_model", "product_catalog_order_id")
    def _compute_lifecycle_suggested_as(self):
        marks = self._lifecycle_in_catalog()
        for product in self:
            mark = marks.get(product.id) if marks else False
            product.lifecycle_suggestion = mark
            product.lifecycle_suggested_as = mark and mark.split(":")[0]

    @api.model
    def _search_lifecycle_suggested_as(self, operator, value):
        if operator != "in":
            return NotImplemented
        marks = self._lifecycle_in_catalog() or {}
        domain = Domain(
            "id",
            "in",
            [id_ for id_, mark in marks.items() if mark.split(":")[0] in value],
        )
        if False in value:
            domain |= Domain("id", "not in", list(marks))
        return domain
