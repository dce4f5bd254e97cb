import numpy as np

from odoo import Command
from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestHoldoutResult(LifecycleCommon):
    """What an experiment that started 20 days ago says today, for three customers with
    suggestions and three without."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk.standard_price = 60
        cls.experiment = cls.env["crm.lifecycle.holdout"].create(
            {"name": "Test", "share": 0.5}
        )
        drawn = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(40)]
        )
        limit = cls.experiment._get_limit()
        groups = drawn.grouped(
            lambda partner: (
                cls.experiment._hash(cls.company.id, partner.id, cls.experiment.salt)
                < limit
            )
        )
        cls.shown, cls.held_out = groups[False][:3], groups[True][:3]
        cls.with_profile(cls.shown | cls.held_out, "2026-04-01")

    @classmethod
    def with_profile(cls, customers, day):
        """Customers who became such on that day."""
        profiles = cls.Profile.sudo().create(
            [
                {"partner_id": customer.id, "company_id": cls.company.id}
                for customer in customers
            ]
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_lifecycle_profile SET create_date = %s WHERE id = ANY(%s)",
            [day, profiles.ids],
        )

    def compute(self, days=0):
        if self.experiment.state == "draft":
            with self.days_ago(20):
                self.experiment.action_start()
        with self.days_ago(days):
            self.experiment.action_compute()
        return self.experiment.results

    def assertMeans(self, shown, held_out):
        """Sums over the three customers of each group."""
        means = self.compute()["means"]
        self.assertAlmostEqual(means[0] * 3, shown)
        self.assertAlmostEqual(means[1] * 3, held_out)

    # --- who and what counts

    def test_groups(self):
        results = self.compute()
        self.assertEqual(results["customers"], [3, 3])
        self.assertEqual(results["days"], 21)
        self.assertEqual(results["verdict"], "early")

    def test_margin(self):
        """What was invoiced and credited since the start, less the cost; whoever did
        not buy counts as well."""
        self.direct_invoice(15, 100, self.shown[0])
        order = self.order(25, partner=self.held_out[0])
        invoice = self.invoice(order, 3)
        self.assertMeans(40, 40)
        self.credit(invoice, 2)
        self.assertMeans(40, 0)

    def test_no_cost(self):
        """Counts in full."""
        self.desk.standard_price = 0
        self.direct_invoice(15, 100, self.shown[0])
        self.assertMeans(100, 0)

    def test_cost_per_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        line = {
            "product_id": self.desk.id,
            "product_uom_id": dozen.id,
            "price_unit": 1000,
            "tax_ids": False,
        }
        self.direct_invoice(
            15, partner=self.shown[0], invoice_line_ids=[Command.create(line)]
        )
        self.assertMeans(1000 - 12 * 60, 0)

    def test_as_the_invoice_analysis(self):
        invoice = self.direct_invoice(15, 100, self.shown[0])
        self.env.flush_all()
        report = self.env["account.invoice.report"].search(
            [("move_id", "=", invoice.id)]
        )
        self.assertMeans(report.price_margin, 0)

    def test_before_and_after(self):
        """What was invoiced before the start shows whether the groups are alike; after
        the last day nothing counts."""
        self.direct_invoice(30, 100, self.held_out[0])
        self.direct_invoice(20, 200, self.shown[0])
        self.direct_invoice(2, 300, self.shown[1])
        results = self.compute(days=3)
        self.assertAlmostEqual(results["means"][0] * 3, 140)
        self.assertEqual(results["before"], [0, 40])
        with self.days_ago(3):
            self.experiment.action_stop()
        self.assertEqual(self.compute()["days"], 18)
        self.assertAlmostEqual(self.experiment.results["means"][0] * 3, 140)

    def test_draft_not_invoiced(self):
        self.direct_invoice(15, 100, self.shown[0]).button_draft()
        self.assertMeans(0, 0)

    def test_customers_who_came_later(self):
        newcomer = self.new_customer("Newcomer")
        self.with_profile(newcomer, "2026-05-14")
        self.direct_invoice(15, 100, newcomer)
        self.assertEqual(self.compute()["customers"], [3, 3])

    def test_customers_of_the_first_day(self):
        """As after an installation."""
        newcomer = self.new_customer("Newcomer")
        self.with_profile(newcomer, "2026-05-12 20:00:00")
        self.assertEqual(sum(self.compute()["customers"]), 7)

    def test_customers_who_object(self):
        self.held_out[0].lifecycle_excluded = True
        self.assertEqual(self.compute()["customers"], [3, 2])

    def test_suggestions_shown(self):
        """A check that those without really saw none."""
        ledger = self.env["crm.lifecycle.suggestion"]
        row = {"product_id": self.desk.id, "kind": "popular"}
        for days, customer in (
            (30, self.shown[0]),
            (15, self.shown[0]),
            (20, self.held_out[0]),
        ):
            with self.days_ago(days):
                ledger._record([ledger._prepare(self.company, customer, False, row)])
        self.assertEqual(self.compute()["suggested"], [1, 0])
        self.assertNotIn("Attention", self.experiment.explanation)
        with self.days_ago(19):
            made = ledger._prepare(self.company, self.held_out[0], False, row)
            ledger._record([made])
        self.assertEqual(self.compute()["suggested"], [1, 1])
        self.assertIn("Attention", self.experiment.explanation)

    # --- in words

    def explain(self, shown, held_out, days=0, **values):
        """:return: the page for two groups with these margins per customer"""
        rows = [(False, *row, 0, 1) for row in shown]
        rows += [(True, *row, 0, 0) for row in held_out]
        self.patch(
            self.env.registry["crm.lifecycle.holdout"],
            "_read_outcomes",
            lambda *args: rows,
        )
        self.experiment.write(values)
        self.compute(days)
        return str(self.experiment.explanation)

    def amounts(self, seed, mean, customers=200):
        return np.random.default_rng(seed).gamma(2, mean / 4, (customers, 2)).tolist()

    def test_words_for_more(self):
        words = self.explain(self.amounts(1, 150), self.amounts(2, 100))
        self.assertEqual(self.experiment.verdict, "more")
        self.assertIn("more margin each", words)
        self.assertIn("hardly chance", words)
        self.assertIn("+", words.split("that is")[1][:5])
        self.assertIn("Decide on the last day", words)

    def test_words_for_less(self):
        words = self.explain(self.amounts(1, 100), self.amounts(2, 150))
        self.assertEqual(self.experiment.verdict, "less")
        self.assertIn("less margin each", words)

    def test_words_for_maybe(self):
        words = self.explain(self.amounts(1, 101), self.amounts(2, 100), lift=0.05)
        self.assertEqual(self.experiment.verdict, "open")
        self.assertIn("this may be chance", words)
        self.assertIn("more weeks are needed", words)

    def test_words_for_no_hope(self):
        words = self.explain(self.amounts(1, 101), self.amounts(2, 100), lift=0.001)
        self.assertIn("waiting is not enough", words)

    def test_words_for_seen_already(self):
        words = self.explain(self.amounts(1, 101), self.amounts(2, 100), lift=0.9)
        self.assertIn("would probably have been seen already", words)

    def test_words_for_early(self):
        few = self.explain(self.amounts(1, 150, 29), self.amounts(2, 10))
        self.assertIn("it takes two weeks, and 30 customers", few)
        nothing = self.explain([(0, 0)] * 40, [(0, 0)] * 40)
        self.assertIn("not enough invoices", nothing)
        self.assertNotIn("probably", nothing)
