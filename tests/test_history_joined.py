from datetime import date

from odoo.tests import tagged

from .stage_common import StageCommon


@tagged("post_install", "-at_install")
class TestHistoryJoined(StageCommon):
    """Moves, stages and the report of customers over time tell the same story, whatever
    happens on the day of the first run. Today is 2026-06-01."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.lifecycle_replay_months = 6
        cls.other = cls.new_customer("Other")

    def everybody(self):
        with self.days_ago(0):
            self.Profile._refresh_company(self.company, self.as_of)

    def rebuild(self):
        with self.days_ago(0):
            replay = self.env["crm.lifecycle.replay"]._request(self.company)
            for _left in replay._run():
                pass
        self.assertEqual(replay.state, "done")

    def histories(self):
        for days in (100, 120, 140, 160, 180):
            self.order(days)
        self.order(100, partner=self.other)
        self.everybody()
        self.rebuild()

    def assertConsistent(self):
        """Each move begins where the one before it ended, the last one at the stage of
        today, and the report counts who is there."""
        self.env.flush_all()
        self.env.invalidate_all()
        profiles = self.Profile.search([("company_id", "=", self.company.id)])
        for profile in profiles:
            moves = self.env["crm.lifecycle.transition"].search(
                [("profile_id", "=", profile.id)], order="date, id"
            )
            stages = [move.to_stage_id for move in moves]
            starts = [move.from_stage_id for move in moves]
            self.assertEqual(starts, [stages[0].browse(), *stages[:-1]])
            self.assertEqual(stages[-1], profile.stage_id)
            self.assertEqual(moves[-1].date, profile.stage_date)
        report = self.env["crm.lifecycle.history"]
        with self.days_ago(0):
            rows = report.search(
                [
                    ("company_id", "=", self.company.id),
                    ("month", "=", date(2026, 6, 1)),
                    ("customer_count", ">", 0),
                ]
            )
        self.assertEqual(
            {row.stage_id: row.customer_count for row in rows},
            {
                stage: len(there)
                for stage, there in profiles.filtered("active")
                .grouped("stage_id")
                .items()
            },
        )
        self.assertAlmostEqual(sum(rows.mapped("share")), 1)

    def test_moves_on_the_first_day(self):
        """Another history of who has moved on the day of the first run already."""
        self.histories()
        self.assertConsistent()
        self.order(0)
        self.order(0, partner=self.other)
        with self.days_ago(0):
            self.refresh(self.customer, self.other)
        self.assertConsistent()
        self.stages["lost"].write(
            {"sequence": 1, "domain": "[('order_count', '=', 5)]"}
        )
        self.everybody()
        for _again in range(2):
            self.rebuild()
            self.assertConsistent()

    def test_imported_after_the_first_run(self):
        """Who is held in the stage that the rebuilt history ends in did not move."""
        days_of_purchase = (100, 120, 140, 160, 180)
        for days in days_of_purchase:
            self.order(days, partner=self.other)
        self.everybody()
        for days in days_of_purchase:
            self.order(days)
        profile = self.refresh()
        moves = profile.transition_ids
        self.assertEqual(moves.mapped("hold_reason"), ["old_document"])
        for _again in range(2):
            self.rebuild()
            self.assertConsistent()
            self.assertFalse(moves.exists())
            self.assertLess(profile.stage_date, date(2026, 6, 1))
        self.stages["lost"].write(
            {"sequence": 1, "domain": "[('order_count', '=', 5)]"}
        )
        self.everybody()
        self.rebuild()
        self.assertConsistent()

    def test_set_by_hand_before_the_first_run(self):
        """What was remembered of it leads to what the first run finds."""
        self.order(20)
        profile = self.refresh()
        self.assertFalse(profile.model_id)
        with self.days_ago(0):
            profile._pin(self.stages["at_risk"], "Called", False)
            profile.action_lifecycle_unpin()
        self.stages["lost"].write(
            {"sequence": 1, "domain": "[('order_count', '=', 1)]"}
        )
        self.refresh()
        self.everybody()
        self.assertEqual(profile.stage_id, self.stages["lost"])
        self.assertConsistent()

    def test_merged_excluded_archived(self):
        self.histories()
        third, fourth = self.new_customer("Third"), self.new_customer("Fourth")
        self.order(5, partner=third)
        self.order(5, partner=fourth)
        with self.days_ago(0):
            self.refresh(third, fourth)
            merge = self.env["base.partner.merge.automatic.wizard"].create({})
            merge._merge((self.customer + third).ids, third)
            self.refresh(third)
        self.assertConsistent()
        self.other.lifecycle_excluded = True
        self.refresh(self.other)
        self.assertConsistent()
        self.order(5, partner=third)
        third.active = False
        with self.days_ago(0):
            self.refresh(third)
        self.rebuild()
        self.assertConsistent()
