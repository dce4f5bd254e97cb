from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import LifecycleCommon

ACTIONS = ["order", "invoice", "pay", "credit", "deliver", "cancel", "move", "exclude"]
# What is not computed from the documents, or tells when rather than what.
APART = {
    "id",
    "create_uid",
    "create_date",
    "write_uid",
    "write_date",
    "stage_date",
    "message_main_attachment_id",
}


@tagged("post_install", "-at_install")
class TestIncremental(LifecycleCommon):
    """A full run equals any sequence of incremental runs, cell by cell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = [cls.new_customer(f"Customer {number}") for number in range(3)]
        cls.contacts = cls.env["res.partner"].create(
            [{"name": "Contact", "parent_id": each.id} for each in cls.customers]
        )

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],  # shrinking would take minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(
        history=st.lists(
            st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2), st.integers(0, 400)),
            min_size=5,
            max_size=10,
        )
    )
    def test_full_equals_incremental(self, history):
        with self.cr.savepoint() as savepoint:
            self.check(history)
            savepoint.rollback()
        self.env.invalidate_all()
        self.cr.precommit.clear()

    def check(self, history):
        for number, customer in enumerate(self.customers):
            self.order(40 + number, partner=customer)
            self.invoice(self.order(10, partner=self.contacts[number]), 9)
        self.Profile._refresh_company(self.company, self.as_of)
        for step, (action, number, days) in enumerate(history):
            getattr(self, f"do_{action}")(number, days)
            self.cr.precommit.run()
            with self.days_ago(0):
                self.env["crm.lifecycle.dirty"].sudo()._process()
            incremental = self.rows()
            self.env.cr.execute("DELETE FROM crm_lifecycle_profile")
            self.env.invalidate_all()
            self.refresh(*self.customers)
            self.assertEqual(self.rows(), incremental, history[: step + 1])

    def rows(self):
        self.env.cr.execute(
            "SELECT * FROM crm_lifecycle_profile WHERE company_id = %s",
            [self.company.id],
        )
        return {
            row["partner_id"]: {
                name: value for name, value in row.items() if name not in APART
            }
            for row in self.env.cr.dictfetchall()
        }

    # --- what may happen to a customer

    def orders(self, number):
        return self.env["sale.order"].search(
            [
                ("partner_id", "child_of", self.customers[number].id),
                ("state", "=", "sale"),
            ]
        )

    def unpaid(self, number):
        return self.orders(number).invoice_ids.filtered(
            lambda move: (
                move.move_type == "out_invoice" and move.payment_state == "not_paid"
            )
        )[:1]

    def do_order(self, number, days):
        partner = self.contacts[number] if days % 2 else self.customers[number]
        self.order(days, (self.desk, 1 + days % 3, 50 + days), partner=partner)

    def do_invoice(self, number, days):
        orders = self.orders(number)
        for order in orders.filtered(lambda o: o.invoice_status == "to invoice")[:1]:
            self.invoice(order, days)

    def do_pay(self, number, days):
        for invoice in self.unpaid(number):
            self.pay(invoice, days % 9, amount=10 + days % 30)

    def do_credit(self, number, days):
        for invoice in self.unpaid(number):
            self.credit(invoice, days % 9)

    def do_deliver(self, number, days):
        pickings = self.orders(number).picking_ids
        for picking in pickings.filtered(
            lambda p: p.state in ("confirmed", "assigned")
        ):
            self.deliver(picking, days)

    def do_cancel(self, number, days):
        for order in self.orders(number):
            if not (order.invoice_ids or order.picking_ids.filtered("date_done")):
                order._action_cancel()

    def do_move(self, number, days):
        self.contacts[number].parent_id = self.customers[days % 3]

    def do_exclude(self, number, days):
        customer = self.customers[number]
        customer.lifecycle_excluded = not customer.lifecycle_excluded
