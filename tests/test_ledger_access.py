from functools import partial

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import fewest_queries
from .ledger_common import LedgerCommon


@tagged("post_install", "-at_install")
class TestLedgerAccess(LedgerCommon):
    """Who sees what of the ledger and its results, whose rows go, and what it costs."""

    # --- access

    def test_own_documents(self):
        """Own suggestions, and those for own customers, without amounts."""
        self.confirmed()
        self.invoice(self.quotation, 9)
        stranger = self.new_customer("Stranger")
        foreign = self.quotation.copy(
            {"user_id": self.colleague.id, "partner_id": stranger.id}
        )
        ledger = self.Ledger.with_user(self.colleague).sudo()
        ledger._record(
            [ledger._prepare(self.company, stranger, foreign.id, self.row())]
        )
        both = self.customer | stranger
        for user, seen in ((self.seller, self.customer), (self.colleague, stranger)):
            Report = self.Report.with_user(user)
            found = Report.search([("partner_id", "in", both.ids)])
            self.assertEqual(found.sudo().partner_id, seen)
            for name in ("revenue", "margin", "revenue_mean"):
                with self.subTest(name), self.assertRaises(AccessError):
                    found.read([name])
                with self.subTest(name), self.assertRaises(AccessError):
                    Report._read_group([], [], [f"{name}:sum"])
            self.assertNotIn("revenue", Report.get_view(view_type="pivot")["arch"])
        stranger.user_id = self.seller
        self.env.flush_all()
        found = self.Report.with_user(self.seller).search(
            [("partner_id", "in", both.ids)]
        )
        self.assertEqual(found.sudo().partner_id, both)
        self.assertTrue(found[0].is_own)

    def test_all_documents(self):
        self.show()
        user = new_test_user(
            self.env,
            "lifecycle_all",
            "sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        result = self.result().with_user(user)
        self.assertEqual(result.revenue, 0)
        self.assertEqual(result.action_open_order()["res_id"], self.quotation.id)
        other = self.env["res.company"].create({"name": "Other"})
        user.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            result.read(["state"])

    def test_nobody_else(self):
        """Neither reads the results, nor anybody the ledger itself, nor writes it."""
        self.show()
        for group in ("base.group_user", "base.group_portal"):
            user = new_test_user(self.env, f"lifecycle_{group[-6:]}", group)
            with self.subTest(group), self.assertRaises(AccessError):
                self.result().with_user(user).read(["state"])
        for user in (self.seller, self.env.user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.ledger().with_user(user).write({"kind": "novelty"})
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.Ledger.with_user(user).create({"kind": "novelty"})

    def test_cost_of_money_flows(self):
        """Confirming, delivering, invoicing and paying know nothing of the ledger."""
        # Days of their own: "the last invoice" of a day could be any of it.
        days = iter(range(30, 0, -1))

        def new_order(mark):
            order = self.quotation.copy({"order_line": [Command.clear()]})
            self.env["sale.order.line"].create(
                {
                    "order_id": order.id,
                    "product_id": self.chair.id,
                    "lifecycle_suggestion": mark,
                }
            )
            return order

        def sell(order):
            day = next(days)
            order.action_confirm()
            self.deliver(order.picking_ids, day)
            self.pay(self.invoice(order, day), day)

        without, with_suggestion = (
            fewest_queries(self.env, sell, partial(new_order, mark), rounds=2)
            for mark in (False, self.mark)
        )
        self.assertEqual(without, with_suggestion)

    # --- customers

    def test_excluded_customer(self):
        """Nothing is kept, and nothing is noted from then on."""
        line = self.add()
        self.customer.lifecycle_excluded = True
        self.assertFalse(self.ledger())
        self.assertFalse(line.lifecycle_suggestion)
        self.show()
        self.decline()
        line.lifecycle_suggestion = self.mark
        self.assertFalse(self.ledger())

    def test_merged_customers(self):
        """The remaining contact keeps what was offered to both."""
        remaining = self.new_customer("Remaining")
        self.show()
        self.decline(self.row(self.desk, source=None))
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"dst_partner_id": remaining.id}
        )
        wizard._merge((self.customer | remaining).ids, remaining)
        noted = self.Ledger.search([("partner_id", "=", remaining.id)])
        self.assertEqual(noted.product_id, self.chair | self.desk)

    def test_deleted_quotation(self):
        """What was offered and what was declined stays known."""
        self.show()
        self.decline(self.row(self.desk, source=None), order=self.quotation)
        self.quotation.unlink()
        self.assertEqual(self.ledger().product_id, self.chair | self.desk)

    # --- what it costs

    def test_order_without_suggestion_costs_no_query(self):
        """Neither does confirming an order with suggestions."""

        def create(mark):
            lines = [
                {"product_id": product.id, "lifecycle_suggestion": mark}
                for product in (self.desk, self.chair)
            ]
            return self.orders.create(
                {
                    "partner_id": self.customer.id,
                    "order_line": [Command.create(line) for line in lines],
                }
            )

        def confirming(mark):
            return fewest_queries(
                self.env, lambda order: order.action_confirm(), partial(create, mark)
            )

        def creating(mark):
            return fewest_queries(self.env, partial(create, mark))

        self.assertEqual(confirming(False), confirming(self.mark))
        without, with_two = creating(False), creating(self.mark)
        self.assertLessEqual(with_two, without + 2, "the cost of the product, the row")
        self.patch(
            self.env.registry["sale.order.line"],
            "_lifecycle_note_added",
            lambda lines: None,
        )
        self.assertEqual(creating(False), without)

    def test_shown_costs_the_same_for_many(self):
        rows = [
            self.row(source=template.id)
            for template in self.env["product.template"].create(
                [{"name": f"Source {number}"} for number in range(15)]
            )
        ]

        def count(number):
            return fewest_queries(
                self.env,
                lambda _nothing_noted: self.show(*rows[:number]),
                lambda: self.ledger().sudo().unlink(),
            )

        self.assertEqual(count(5), count(15))
