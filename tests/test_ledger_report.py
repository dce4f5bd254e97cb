from scipy.stats import binomtest

from odoo import Command
from odoo.tests import tagged

from .ledger_common import LedgerCommon

STEPS = ["added", "declined", "ordered", "delivered", "invoiced", "returned"]


@tagged("post_install", "-at_install")
class TestLedgerReport(LedgerCommon):
    """What became of a suggestion, through Odoo's own flows."""

    def assertResult(self, state, steps="", revenue=0, margin=0):
        """:param steps: names of the steps that were made, in one string"""
        result = self.result()
        self.assertEqual(result.state, state)
        self.assertEqual(
            [name for name in STEPS if result[f"{name}_count"]], steps.split()
        )
        self.assertEqual(result.shown_count, 1)
        self.assertEqual(result.acceptance, result.added_count)
        self.assertEqual(result.order_rate, result.ordered_count)
        self.assertAlmostEqual(result.revenue, revenue)
        self.assertAlmostEqual(result.revenue_mean, revenue)
        self.assertAlmostEqual(result.margin, margin)

    # --- one test per state

    def test_shown(self):
        self.show()
        self.assertResult("shown")
        result = self.result()
        self.assertEqual(result.link, "Desk → Chair")
        self.assertEqual(result.user_id, self.seller)
        self.assertEqual(result.product_tmpl_id, self.chair.product_tmpl_id)

    def test_declined(self):
        self.show()
        self.decline(order=self.quotation, reason="too_expensive")
        self.assertResult("declined", "declined")
        self.assertEqual(self.result().decline_reason, "too_expensive")

    def test_declined_before_there_was_an_order(self):
        self.decline()
        self.assertResult("declined", "declined")
        self.assertEqual(self.result().user_id, self.seller)

    def test_added(self):
        self.show()
        self.add()
        self.assertResult("added", "added")

    def test_removed(self):
        self.add().unlink()
        self.assertResult("removed")

    def test_other_product_on_the_line(self):
        self.add().product_id = self.desk
        self.assertResult("removed")

    def test_quantity_zero(self):
        line = self.confirmed()
        line.product_uom_qty = 0
        self.assertResult("removed")

    def test_order_cancelled(self):
        self.confirmed()
        self.quotation._action_cancel()
        self.assertResult("cancelled", "added")

    def test_ordered(self):
        self.confirmed()
        self.assertResult("ordered", "added ordered")

    def test_delivered(self):
        self.confirmed()
        self.deliver(self.quotation.picking_ids, 10)
        self.assertResult("delivered", "added ordered delivered")

    def test_invoiced_and_paid(self):
        self.confirmed()
        invoice = self.quotation._create_invoices()
        self.assertResult("ordered", "added ordered")
        invoice.unlink()
        invoice = self.invoice(self.quotation, 9)
        self.assertResult("invoiced", "added ordered invoiced", 120, 120 - 48)
        self.pay(invoice, 5)
        self.assertResult("invoiced", "added ordered invoiced", 120, 120 - 48)

    def test_credited(self):
        self.confirmed()
        invoice = self.invoice(self.quotation, 9)
        self.credit(invoice, 5, quantity=1)
        self.assertResult("returned", "added ordered invoiced returned", 90, 90 - 36)

    def test_returned(self):
        self.confirmed()
        picking = self.quotation.picking_ids
        self.deliver(picking, 10)
        self.send_back(picking, 5, 4)
        self.assertResult("returned", "added ordered delivered returned")

    # --- money

    def test_cost_of_the_day(self):
        """A cost that changes later changes no margin of the past."""
        self.confirmed()
        self.invoice(self.quotation, 9)
        self.chair.standard_price = 20
        self.assertEqual(self.result().margin, 120 - 48)

    def test_cost_of_the_order_line(self):
        """As the module for margins on orders keeps it."""
        line = self.confirmed()
        line.purchase_price = 10
        self.invoice(self.quotation, 9)
        self.assertEqual(self.result().margin, 120 - 40)

    def test_no_cost(self):
        self.chair.standard_price = 0
        self.confirmed()
        self.invoice(self.quotation, 9)
        self.assertResult("invoiced", "added ordered invoiced", 120, 0)
        groups = self.Report._read_group(
            [("id", "=", self.result().id)], [], ["margin:sum"]
        )
        self.assertEqual(groups, [(False,)], "unknown, which is not nothing")

    def test_foreign_currency_and_unit(self):
        """At the rate of the invoice, costs of twelve pieces for a dozen."""
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-05-20", 4.0)]
        )
        self.quotation.write({"order_line": [Command.clear()]})
        self.quotation.pricelist_id = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": currency.id}
        )
        self.confirmed(product_uom_id=self.env.ref("uom.product_uom_dozen").id)
        self.assertEqual(self.quotation.currency_id, currency)
        self.invoice(self.quotation, 9)
        self.assertResult(
            "invoiced", "added ordered invoiced", 120 / 4, 120 / 4 - 48 * 12
        )

    # --- together

    def test_rates(self):
        """Of four suggestions three were added, one of them ordered: rates are those
        of the group, however it is grouped."""
        self.show(self.row(self.desk, source=None))
        self.add()
        for _order in range(2):
            order = self.quotation.copy({"user_id": self.seller.id})
            self.add(order=order)
        order.action_confirm()
        self.env.flush_all()
        self.assertEqual(
            self.Report._read_group(
                [("partner_id", "=", self.customer.id)],
                ["product_id"],
                ["shown_count:sum", "acceptance:avg", "order_rate:avg"],
                order="product_id",
            ),
            [(self.chair, 3, 1, 1 / 3), (self.desk, 1, 0, 0)],
        )
        [[acceptance]] = self.Report._read_group(
            [("partner_id", "=", self.customer.id)], [], ["acceptance:avg"]
        )
        self.assertEqual(acceptance, 0.75)

    def test_limits_of_a_rate(self):
        """As scipy computes them; many good ones rank before a single lucky one."""
        self.show(self.row(self.desk, source=None))
        for number in range(12):
            order = self.quotation.copy({"user_id": self.seller.id})
            self.show(order=order)
            if number:
                self.add(order=order)
        self.add(self.chair, mark="novelty:0:0")
        self.env.flush_all()
        groups = self.Report._read_group(
            [("partner_id", "=", self.customer.id)],
            ["link", "kind"],
            ["shown_count:sum", "acceptance_low:avg", "acceptance_high:avg"],
            order="acceptance_low:avg desc",
        )
        self.assertEqual([group[2] for group in groups], [12, 1, 1])
        for (*_group, shown, low, high), added in zip(groups, (11, 1, 0), strict=True):
            limits = binomtest(added, shown).proportion_ci(0.9, "wilson")
            self.assertAlmostEqual(low, limits.low, 3)
            self.assertAlmostEqual(high, limits.high, 3)
