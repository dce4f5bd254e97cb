from odoo import api, fields, models
from odoo.fields import Domain

from ..models.crm_lifecycle_facts import AMOUNT_GROUPS


class CrmLifecycleOfferLine(models.TransientModel):
    """A product to offer, and what it may bring within 90 days."""

    _name = "crm.lifecycle.offer.line"
    _description = "Product to Offer"

    offer_id = fields.Many2one("crm.lifecycle.offer", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="offer_id.currency_id")
    is_chosen = fields.Boolean("Choose")
    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")
    kind = fields.Selection(
        lambda self: self.env["crm.lifecycle.affinity"]._fields["kind"].selection,
    )
    reason = fields.Text()
    quantity = fields.Float(digits="Product Unit", default=1)
    price = fields.Monetary(
        "Unit Price", help="What one unit costs this customer by the pricelist."
    )
    probability = fields.Float(
        "Match",
        help="Chance that the customer buys something within 90 days, times the share "
        "of customers like this one who buy the product. What he bought before: times "
        "the share of his purchases that had it. To compare offers with.",
    )
    expected_value = fields.Monetary(
        compute="_compute_expected_value",
        groups=AMOUNT_GROUPS,
        help="Match times price and quantity.",
    )
    source_id = fields.Integer(help="Template of the bought product that leads here.")
    rule_id = fields.Integer(help="The rule of the company that it follows.")

    @api.depends("probability", "price", "quantity")
    def _compute_expected_value(self):
        for line in self:
            line.expected_value = line.probability * line.price * line.quantity

    @api.model
    def _prepare(self, order, limit):
        """:param order: an empty quotation for the customer, not saved
        :return: values of at most `limit` lines, those that may bring most first
        """
        rows = order._lifecycle_choose([], limit)
        profile = order.partner_id.lifecycle_id
        lines = [
            {
                "product_id": row["product_id"],
                "kind": row["kind"],
                "reason": text["reason"],
                "quantity": row.get("quantity") or 1,
                "price": row["price"],
                "probability": profile.probability_90 * self._get_share(profile, row),
                "source_id": row["source"] or 0,
                "rule_id": row["rule_id"] or 0,
            }
            for row, text in zip(rows, order._lifecycle_describe(rows), strict=True)
        ]
        lines.sort(
            key=lambda line: -line["probability"] * line["price"] * line["quantity"]
        )
        return lines

    def _get_share(self, profile, row):
        """:return: of customers like this one, the share who buy the product; of his
        own purchases, the share that had it; 0 when not known"""
        if row["kind"] == "reorder":
            return min(1, row["support"] / (profile.order_count or 1))
        return row["confidence"] or 0


class CrmLifecycleOfferInstalled(models.TransientModel):
    """What a customer needs for the equipment that he owns."""

    _name = "crm.lifecycle.offer.installed"
    _description = "Supplies of Owned Products"

    offer_id = fields.Many2one("crm.lifecycle.offer", required=True, ondelete="cascade")
    owned = fields.Char("Owns")
    product_tmpl_id = fields.Many2one(
        "product.template", "Needs", required=True, ondelete="cascade"
    )
    last_date = fields.Date("Last Bought")
    due_date = fields.Date("Due")
    is_short = fields.Boolean()
    reason = fields.Text("Details")

    @api.model
    def _prepare(self, order):
        """:param order: an empty quotation for the customer, not saved
        :return: values of a line per consumable that may be suggested to the customer
        """
        company = order.company_id
        rows = self.env["crm.lifecycle.affinity"]._find_installed(
            company, order.partner_id.sudo().commercial_partner_id.id
        )
        templates = self.env["product.template"].with_context(active_test=False)
        needed = (
            order._get_suggestion_domain()
            & Domain("product_tmpl_id", "in", [row["product_tmpl_id"] for row in rows])
            & Domain(
                "product_tmpl_id",
                "not in",
                self.env["crm.lifecycle.suggestion.rule"]._get_never(company),
            )
        )
        offered = self.env["product.product"].search(needed).product_tmpl_id
        ids = {
            id_ for row in rows for id_ in (row["product_tmpl_id"], *row["source_ids"])
        }
        names = {
            template.id: template.name
            for template in templates.search_fetch([("id", "in", list(ids))], ["name"])
        }
        return [
            {
                "owned": self.env._(
                    "%(pieces)s × %(products)s",
                    pieces=f"{row['pieces']:g}",
                    products=", ".join(
                        names[id_] for id_ in row["source_ids"] if id_ in names
                    ),
                ),
                "product_tmpl_id": row["product_tmpl_id"],
                "last_date": row["last_date"],
                "due_date": row["due_date"],
                "is_short": row["is_short"],
                "reason": self._get_reason(row),
            }
            for row in rows
            if row["product_tmpl_id"] in offered._ids
        ]

    def _get_reason(self, row):
        """:return: what is missing in one sentence, after how much is usually needed"""
        usual = ""
        if row["usual_days"]:
            usual = self.env._(
                "Each piece usually needs one every %(days)s days.",
                days=round(row["usual_days"]),
            )
        if not row["last_date"]:
            return f"{self.env._('Never bought here.')} {usual}".strip()
        if row["is_short"]:
            supplied = self.env._(
                "Buys enough for about %(supplied)s of %(pieces)s pieces; the rest may "
                "come from another supplier.",
                supplied=round(row["supplied"]),
                pieces=f"{row['pieces']:g}",
            )
            return f"{supplied} {usual}".strip()
        return usual
