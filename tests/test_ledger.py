from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import new_variants
from .ledger_common import LedgerCommon


@tagged("post_install", "-at_install")
class TestLedger(LedgerCommon):
    """What is noted when suggestions are shown, added and declined, by a salesperson
    who sees his own documents only."""

    # --- shown

    def test_shown(self):
        self.show()
        noted = self.ledger()
        self.assertEqual(noted.company_id, self.company)
        self.assertEqual(noted.order_id, self.quotation)
        self.assertEqual(noted.user_id, self.seller)
        self.assertEqual(noted.product_id, self.chair)
        self.assertEqual(noted.source_tmpl_id, self.source)
        self.assertEqual(noted.kind, "cross_sell")
        self.assertTrue(noted.date)
        self.assertFalse(noted.date_added or noted.date_declined)

    def test_shown_once(self):
        self.show()
        self.show(self.row(), self.row(), self.row(self.desk, source=None))
        self.show(self.row(self.desk, source=None))
        self.assertEqual(len(self.ledger()), 2)

    def test_shown_of_the_commercial_partner(self):
        values = {"name": "Contact", "parent_id": self.customer.id}
        self.quotation.partner_id = self.env["res.partner"].create(values)
        self.show()
        self.assertEqual(self.ledger().partner_id, self.customer)

    def test_shown_on_an_order_of_a_colleague(self):
        self.quotation.user_id = self.colleague
        with self.assertRaises(AccessError):
            self.show()

    def test_shown_what_is_gone(self):
        """A product, a rule or a kind that is no more keeps nobody from working."""
        self.show(self.row(product_id=0), self.row(kind="nonsense"))
        self.assertFalse(self.ledger())
        self.show(*(self.row(rule_id=gone, source=gone) for gone in (2**30, 2**31 - 1)))
        self.assertFalse(self.ledger().rule_id or self.ledger().source_tmpl_id)

    # --- added

    def test_added(self):
        self.show()
        self.chair.standard_price = 12
        line = self.add()
        noted = self.ledger()
        self.assertEqual(noted.line_id, line)
        self.assertTrue(noted.date_added)
        self.assertEqual(noted.unit_cost, 12)

    def test_added_before_the_order_was_saved(self):
        rule = self.env["crm.lifecycle.suggestion.rule"].create(
            {"product_tmpl_id": self.chair.product_tmpl_id.id}
        )
        order = self.orders.create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.chair.id,
                            "lifecycle_suggestion": f"novelty:0:{rule.id}",
                        }
                    )
                ],
            }
        )
        noted = self.ledger()
        self.assertEqual(noted.order_id, order)
        self.assertEqual(noted.line_id, order.order_line)
        self.assertEqual(noted.kind, "novelty")
        self.assertFalse(noted.source_tmpl_id)
        self.assertEqual(noted.rule_id, rule)
        rule.unlink()
        self.assertTrue(noted.exists())

    def test_added_by_swapping(self):
        line = self.quotation.order_line.with_user(self.seller)
        line.write(
            {
                "product_id": self.chair.id,
                "lifecycle_suggestion": f"up_sell:{self.source.id}:0",
            }
        )
        noted = self.ledger()
        self.assertEqual(noted.line_id, line.sudo())
        self.assertEqual(noted.product_id, self.chair)
        self.assertEqual(noted.source_tmpl_id, self.source)

    def test_added_after_it_was_declined(self):
        self.decline(order=self.quotation)
        self.add()
        noted = self.ledger()
        self.assertTrue(noted.line_id)
        self.assertFalse(noted.date_declined or noted.decline_reason)

    def test_added_twice(self):
        """Two lines of the same suggestion are one suggestion: of the last line."""
        lines = self.add() | self.add()
        self.assertEqual(self.ledger().line_id, lines[1].sudo())

    def test_removed_again(self):
        self.add().unlink()
        noted = self.ledger()
        self.assertFalse(noted.line_id)
        self.assertTrue(noted.date_added)

    def test_copied_order_was_not_suggested(self):
        self.add()
        self.quotation.copy()
        self.assertEqual(len(self.ledger()), 1)

    def test_added_what_is_no_suggestion(self):
        for mark in ("nonsense", "cross_sell:x:0", "cross_sell:0", "nonsense:0:0"):
            with self.subTest(mark):
                self.add(mark=mark)
        self.assertFalse(self.ledger())

    def test_added_and_changed_before_it_was_saved(self):
        """Another product is no suggestion, another variant is."""
        first, second = new_variants(self.env, name="Carpet")
        self.add(self.desk, mark=f"popular:0:0:{first.id}")
        self.assertFalse(self.ledger())
        line = self.add(second, mark=f"popular:0:0:{first.id}")
        self.assertEqual(self.ledger().product_id, first)
        self.assertEqual(self.ledger().line_id, line.sudo())

    # --- declined

    def test_declined(self):
        self.show()
        self.decline(order=self.quotation, reason="too_expensive")
        noted = self.ledger()
        self.assertTrue(noted.date_declined)
        self.assertEqual(noted.decline_reason, "too_expensive")

    def test_declined_before_the_order_is_saved(self):
        """It is one suggestion with that of the order, once there is one."""
        self.decline()
        self.assertFalse(self.ledger().order_id)
        self.show()
        self.assertEqual(self.ledger().order_id, self.quotation)
        self.assertTrue(self.ledger().date_declined)

    def test_declined_by_another_user_is_another_suggestion(self):
        self.orders = self.orders.with_user(self.colleague)
        self.decline()
        self.orders = self.orders.with_user(self.seller)
        self.show()
        self.assertEqual(len(self.ledger()), 2)

    def test_declined_for_no_reason(self):
        with self.assertRaises(ValidationError):
            self.decline(reason="nonsense")

    def test_declined_on_an_order_of_a_colleague(self):
        self.quotation.user_id = self.colleague
        with self.assertRaises(AccessError):
            self.decline(order=self.quotation)

    def test_declined_for_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        screen = {**self.screen(), "company_id": other.id}
        with self.assertRaises(AccessError):
            self.orders.lifecycle_suggestion_decline(screen, self.row(), "other")

    def test_quiet_time(self):
        def declined(customer):
            self.env.flush_all()
            rows = self.env.execute_query(
                self.Ledger._sql_declined(self.company, customer.id)
            )
            return [product_id for (product_id,) in rows]

        self.company.lifecycle_quiet_days = 30
        with self.days_ago(30):
            self.decline()
        with self.days_ago(0):
            self.assertEqual(declined(self.customer), self.chair.ids)
        with self.days_ago(-1):
            self.assertEqual(declined(self.customer), [])
        self.assertEqual(declined(self.new_customer("Other")), [])
