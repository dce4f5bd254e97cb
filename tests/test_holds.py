from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .common import TODAY
from .stage_common import StageCommon

MINIMUM = "odoo.addons.crm_lifecycle.models.crm_lifecycle_move.HOLD_MINIMUM"


@tagged("post_install", "-at_install")
class TestHolds(StageCommon):
    """Moves that nobody is to be contacted about: old documents, and too many."""

    def last_move(self, profile):
        return profile.transition_ids.sorted("id")[-1]

    def assertHeld(self, profile, reason, cause="document"):
        move = self.last_move(profile)
        self.assertEqual(
            (move.hold_reason, move.cause, move.is_baseline), (reason, cause, True)
        )
        self.assertEqual(profile.stage_id, profile.rule_stage_id)
        self.assertEqual(move.to_stage_id, profile.stage_id)

    def assertReal(self, profile, cause="document"):
        move = self.last_move(profile)
        self.assertFalse(move.is_baseline or move.hold_reason)
        self.assertEqual(move.cause, cause)

    def forbid(self, *stages):
        for stage in stages:
            self.rule_on(stage, "raise UserError('acted on a held move')")

    # --- old documents

    def test_old_order_of_a_newcomer(self):
        """An import of old orders; eight days are old, seven are not."""
        self.first_run_of_others()
        self.forbid(self.stages["new"])
        self.order(8)
        self.assertHeld(self.refresh(), "old_document")

    def test_recent_order_of_a_newcomer(self):
        self.first_run_of_others()
        self.order(7)
        self.assertReal(self.refresh())

    def test_old_quotation_of_a_newcomer(self):
        self.first_run_of_others()
        self.order(30, confirm=False)
        self.assertHeld(self.refresh(), "old_document")

    def test_marked_prospect_has_no_document(self):
        self.first_run_of_others()
        self.customer.lifecycle_prospect = True
        self.assertReal(self.refresh())

    def test_old_orders_of_a_customer(self):
        """Before the first one, after the last one, or between the two."""
        for days in (300, 50, 150):
            with self.subTest(days), self.cr.savepoint() as savepoint:
                self.order(200)
                self.order(100)
                self.stages["active"].write(
                    {"sequence": -1, "domain": "[('order_count', '>', 2)]"}
                )
                self.Profile._refresh_company(self.company, self.as_of)
                self.order(days)
                self.assertHeld(self.refresh(), "old_document")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_new_order_is_real(self):
        """Whatever is imported together with it."""
        self.first_run(days=100)
        self.order(300)
        self.order(1)
        self.assertReal(self.refresh())

    def test_cancelled_old_order_is_real(self):
        """It happened now, however old the order is."""
        order = self.order(300)
        self.order(200)
        self.stages["active"].write(
            {"sequence": -1, "domain": "[('order_count', '>', 1)]"}
        )
        self.Profile._refresh_company(self.company, self.as_of)
        order._action_cancel()
        self.assertReal(self.refresh())

    def test_passing_of_days_is_real(self):
        self.first_run()
        self.assertReal(self.later(40), "time")

    def test_expired_quotation(self):
        """Is the passing of days; a cancelled one is a document, of the day itself."""
        self.first_run_of_others()
        order = self.order(1, confirm=False, validity_date=TODAY.date())
        profile = self.refresh()
        with self.cr.savepoint() as savepoint:
            with self.days_ago(0):
                order._action_cancel()
                self.env.flush_all()
            self.refresh()
            self.assertReal(profile, "document")
            self.assertEqual(profile.stage_id.name, "No Decision")
            savepoint.rollback()
            self.env.invalidate_all()
        self.later(1)
        self.assertEqual(profile.stage_id.name, "No Decision")
        self.assertReal(profile, "time")

    # --- too many at once

    def many(self, number, days=20):
        customers = self.env["res.partner"].create(
            [{"name": f"C{each}"} for each in range(number)]
        )
        for customer in customers:
            for before in range(3):
                self.order(days + 20 * before, partner=customer)
        return customers

    def profiles(self, customers):
        return self.Profile.search([("partner_id", "in", customers.ids)])

    def test_too_many_in_a_night(self):
        """All of them are held; in a small company, none."""
        customers = self.many(4)
        self.Profile._refresh_company(self.company, self.as_of)
        as_of = self.as_of + timedelta(days=29)
        with self.cr.savepoint() as savepoint:
            self.Profile._refresh_company(self.company, as_of)
            for profile in self.profiles(customers):
                self.assertReal(profile, "time")
            savepoint.rollback()
            self.env.invalidate_all()
        self.forbid(self.stages["at_risk"])
        with patch(MINIMUM, 1):
            self.Profile._refresh_company(self.company, as_of)
        for profile in self.profiles(customers):
            self.assertHeld(profile, "too_many", "time")

    def test_interrupted_night(self):
        """What one unit has done counts when the next run goes on, held or real."""
        customers = self.many(4)
        self.Profile._refresh_company(self.company, self.as_of)
        as_of = self.as_of + timedelta(days=29)
        path = "odoo.addons.crm_lifecycle.models.crm_lifecycle_nightly"
        for minimum, kept in ((3, "too_many"), (4, False)):
            with (
                self.subTest(minimum),
                self.cr.savepoint() as savepoint,
                patch(MINIMUM, minimum),
                patch(f"{path}.BATCH", 2),
                patch(f"{path}.MOVE_BATCH", 2),
            ):
                run = self.Profile._nightly(self.company, as_of)
                while len(self.Profile._get_waiting_ids(self.company)) != 2 or (
                    self.Profile._get_due_partner_ids(self.company, as_of)
                ):
                    next(run)
                run.close()
                self.assertTrue(self.Profile._is_nightly_due(self.company, as_of))
                self.Profile._refresh_company(self.company, as_of)
                moves = [self.last_move(each) for each in self.profiles(customers)]
                self.assertEqual([move.cause for move in moves], ["time"] * 4)
                self.assertEqual([move.hold_reason for move in moves], [kept] * 4)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_too_many_on_a_day(self):
        """Recent orders, imported in several batches of the live queue."""
        self.first_run_of_others()
        customers = [self.new_customer(f"C{number}") for number in range(3)]
        for customer in customers:
            self.order(1, partner=customer)
        with patch(MINIMUM, 2):
            moves = [self.last_move(self.refresh(customer)) for customer in customers]
        self.assertEqual(
            [move.hold_reason for move in moves], [False, False, "too_many"]
        )

    def test_held_night_leaves_the_day_alone(self):
        """The orders of the day after are no part of what was too much."""
        customers = self.many(4)
        self.Profile._refresh_company(self.company, self.as_of)
        as_of = self.as_of + timedelta(days=29)
        with patch(MINIMUM, 1):
            self.Profile._refresh_company(self.company, as_of)
            self.assertHeld(self.profiles(customers)[0], "too_many", "time")
            self.order(-29)
            self.assertReal(self.refresh(as_of=as_of))
