from odoo import api, fields, models

MAX_SUGGESTIONS = 15
# What is needed of companies and customers: by itself, the ORM would read all of their
# fields with the first one, more than a hundred.
COMPANY = [
    "currency_id",
    "lifecycle_hide_out_of_stock",
    "lifecycle_quiet_days",
    "lifecycle_returned_days",
    "lifecycle_service_overdue_days",
    "lifecycle_service_overdue_share",
    "parent_path",
]
CUSTOMER = [
    "commercial_partner_id",
    "company_id",
    "lifecycle_excluded",
    "partner_share",
]
# Fields of the order on the screen that decide what is offered at which price.
SCREEN = [
    "partner_id",
    "pricelist_id",
    "currency_id",
    "fiscal_position_id",
    "warehouse_id",
    "date_order",
    "state",
    "locked",
]


class SaleOrder(models.Model):
    """SCREEN: what to offer on the order that is being written, saved or not.

    What may never be offered stands in ``sale_order_suggestion_never.py``, what is
    chosen and at which price in ``_choose.py``, the words in ``_describe.py``, and what
    has to be put right before in ``_service.py``.
    """

    _inherit = "sale.order"

    @api.model
    @api.readonly
    def lifecycle_suggestions(self, screen, lines, limit=5):
        """Products to offer on an order, each with its reason, the price that its
        order line will have, and the stock. Never more than the user may see: products
        are searched and read with his rights, and of what the customer bought, from
        whomever, he learns the name of a product.

        :param dict screen: the order on the screen: ``company_id`` and the values of
            ``SCREEN`` (ids of records)
        :param list lines: dicts of its lines with a product: ``product_id``,
            ``product_uom_qty`` and ``product_uom_id``; only ``id`` for a saved line
            that is not on the screen
        :param int limit: how many suggestions at most
        :return: dict of ``service``, what to put right before; ``suggestions``, best
            first; when there is none a ``message`` that says why; whether there may be
            ``more``; and the ``reasons`` to choose from when one is declined
        """
        self.check_access("create")
        # reading the company raises when the user may not work for it
        company = self.with_company(screen.get("company_id")).env.company
        (self.env.companies | company).sudo().fetch(COMPANY)
        order = self.with_company(company).new(
            {
                **{name: screen.get(name) for name in SCREEN},
                "date_order": screen.get("date_order") or fields.Datetime.now(),
                "company_id": company.id,
            }
        )
        message = order._lifecycle_closed()
        if message:
            return order._lifecycle_answer(message=message)
        limit = min(limit, MAX_SUGGESTIONS)
        rows = order._lifecycle_choose(self._lifecycle_lines(lines), limit)
        return order._lifecycle_answer(
            service=order._lifecycle_service(),
            message=not rows and order._lifecycle_nothing(),
            suggestions=order._lifecycle_describe(rows),
            more=len(rows) == limit < MAX_SUGGESTIONS,
        )

    @api.model
    def _lifecycle_answer(self, service=(), message=False, suggestions=(), more=False):
        reason = self.env["crm.lifecycle.suggestion"]._fields["decline_reason"]
        return {
            "reasons": reason._description_selection(self.env),
            "service": list(service),
            "message": message,
            "suggestions": list(suggestions),
            "more": more,
        }

    @api.model
    def _lifecycle_lines(self, lines):
        """:param lines: see :meth:`lifecycle_suggestions`
        :return: list of (product, quantity, unit), the unit empty when it is that of
            the product; without sections, notes and products hidden from the user
        """
        hidden = [line["id"] for line in lines if not line.get("product_id")]
        lines = [line for line in lines if line.get("product_id")]
        if hidden:
            lines += self.env["sale.order.line"].search_read(
                [("id", "in", hidden)],
                ["product_id", "product_uom_qty", "product_uom_id"],
                order="sequence, id",
                load=None,
            )
        Product, Unit = self.env["product.product"], self.env["uom.uom"]
        known = Product.with_context(active_test=False).search_fetch(
            [("id", "in", [line["product_id"] for line in lines])], ["product_tmpl_id"]
        )
        return [
            (
                Product.browse(line["product_id"]),
                line.get("product_uom_qty") or 1.0,
                Unit.browse(line.get("product_uom_id")),
            )
            for line in lines
            if line["product_id"] in known._ids
        ]

    def _lifecycle_closed(self):
        """:return: why nothing may be suggested on this order, if so"""
        self.ensure_one()
        if self.locked or self.state == "cancel":
            return self.env._("This order can no longer be changed.")
        if not self.partner_id:
            return self.env._("Choose a customer to see what to offer.")
        self.partner_id.sudo().fetch(CUSTOMER)
        self.partner_id.check_access("read")
        customer = self.partner_id.sudo().commercial_partner_id
        customer.fetch(CUSTOMER)
        if customer.lifecycle_excluded:
            return self.env._("Suggestions are switched off for this customer.")
        if customer._lifecycle_is_held_out(self.company_id):
            return self.env._(
                "Nothing is suggested for this customer: the company compares how much "
                "customers buy with suggestions and without."
            )
        return False

    def _lifecycle_nothing(self):
        """:return: why nothing was found for this order"""
        self.ensure_one()
        learned = self.env["crm.lifecycle.affinity"].sudo()
        if learned.search_count([("company_id", "=", self.company_id.id)], limit=1):
            return self.env._(
                "Nothing to add: what your customers buy is on this order already, or "
                "is not for sale at the moment, or this customer did not want it."
            )
        return self.env._(
            "Nothing to suggest yet. Suggestions are learned every night from "
            "confirmed orders and from invoices."
        )
