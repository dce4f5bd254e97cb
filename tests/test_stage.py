from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .stage_common import StageCommon


@tagged("post_install", "-at_install")
class TestStage(StageCommon):
    """When a customer is in which stage."""

    def test_prospect_becomes_new_customer(self):
        """The first confirmed order is what makes a customer."""
        order = self.order(3, confirm=False)
        self.first_run_of_others()
        self.assertEqual(
            self.refresh().stage_id, self.env.ref("crm_lifecycle.stage_qualified")
        )
        with self.days_ago(1):
            order.action_confirm()
        profile = self.refresh()
        self.assertEqual(profile.stage_id, self.stages["new"])
        move = profile.transition_ids[0]
        self.assertEqual(move.from_stage_id.name, "Qualified")
        self.assertFalse(move.is_baseline)

    def test_goes_down_and_comes_back(self):
        """Stages move both ways, by the customer's own rhythm."""
        profile = self.first_run()
        self.assertEqual(profile.rhythm_days, 20)
        names = [self.later(days).stage_id.name for days in (40, 60, 120, 300)]
        self.assertEqual(names, ["At risk", "At risk", "Dormant", "Lost"])
        self.order(-300)
        self.assertEqual(self.later(301).stage_id.name, "Recovered")
        self.order(-318)
        self.assertIn(self.later(319).stage_id.name, ("Active", "Loyal"))

    def test_rule_uses_facts_and_scores_only(self):
        stage = self.stages["lost"]
        for domain in (
            "[('partner_id.name', '=', 'x')]",
            "[('stage_id', '=', 1)]",
            "[('create_date', '>', '-30d')]",
            "[('user_id', '=', uid)]",
            "nonsense",
            "[('loyalty_score', '>', 'abc')]",
            "[('last_order_date', '>', 'someday')]",
            "[('last_order_date', '>', '-30d')]",
            "[('loyalty_score', 'child_of', 3)]",
        ):
            with self.subTest(domain), self.assertRaises(ValidationError):
                stage.domain = domain
        stage.domain = "[('recency_ratio', '>', 5), ('loyalty_score', '<', 50)]"

    def test_first_match_wins_and_nobody_is_left_out(self):
        self.first_run()
        rules = self.env["crm.lifecycle.stage"].search([])
        rules.domain = "[('order_count', '>', 1000000)]"
        self.assertEqual(self.refresh().stage_id, rules[0], "else the first of all")
        rules[3:5].domain = "[]"
        self.assertEqual(self.refresh().stage_id, rules[3])

    def test_new_stage_takes_nobody(self):
        """A stage that has no rule yet is tried last."""
        before = self.first_run().stage_id
        stage = self.env["crm.lifecycle.stage"].create({"name": "Anybody"})
        self.assertEqual(self.env["crm.lifecycle.stage"].search([])[-1], stage)
        self.assertEqual(self.refresh().stage_id, before)

    def test_used_stage_cannot_be_deleted(self):
        """Who has been in a stage keeps it in the history; others may go."""
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.first_run().stage_id.unlink()
        self.env["crm.lifecycle.stage"].create({"name": "Unused"}).unlink()

    def test_stage_of_another_company(self):
        """A stage of one company is not tried in another."""
        other = self.setup_other_company(name="Other Company")["company"]
        stage = self.env["crm.lifecycle.stage"].create(
            {
                "name": "Everybody",
                "sequence": -1,
                "company_id": other.id,
                "phase": "loyalty",
            }
        )
        self.order(5)
        self.order(5, company=other)
        self.assertNotEqual(self.refresh().stage_id, stage)
        self.assertEqual(self.refresh(company=other).stage_id, stage)
