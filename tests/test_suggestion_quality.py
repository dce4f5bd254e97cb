from datetime import date

from odoo.tests import tagged
from odoo.tests.common import TransactionCase, new_test_user

from odoo.addons.crm_lifecycle.engine import defaults


@tagged("post_install", "-at_install")
class TestSuggestionQuality(TransactionCase):
    """What a sales manager reads about how suggestions are made."""

    def test_words(self):
        """The day before the excluding bound, and settings by a name in words."""
        company = self.env.company
        company.partner_id.tz = "America/Bogota"
        Model = self.env["crm.lifecycle.suggestion.model"]
        for task, usual in defaults.TASKS.items():
            settings = {name: value + 0.25 for name, value in usual.items()}
            grades = {"cases": 60, "defaults": 0.1, "chosen": 0.2}
            Model._remember(company, task, "2026-06-02 05:00:00", settings, grades)
        manager = new_test_user(
            self.env, "quality_manager", "sales_team.group_sale_manager"
        )
        found = Model.with_user(manager).search([("company_id", "=", company.id)])
        self.assertEqual(set(found.mapped("date")), {date(2026, 6, 1)})
        words = {model.task: model.summary for model in found}
        self.assertEqual(
            words["upsell"],
            "Weight of recent choices 0.30 → 0.55, Caution with few cases 20 → 20.25",
        )
        for task, usual in defaults.TASKS.items():
            self.assertEqual(words[task].count("→"), len(usual))
            self.assertFalse({"ridge", "half_life", "shrink"} & {*words[task].split()})
        found.sudo().settings = {}
        self.assertEqual(set(found.mapped("summary")), {"Nothing"})
