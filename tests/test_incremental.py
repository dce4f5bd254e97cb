from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import TODAY, LifecycleCommon

ACTIONS = [
    *("order", "invoice", "pay", "credit", "deliver", "cancel", "move", "exclude"),
    *("discount", "send_back", "meet", "edit", "industry", "due", "back_to_draft"),
]
PROSPECT_ACTIONS = ["quote", "withdraw", "lead", "lose", "win", "meet", "order", "move"]
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
SETTINGS = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking would take minutes
    suppress_health_check=list(HealthCheck),
)


def histories(actions):
    return st.lists(
        st.tuples(st.sampled_from(actions), st.integers(0, 2), st.integers(0, 400)),
        min_size=5,
        max_size=10,
    )


@tagged("post_install", "-at_install")
class TestIncremental(LifecycleCommon):
    """A full run equals any sequence of incremental runs, cell by cell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk.standard_price = 60
        cls.customers = [cls.new_customer(f"Customer {number}") for number in range(3)]
        cls.contacts = cls.env["res.partner"].create(
            [{"name": "Contact", "parent_id": each.id} for each in cls.customers]
        )

    def test_full_equals_incremental(self):
        for number, customer in enumerate(self.customers):
            order = self.order(40 + number, partner=customer)
            self.deliver(order.picking_ids, 30)
            self.invoice(self.order(10, partner=self.contacts[number]), 9)
        self.check_all(ACTIONS)

    def test_prospects(self):
        """The same before the first purchase."""
        for customer in self.customers:
            customer.lifecycle_prospect = True
        self.check_all(PROSPECT_ACTIONS)

    def check_all(self, actions):
        """Each history begins with what has been made before."""
        self.Profile._refresh_company(self.company, self.as_of)

        @SETTINGS
        @given(history=histories(actions))
        def check(history):
            with self.cr.savepoint() as savepoint:
                self.check(history)
                savepoint.rollback()
            self.env.invalidate_all()
            self.cr.precommit.clear()

        check()

    def check(self, history):
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

    def do_discount(self, number, days):
        self.orders(number)[:1].order_line.discount = days % 100

    def do_edit(self, number, days):
        """Another unit, price and cost on a confirmed order; or nothing ordered, and
        some of it delivered."""
        line = self.orders(number).order_line[days % 2 : days % 2 + 1]
        if days % 3:
            line.price_unit = days
        elif days % 2:
            line.product_uom_qty = 0
            line.qty_delivered = days % 4
        if "purchase_price" in line._fields:
            line.purchase_price = days % 50

    def do_industry(self, number, days):
        industries = self.env["res.partner.industry"].search([], limit=2)
        self.customers[number].industry_id = industries[days % 2]

    def do_due(self, number, days):
        self.unpaid(number).invoice_date_due = TODAY.date() - timedelta(days % 90 - 20)

    def do_back_to_draft(self, number, days):
        for invoice in self.unpaid(number):
            invoice.button_draft()
            if days % 2:
                invoice.invoice_date = TODAY.date() - timedelta(days % 50)
                invoice.action_post()

    def do_send_back(self, number, days):
        delivered = self.orders(number).picking_ids.filtered(
            lambda p: p.state == "done" and not p.return_ids
        )
        for picking in delivered[:1]:
            self.send_back(picking, days % 9, 1)

    def do_cancel(self, number, days):
        for order in self.orders(number):
            if not (order.invoice_ids or order.picking_ids.filtered("date_done")):
                order._action_cancel()

    def do_move(self, number, days):
        self.contacts[number].parent_id = self.customers[days % 3]

    def do_exclude(self, number, days):
        customer = self.customers[number]
        customer.lifecycle_excluded = not customer.lifecycle_excluded

    def do_quote(self, number, days):
        quotation = self.order(days, partner=self.contacts[number], confirm=False)
        if days % 3:
            quotation.action_quotation_sent()
        if days % 2:
            quotation.validity_date = TODAY.date() - timedelta(days=days % 60 - 10)

    def do_withdraw(self, number, days):
        quotations = self.env["sale.order"].search(
            [
                ("partner_id", "child_of", self.customers[number].id),
                ("state", "in", ("draft", "sent")),
            ]
        )
        with self.days_ago(days % 9):
            quotations[:1]._action_cancel()
            self.env.flush_all()

    def do_lead(self, number, days):
        kind = "opportunity" if days % 2 else "lead"
        self.lead(days, self.contacts[number], type=kind)

    def open_lead(self, number):
        return self.env["crm.lead"].search(
            [
                ("partner_id", "child_of", self.customers[number].id),
                ("won_status", "=", "pending"),
            ],
            limit=1,
        )

    def do_lose(self, number, days):
        if lead := self.open_lead(number):
            self.lose(lead, days % 9)

    def do_win(self, number, days):
        with self.days_ago(days % 9):
            self.open_lead(number).action_set_won()
            self.env.flush_all()

    def do_meet(self, number, days):
        self.meet(days - 5, self.contacts[number])
