from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestStage(LifecycleCommon):
    """When a customer is in which stage, and what a move leaves behind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages = {
            name: cls.env.ref(f"crm_lifecycle.stage_{name}")
            for name in ("target", "prospect", "new", "active", "at_risk", "lost")
        }

    def first_run(self, *, days=20):
        """A customer who buys every 20 days, the last time so many days ago, in a
        company that has had its first run."""
        for before in range(5):
            self.order(days + 20 * before)
        self.Profile._refresh_company(self.company, self.as_of)
        return self.Profile.search([("partner_id", "=", self.customer.id)])

    def later(self, days):
        """The same customer so many days later, as the nightly run sees him."""
        return self.refresh(as_of=self.as_of + timedelta(days=days))

    def rule_on(self, stage, code):
        """A standard automation rule: stage is set to `stage`."""
        rule = self.env["base.automation"].create(
            {
                "name": "Rule",
                "model_id": self.env["ir.model"]._get_id("crm.lifecycle.profile"),
                "trigger": "on_stage_set",
                "trg_selection_field_id": False,
                "trg_field_ref": stage.id,
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Action",
                            "model_id": self.env["ir.model"]._get_id(
                                "crm.lifecycle.profile"
                            ),
                            "state": "code",
                            "code": code,
                        }
                    )
                ],
            }
        )
        self.env["base.automation"]._unregister_hook()
        self.env["base.automation"]._register_hook()
        self.addCleanup(self.env["base.automation"]._unregister_hook)
        return rule

    # --- what a stage rests on

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

    def first_run_of_others(self):
        others = self.new_customer("Other")
        for days in (90, 60, 30):
            self.order(days, partner=others)
        self.Profile._refresh_company(self.company, self.as_of)

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

    # --- what a move leaves behind

    def test_first_run_is_baseline(self):
        self.rule_on(self.stages["active"], "raise UserError('acted on a baseline')")
        profile = self.first_run()
        self.assertEqual(len(profile.transition_ids), 1)
        self.assertTrue(profile.transition_ids.is_baseline)
        self.assertFalse(profile.transition_ids.from_stage_id)
        self.assertFalse(profile.message_ids)
        self.assertEqual(profile.stage_date, TODAY.date())

    def test_real_move(self):
        """It is dated, shows in the chatter and triggers automation rules."""
        profile = self.first_run()
        before = profile.stage_id
        self.rule_on(
            self.stages["at_risk"], "record.partner_id.write({'comment': 'call'})"
        )
        self.Profile = self.Profile.with_context(
            tracking_disable=False, mail_notrack=False
        )
        profile = self.later(40)
        self.cr.flush()  # tracking values are written before commit
        move = profile.transition_ids.sorted("id")[-1]
        self.assertEqual(move.from_stage_id, before)
        self.assertEqual(move.to_stage_id, self.stages["at_risk"])
        self.assertEqual(move.date, TODAY.date() + timedelta(days=40))
        self.assertEqual(move.loyalty_score, profile.loyalty_score)
        self.assertFalse(move.is_baseline)
        self.assertIn("call", self.customer.comment)
        tracked = profile.message_ids.sudo().tracking_value_ids
        self.assertIn("At risk", tracked.mapped("new_value_char"))

    def test_changed_rule_is_baseline(self):
        profile = self.first_run()
        self.rule_on(self.stages["lost"], "raise UserError('acted on a baseline')")
        lost = self.stages["lost"]
        lost.write({"sequence": -1, "domain": "[('order_count', '>', 1)]"})
        self.assertTrue(self.Profile._is_nightly_due(self.company, self.as_of))
        self.Profile._refresh_company(self.company, self.as_of)
        profile.invalidate_recordset()
        self.assertEqual(profile.stage_id, lost)
        self.assertEqual(
            profile.transition_ids.sorted("id").mapped("is_baseline"), [True, True]
        )
        self.assertFalse(self.Profile._is_nightly_due(self.company, self.as_of))

    def test_new_model_is_baseline(self):
        profile = self.first_run()
        as_of = self.as_of + timedelta(days=40)
        Model = self.env["crm.lifecycle.model"]
        Model._learn(self.company, as_of, *Model._read_population(self.company, as_of))
        self.rule_on(self.stages["at_risk"], "raise UserError('acted on a baseline')")
        profile = self.refresh(as_of=as_of)
        self.assertEqual(profile.stage_id, self.stages["at_risk"])
        self.assertTrue(profile.transition_ids.sorted("id")[-1].is_baseline)

    @mute_logger("odoo.addons.crm_lifecycle.models.crm_lifecycle_move")
    def test_raising_rule_stops_only_whom_it_concerns(self):
        other = self.new_customer("Other")
        for days in (20, 40, 60, 80, 100):
            self.order(days, partner=other)
        profile = self.first_run()
        self.rule_on(
            self.stages["at_risk"],
            f"if record.id == {profile.id}: raise UserError('bad rule')",
        )
        before = profile.stage_id
        profiles = self.refresh(
            self.customer, other, as_of=self.as_of + timedelta(days=40)
        )
        self.assertEqual(profile.stage_id, before)
        self.assertEqual((profiles - profile).stage_id, self.stages["at_risk"])
        self.assertFalse(profile.transition_ids.filtered("from_stage_id"))

    def test_newcomer_is_no_baseline(self):
        self.first_run()
        newcomer = self.new_customer("Newcomer")
        self.order(0, partner=newcomer)
        profile = self.refresh(newcomer)
        self.assertEqual(profile.stage_id, self.stages["new"])
        self.assertFalse(profile.transition_ids.is_baseline)

    # --- what is written

    def test_nothing_changed_nothing_written(self):
        profile = self.first_run()

        def version():
            self.env.cr.execute(
                "SELECT ctid, xmin FROM crm_lifecycle_profile WHERE id = %s",
                [profile.id],
            )
            return self.env.cr.fetchall()

        before = version()
        transitions = len(profile.transition_ids)
        self.refresh()
        self.assertEqual(version(), before)
        self.assertEqual(len(profile.transition_ids), transitions)

    def test_query_count_independent_of_customers(self):
        self.first_run()
        customers = self.env["res.partner"].create(
            [{"name": f"C{number}", "lifecycle_prospect": True} for number in range(60)]
        )
        self.refresh(*customers)

        def queries(partners):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Profile._refresh(self.company, partners.ids, self.as_of)
            return self.env.cr.sql_log_count - before

        self.assertEqual(queries(customers[:3]), queries(customers))
