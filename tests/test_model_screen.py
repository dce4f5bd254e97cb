from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestModelScreen(LifecycleCommon):
    """What was learned, in words, for sales managers."""

    def test_screen(self):
        for number in range(3):
            partner = self.new_customer(f"Customer {number}")
            for days in (10, 30, 50 + number):
                self.order(days, partner=partner)
        with self.days_ago(0):
            self.Profile._refresh_company(self.company, self.as_of)
        model = self.env["crm.lifecycle.model"]._get_current(self.company)
        manager = new_test_user(
            self.env, "model_manager", "sales_team.group_sale_manager"
        )
        model = model.with_user(manager)
        with Form(model) as form:
            for words in (
                "3 customers have bought; 3 of them came back.",
                "usually do so every 20 days",
                "Chances within 90 days are made by",
                "Value Tiers",
                "half have done so after",
                "Points at Most",
            ):
                self.assertIn(words, form.explanation)
            self.assertEqual(str(form.date_from), "2026-04-10")
            self.assertEqual(str(form.date_to), "2026-06-01")
        self.assertEqual(model.display_name, "06/01/2026")
        action = model.action_restore_weights()
        wizard = self.env["crm.lifecycle.weights"].browse(action["res_id"])
        self.assertEqual(wizard.total, 100)
        # tiers are amounts: nothing of it for others, also not for all-documents
        for group in ("salesman", "salesman_all_leads"):
            user = new_test_user(
                self.env, f"model_{group}", f"sales_team.group_sale_{group}"
            )
            for name in ("parameters", "explanation", "verdict"):
                with self.assertRaises(AccessError):
                    model.with_user(user).read([name])

    def test_nothing_learned(self):
        """Of a company without customers, too."""
        Model = self.env["crm.lifecycle.model"]
        population = Model._read_population(self.company, self.as_of)
        model = Model._learn(self.company, self.as_of, *population)
        self.assertIn("Nobody came back yet", model.explanation)
