from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

# Behind each part of the score: what it is made of.
PART_DOCUMENTS = {
    "recency": ["purchases", "shop_orders"],
    "frequency": ["purchases_12m", "shop_orders"],
    "value": ["purchases", "shop_orders"],
    "tenure": ["purchases", "shop_orders"],
    "breadth": ["products"],
    "payment": ["invoices_late", "invoices"],
    "delivery": ["deliveries_late", "deliveries"],
    "returns": ["returns", "credit_notes"],
}
# What they are records of.
DOCUMENT_MODELS = {
    "purchases": "sale.order",
    "purchases_12m": "sale.order",
    "shop_orders": "pos.order",
    "products": "sale.order.line",
    "invoices": "account.move",
    "invoices_late": "account.move",
    "deliveries": "stock.picking",
    "deliveries_late": "stock.picking",
    "returns": "stock.picking",
    "credit_notes": "account.move",
}


class CrmLifecycleProfile(models.Model):
    """SCREEN: from each number to the documents behind it. The reader's own rights
    decide which of them he sees, and nothing is counted for him that he does not see.
    """

    _inherit = "crm.lifecycle.profile"

    def _get_part_documents(self, part):
        """:return: list of (name for :meth:`action_open_documents`, label) of what is
        behind a part of the loyalty score, and of which there is something"""
        labels = {
            "purchases": self.env._("Orders"),
            "purchases_12m": self.env._("Orders of 12 Months"),
            "shop_orders": self.env._("Point of Sale"),
            "products": self.env._("Products"),
            "invoices": self.env._("Invoices"),
            "invoices_late": self.env._("Paid Late or Overdue"),
            "deliveries": self.env._("Deliveries"),
            "deliveries_late": self.env._("Late Deliveries"),
            "returns": self.env._("Returns"),
            "credit_notes": self.env._("Credit Notes"),
        }
        exists = {
            "invoices": self.last_invoice_date,
            "invoices_late": self.payment_delay > 0 or self.sudo().amount_overdue > 0,
            "deliveries": self.delivery_count,
            "deliveries_late": self.delivery_late_count,
            "returns": self.return_count,
            "credit_notes": self.refund_ratio > 0,
        }
        return [
            (name, labels[name])
            for name in PART_DOCUMENTS[part]
            for model in [DOCUMENT_MODELS[name]]
            if exists.get(name, True)
            and model in self.env
            and self.env[model].has_access("read")
        ]

    def action_open_documents(self, name):
        """Open what is behind a number of this customer.

        :param name: one of those of ``PART_DOCUMENTS``, or "model"
        """
        self.ensure_one()
        self.check_access("read")
        if name == "model":
            return self.model_id.get_formview_action()
        known = {each for names in PART_DOCUMENTS.values() for each in names}
        if name not in known:
            raise ValueError(f"No such documents: {name}")
        return getattr(self, f"_open_{name}")()

    def _open_purchases(self):
        return self._open_documents("sale.action_orders", [("state", "=", "sale")])

    def _open_purchases_12m(self):
        today = self.company_id._lifecycle_today(self.as_of)
        start = self.company_id._lifecycle_bound(today - timedelta(days=364))
        since = fields.Datetime.to_string(start)
        return self._open_documents(
            "sale.action_orders", [("state", "=", "sale"), ("date_order", ">=", since)]
        )

    def _open_shop_orders(self):
        return self._open_documents(
            "point_of_sale.action_pos_pos_form",
            [("state", "in", ["paid", "done"]), ("account_move", "=", False)],
        )

    def _open_products(self):
        """Lines of orders, by product."""
        lines = self.env["sale.order.line"]
        lines.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Products"),
            "res_model": lines._name,
            "views": [(self.env.ref("sale.view_order_line_tree").id, "list")],
            "domain": [
                ("order_id.partner_id", "child_of", self.partner_id.id),
                ("company_id", "child_of", self.company_id.id),
                ("state", "=", "sale"),
                ("display_type", "=", False),
            ],
            "context": {"group_by": "product_id"},
        }

    def _open_invoices(self, *conditions):
        """Posted ones: those that net invoiced is the sum of."""
        types = self.env["account.move"].get_sale_types(include_receipts=True)
        action = self._open_documents(
            "account.action_move_out_invoice",
            [("move_type", "in", types), ("state", "=", "posted"), *conditions],
        )
        # the customer whom the invoice was made for, see crm_lifecycle_sources.py
        customer = ("commercial_partner_id", "=", self.partner_id.id)
        return {**action, "domain": [customer, *action["domain"][1:]]}

    def _open_credit_notes(self):
        return self._open_invoices(("move_type", "=", "out_refund"))

    def _open_invoices_late(self):
        sources = ["invoice", "item", "match", "instalment", "unposted"]
        select = """
            SELECT DISTINCT instalment.move_id
              FROM instalment
         LEFT JOIN unposted ON unposted.id = instalment.id
             WHERE is_invoice
               AND (instalment.paid_delay + COALESCE(unposted.paid_delay, 0) > 0
                    OR due < %(today)s AND open - COALESCE(unposted.paid, 0) > 0)
        """
        return self._open_invoices(("id", "in", self._find_documents(sources, select)))

    def _open_deliveries(self, *conditions):
        done = ("state", "=", "done")
        return self._open_documents(
            "stock.action_picking_tree_all",
            [
                *(conditions or [("location_dest_id.usage", "=", "customer"), done]),
                ("sale_id", "!=", False),
            ],
        )

    def _open_returns(self):
        select = "SELECT id FROM transfer WHERE incoming AND done_day IS NOT NULL"
        return self._open_transfers(select)

    def _open_deliveries_late(self):
        return self._open_transfers("SELECT id FROM transfer WHERE is_late")

    def _open_transfers(self, select):
        sources = ["contact", "placed", "transfer"]
        found = self._find_documents(sources, select)
        return self._open_deliveries(("id", "in", found))

    def _find_documents(self, sources, select):
        """:param sources: see ``crm.lifecycle.facts._sql_with``
        :return: ids of the documents, also of those that the reader may not see"""
        Facts = self.env["crm.lifecycle.facts"].sudo()
        parameters = Facts._get_parameters(
            self.company_id.sudo(), self.partner_id.ids, self.as_of
        )
        Facts.env.flush_all()
        rows = self.env.execute_query(
            Facts._sql_with(sources, parameters, SQL(select, **parameters))
        )
        return [document_id for (document_id,) in rows]

    def action_open_net_invoiced(self):
        """Open the invoices and credit notes that net invoiced is the sum of."""
        return self._open_invoices()

    def action_open_reason(self):
        """Open what the stage rests on: the purchases; before the first one the
        quotations, else the leads."""
        if self.order_count:
            return self._open_purchases()
        if self.last_quotation_date:
            return self.action_open_orders()
        return self.action_open_leads()
