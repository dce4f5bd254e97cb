from datetime import timedelta
from unittest.mock import patch

import numpy as np

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_lifecycle.models.crm_lifecycle_scores import day_number

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestBacktest(LifecycleCommon):
    """The page that says how good the forecasts are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Backtest = cls.env["crm.lifecycle.backtest"]
        cls.today = cls.company._lifecycle_today(cls.as_of)

    def purchases(self, customers):
        """Every second customer buys every 20 days, the others left long ago."""
        tomorrow = day_number(self.today) + 1
        rows = np.repeat(np.arange(customers), 20)
        day = tomorrow - 20.0 * (1 + np.tile(np.arange(20), customers)) + rows % 19
        day -= np.where(rows % 2, 300, 0)
        facts = {"order_count": np.full(customers, 20.0)}
        return facts, {"customer": rows, "day": day, "amount": np.full(len(rows), 10.0)}

    def test_page(self):
        """Sentences, methods and groups are there, for who may see all sales."""
        backtest = self.Backtest._run(self.company, self.as_of, *self.purchases(300))
        self.assertEqual(backtest.date, self.today)
        self.assertEqual(backtest.customer_count, 300)
        self.assertEqual(backtest.ordered_count, 150)
        self.assertGreater(backtest.ranking, 0.95)
        self.assertIn(backtest.verdict, ("better", "equal"))
        seller = new_test_user(
            self.env, "all_sales", groups="sales_team.group_sale_salesman_all_leads"
        )
        with Form(backtest.with_user(seller)) as form:
            self.assertIn("Of 300 customers", form.explanation)
            self.assertIn("Rule: 90 days without a purchase", form.explanation)
            self.assertIn("This forecast is better", form.explanation)
            self.assertIn("Better than Guessing by", form.explanation)
            self.assertNotIn("Penalty", form.explanation)
            self.assertIn("<circle", form.explanation)
            self.assertIn("A tenth chosen by lot", form.explanation)

    def test_rule_in_use(self):
        """Where a rule of thumb beats the models, the page says that it is used."""
        backtest = self.Backtest._run(self.company, self.as_of, *self.purchases(300))
        backtest.results = {**backtest.results, "method": "inactive"}
        self.assertIn("So the chances were made by the rule", backtest.explanation)

    def test_earlier_checks(self):
        """The grades of before stand below, those of other companies do not."""
        for verdict, date in (("worse", "2026-03-05"), ("equal", "2026-07-07")):
            self.Backtest.sudo().create(
                {"company_id": self.company.id, "verdict": verdict, "date": date}
            )
        other = self.env["res.company"].create({"name": "Other"})
        self.Backtest.sudo().create(
            {"company_id": other.id, "verdict": "worse", "date": "2026-02-02"}
        )
        backtest = self.Backtest._run(self.company, self.as_of, *self.purchases(300))
        dates = [check["date"] for check in backtest._explain_earlier()]
        self.assertEqual(dates, ["06/01/2026", "03/05/2026"])

    def test_not_enough(self):
        backtest = self.Backtest._run(self.company, self.as_of, *self.purchases(4))
        self.assertEqual(backtest.verdict, "unknown")
        self.assertFalse(backtest.explanation)

    def test_own_documents_only(self):
        """How much all customers bought is not for who sees his own documents."""
        self.Backtest._run(self.company, self.as_of, *self.purchases(4))
        seller = new_test_user(
            self.env, "own_sales", groups="sales_team.group_sale_salesman"
        )
        with self.assertRaises(AccessError):
            self.Backtest.with_user(seller).search([]).read(["verdict"])
        with self.assertRaises(AccessError):
            self.Backtest.with_user(seller).action_run()

    def test_check_now(self):
        """The button shows the result of the customers as they are."""
        self.order(100)
        self.order(20)
        self.Profile._refresh_company(self.company)
        action = self.Backtest.action_run()
        self.assertEqual(self.Backtest.browse(action["res_id"]).verdict, "unknown")

    def test_weekly(self):
        """Once a week, when the night's work is done."""
        self.order(20)
        self.Profile._refresh_company(self.company)
        mine = [("company_id", "=", self.company.id)]

        def run():
            with self.enter_registry_test_mode():
                self.env.ref("crm_lifecycle.ir_cron_backtest").method_direct_trigger()
            return self.Backtest.search(mine)

        backtest = run()
        self.assertEqual(len(backtest), 1)
        self.assertEqual(run(), backtest)
        backtest.sudo().date -= timedelta(days=7)
        self.assertEqual(len(run()), 2)
        self.company.sudo().lifecycle_as_of = False
        for each in self.Backtest.sudo().search(mine):
            each.date -= timedelta(days=7)
        self.assertEqual(len(run()), 2)

    @mute_logger("odoo.addons.crm_lifecycle.models.ir_cron")
    def test_one_company_stops_no_other(self):
        other = self.setup_other_company(name="Other Company")["company"]
        for company in self.company + other:
            self.order(20, company=company)
            self.Profile._refresh_company(company)
        read = type(self.env["crm.lifecycle.model"])._read_population

        def broken(model, company, as_of):
            if company == self.company:
                raise ValueError("broken")
            return read(model, company, as_of)

        with (
            patch.object(
                type(self.env["crm.lifecycle.model"]), "_read_population", broken
            ),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("crm_lifecycle.ir_cron_backtest").method_direct_trigger()
        checked = self.Backtest.sudo().search([]).company_id
        self.assertIn(other, checked)
        self.assertNotIn(self.company, checked)
