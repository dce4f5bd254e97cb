from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsOutcome(LifecycleCommon):
    """How the last attempt to sell ended, and the stages of those who never bought."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.too_expensive, cls.competitor = cls.env["crm.lost.reason"].create(
            [{"name": "Too dear"}, {"name": "Bought elsewhere"}]
        )

    def quotation(self, days, valid_until=None, **values):
        """A quotation of that day, valid for so many days before today."""
        quotation = self.order(days, confirm=False, **values)
        if valid_until is not None:
            quotation.validity_date = TODAY.date() - timedelta(days=valid_until)
        return quotation

    def assertOutcome(self, outcome, days=False, reason=None, as_of=0):
        profile = self.refresh(as_of=self.as_of - timedelta(days=as_of))
        self.assertFacts(profile, last_outcome=outcome, last_outcome_date=days)
        self.assertEqual(profile.lost_reason_id, reason or self.env["crm.lost.reason"])

    def assertStage(self, name):
        self.assertEqual(
            self.refresh().stage_id, self.env.ref(f"crm_lifecycle.stage_{name}")
        )

    # --- outcomes

    def test_nothing_decided(self):
        self.lead(9)
        self.quotation(5)
        self.assertOutcome(False)

    def test_lost(self):
        """With the reason of the last opportunity that was lost."""
        first, second = self.lead(30), self.lead(20)
        self.lose(second, 9, self.too_expensive.id)
        self.lose(first, 5, self.competitor.id)
        self.assertOutcome("lost", 5, self.competitor)
        self.assertOutcome("lost", 9, self.too_expensive, as_of=6)
        self.assertOutcome(False, as_of=10)

    def test_won_opportunity(self):
        self.lose(self.lead(30), 20, self.competitor.id)
        lead = self.lead(15)
        with self.days_ago(5):
            lead.action_set_won()
            self.env.flush_all()
        self.assertOutcome("won", 5)
        self.assertOutcome("lost", 20, self.competitor, as_of=6)

    def test_bought(self):
        """The last purchase wins over what was lost before it, and what is lost after
        it is told."""
        self.lose(self.lead(30), 20, self.competitor.id)
        self.order(10)
        self.assertOutcome("won", 10)
        self.lose(self.lead(9), 3, self.competitor.id)
        self.assertOutcome("lost", 3, self.competitor)

    def test_expired(self):
        self.quotation(30, valid_until=10)
        self.assertOutcome("no_decision", 10)
        self.assertOutcome(False, as_of=10)

    def test_cancelled(self):
        quotation = self.quotation(30)
        with self.days_ago(5):
            quotation.action_cancel()
            self.env.flush_all()
        self.assertOutcome("no_decision", 5)
        self.assertOutcome(False, as_of=6)

    def test_expired_while_something_is_open(self):
        self.quotation(30, valid_until=10)
        open_quotation = self.quotation(5)
        self.assertOutcome(False)
        open_quotation.unlink()
        self.lead(5)
        self.assertOutcome(False)

    def test_quotation_of_a_lost_opportunity(self):
        """It expires after the loss; the customer did decide."""
        lead = self.lead(30)
        self.quotation(20, valid_until=5, opportunity_id=lead.id)
        self.lose(lead, 10, self.too_expensive.id)
        self.assertOutcome("lost", 10, self.too_expensive)

    def test_quotation_that_another_replaced(self):
        """Two to choose from, of which one was taken."""
        self.quotation(30, valid_until=5)
        order = self.quotation(30)
        with self.days_ago(20):
            order.action_confirm()
            self.env.flush_all()
        self.assertOutcome("won", 20)

    def test_customer_does_not_decide(self):
        """One who bought before, and let a newer quotation expire."""
        self.order(60)
        self.quotation(30, valid_until=10)
        self.assertOutcome("no_decision", 10)

    # --- stages

    def test_road_of_a_prospect(self):
        """Target, potential, qualified, in negotiation, and the outcomes."""
        self.customer.lifecycle_prospect = True
        self.assertStage("target")
        lead = self.lead(30, type="lead")
        self.assertStage("potential")
        lead.convert_opportunity(self.customer)
        lead.date_conversion = TODAY - timedelta(days=25)
        self.assertStage("qualified")
        quotation = self.quotation(20, opportunity_id=lead.id)
        self.assertStage("qualified")
        self.meet(18, self.customer)
        self.assertStage("negotiation")
        quotation.action_quotation_sent()
        self.assertStage("negotiation")
        self.lose(lead, 9, self.too_expensive.id)
        self.assertStage("negotiation")  # he can still accept the quotation
        quotation.validity_date = TODAY.date() - timedelta(days=8)
        self.assertStage("not_won")
        self.quotation(5, valid_until=2)
        self.assertStage("no_decision")
        won = self.lead(1)
        with self.days_ago(0):
            won.action_set_won()
            self.env.flush_all()
        self.assertStage("qualified")
        self.order(0)
        self.assertStage("new")

    def test_potential_by_meeting_or_activity(self):
        self.customer.lifecycle_prospect = True
        other = self.new_customer("Other", lifecycle_prospect=True)
        self.meet(5, self.customer)
        with self.days_ago(3):
            other.activity_schedule("mail.mail_activity_data_call", automated=False)
            self.env.flush_all()
        self.assertEqual(
            self.refresh(self.customer, other).stage_id,
            self.env.ref("crm_lifecycle.stage_potential"),
        )

    def test_why_a_prospect_moves(self):
        """A validity that ends is the passing of time; cancelling is a document."""
        self.quotation(5, valid_until=0)
        other = self.new_customer("Other")
        cancelled = self.quotation(5, partner=other)
        self.Profile._refresh_company(self.company, self.as_of)
        with self.days_ago(0):
            cancelled._action_cancel()
            self.env.flush_all()
        self.refresh(other)
        profile = self.refresh(as_of=self.as_of + timedelta(days=1))
        profiles = profile | self.refresh(other)
        self.assertEqual(
            profiles.stage_id, self.env.ref("crm_lifecycle.stage_no_decision")
        )
        moves = [each.transition_ids.sorted("id")[-1] for each in profiles]
        self.assertEqual([move.cause for move in moves], ["time", "document"])

    # --- rules

    def test_rules_on_outcome_and_reason(self):
        """Selections and reasons can be asked for in a rule."""
        self.lose(self.lead(30), 9, self.competitor.id)
        self.refresh()
        for domain in (
            [("last_outcome", "=", "lost")],
            [("last_outcome", "in", ["lost", "won"])],
            [("last_outcome", "!=", False)],
            [("lost_reason_id", "=", self.competitor.id)],
            [("lost_reason_id", "in", [self.competitor.id])],
            [("lost_reason_id", "!=", self.too_expensive.id)],
            [("lost_reason_id", "!=", False)],
        ):
            with self.subTest(domain):
                stage = self.env["crm.lifecycle.stage"].create(
                    {"name": "S", "sequence": 1, "domain": str(domain)}
                )
                self.assertEqual(self.refresh().stage_id, stage)
                stage.active = False

    def test_rule_on_the_name_of_a_reason(self):
        """A name is not among the facts: the reason itself has to be chosen."""
        for operator, value in (
            ("=", "Too dear"),
            ("in", ["Too dear"]),
            ("ilike", "dear"),
            ("any", [("name", "=", "Too dear")]),
        ):
            with (
                self.subTest(operator),
                self.assertRaisesRegex(ValidationError, "Lost Reason"),
            ):
                self.env["crm.lifecycle.stage"].create(
                    {"name": "S", "domain": str([("lost_reason_id", operator, value)])}
                )
