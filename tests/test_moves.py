from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, fewest_queries
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

    def test_new_version_is_baseline(self):
        """Who is moved because the addon computes otherwise did nothing."""
        profile = self.first_run()
        self.rule_on(self.stages["at_risk"], "raise UserError('acted on a baseline')")
        self.assertFalse(self.Profile._is_nightly_due(self.company, self.as_of))
        engine_version = (
            "odoo.addons.crm_lifecycle.models.crm_lifecycle_model.engine_version"
        )
        with patch(engine_version, lambda: "other"):
            self.assertTrue(self.Profile._is_nightly_due(self.company, self.as_of))
            profile = self.refresh(as_of=self.as_of + timedelta(days=40))
        self.assertEqual(profile.stage_id, self.stages["at_risk"])
        move = profile.transition_ids.sorted("id")[-1]
        self.assertEqual((move.cause, move.is_baseline), ("model", True))

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
            return fewest_queries(
                self.env,
                lambda: self.Profile._refresh(self.company, partners.ids, self.as_of),
            )

        self.assertEqual(queries(customers[:3]), queries(customers))

    def test_query_count_of_moves(self):
        """Real moves, but for the messages, which are Odoo's."""
        self.first_run()
        self.company.lifecycle_hold_share = 1
        customers = self.env["res.partner"].create(
            [{"name": f"C{number}", "lifecycle_prospect": True} for number in range(99)]
        )
        movers = iter(customers)

        def queries(number):
            return fewest_queries(
                self.env,
                lambda ids: self.Profile._refresh(self.company, ids, self.as_of),
                lambda: [next(movers).id for _mover in range(number)],
                rounds=2,
            )

        self.assertEqual(queries(3), queries(30))
        moves = self.Profile.search([("partner_id", "in", customers.ids)])
        self.assertEqual(moves.transition_ids.partner_id, customers)
        self.assertFalse(any(moves.transition_ids.mapped("is_baseline")))

    def test_messages_of_moves(self):
        """Each customer who moved has a message of his own; they are created in one
        go."""
        self.first_run()
        self.company.lifecycle_hold_share = 1
        customers = self.env["res.partner"].create(
            [{"name": f"C{number}", "lifecycle_prospect": True} for number in range(5)]
        )
        self.Profile = self.Profile.with_context(
            tracking_disable=False, mail_notrack=False
        )
        Message = type(self.env["mail.message"])
        created = patch.object(
            Message, "create", autospec=True, side_effect=Message.create
        )
        with created as create:
            profiles = self.refresh(*customers)
            self.cr.flush()
        self.assertEqual(len(create.mock_calls), len(profiles.stage_id))
        for profile in profiles:
            tracked = profile.message_ids.sudo().tracking_value_ids
            self.assertEqual(tracked.mapped("new_value_char"), [profile.stage_id.name])

    # --- why, in words

    def test_cause(self):
        """First run, document, passing of time, rules and model are told apart."""
        profile = self.first_run()
        self.later(40)
        self.order(-40)
        self.later(41)
        self.stages["lost"].write({"sequence": -1, "domain": "[]"})
        self.later(41)
        self.stages["lost"].active = False
        Model = self.env["crm.lifecycle.model"]
        as_of = self.as_of + timedelta(days=42)
        Model._learn(self.company, as_of, *Model._read_population(self.company, as_of))
        self.later(42)
        causes = profile.transition_ids.sorted("id").mapped("cause")
        self.assertEqual(causes, ["first_run", "time", "document", "rules", "model"])

    def test_reason(self):
        profile = self.first_run()
        self.later(97)
        self.order(-97)
        self.later(98)
        reasons = profile.transition_ids.sorted("id").mapped("reason")
        self.assertEqual(
            reasons[1:],
            [
                "Last purchase 117 days ago, usually every 20 days.",
                "Came back after 117 days.",
            ],
        )
        others = self.env["res.partner"].create(
            [{"name": name} for name in ("Once", "Quoted", "Nothing")]
        )
        self.order(5, partner=others[0])
        self.order(2, partner=others[1], confirm=False)
        others[2].lifecycle_prospect = True
        moves = self.refresh(*others).transition_ids.sorted("profile_id")
        by_name = {move.partner_id.name: move.reason for move in moves}
        self.assertEqual(
            by_name,
            {
                "Once": "Bought once, 5 days ago.",
                "Quoted": "Has never bought; last quotation of 05/30/2026.",
                "Nothing": "Has never bought; nothing is under way.",
            },
        )

    def test_facts_hold_no_amounts(self):
        """Whoever sees the move may see all that is remembered with it."""
        facts = self.first_run().transition_ids.facts
        self.assertEqual(facts["order_count"], 5)
        self.assertEqual(facts["rhythm_days"], 20)
        for name in facts:
            field = self.Profile._fields[name]
            self.assertNotEqual(field.type, "monetary")
            self.assertFalse(field.groups)
