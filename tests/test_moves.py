from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY
from .stage_common import StageCommon


@tagged("post_install", "-at_install")
class TestMoves(StageCommon):
    """What a move leaves behind, and what is written."""

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
