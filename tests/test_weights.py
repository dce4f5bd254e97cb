from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import LifecycleCommon

# Some weights, so that these tests do not depend on those that the addon comes with.
WEIGHTS = {
    "recency": 20,
    "frequency": 30,
    "value": 10,
    "tenure": 10,
    "breadth": 10,
    "payment": 10,
    "delivery": 5,
    "returns": 5,
}
PARTS = [f"loyalty_{part}" for part in WEIGHTS]


@tagged("post_install", "-at_install")
class TestWeights(LifecycleCommon):
    """Other weights for the loyalty score: seen before, applied as a baseline, taken
    back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Weights = cls.env["crm.lifecycle.weights"]
        cls.Model = cls.env["crm.lifecycle.model"]
        cls.manager = new_test_user(
            cls.env, "weights_manager", "sales_team.group_sale_manager"
        )
        for days in (5, 15, 25, 35, 45):
            cls.order(days)
        cls.old = cls.new_customer("Old Customer")
        for days in (500, 300, 100):
            cls.order(days, (cls.desk, 9, 100), partner=cls.old)
        with cls.days_ago(0):
            cls.Profile._refresh_company(cls.company, cls.as_of)
            cls.Model._change_weights(
                cls.company, {part: float(points) for part, points in WEIGHTS.items()}
            )
        cls.profiles = cls.Profile.search([("company_id", "=", cls.company.id)])

    def profile(self, partner):
        return self.profiles.filtered(lambda profile: profile.partner_id == partner)

    def weights(self, **values):
        return self.Weights.with_user(self.manager).create(values)

    def apply(self, **values):
        wizard = self.weights(**values)
        with self.days_ago(0):
            action = wizard.action_apply()
        self.env.invalidate_all()
        return action

    def test_starts_with_those_in_force(self):
        wizard = self.weights()
        self.assertEqual({part: wizard[part] for part in WEIGHTS}, WEIGHTS)
        self.assertEqual(wizard.summary, "No score would change.")
        wizard.action_standard()
        self.assertEqual(wizard.total, 100)
        self.assertEqual(wizard._get_weights(), self.Model._get_standard_weights())

    def test_must_add_up(self):
        for values, expected in (
            ({"recency": 15}, "5 missing"),
            ({"recency": 25}, "5 too many"),
            ({"recency": -5, "value": 35}, "negative"),
        ):
            wizard = self.weights(**values)
            with self.subTest(values):
                self.assertIn(expected, wizard.error)
                self.assertFalse(wizard.preview)
                with self.assertRaisesRegex(ValidationError, expected):
                    wizard.action_apply()

    def test_preview_is_what_happens(self):
        """Scores, and who changes stage, are after applying as they were shown."""
        values = {"recency": 0, "frequency": 0, "value": 30, "tenure": 40}
        wizard = self.weights(**values)
        changes = wizard._get_changes(*wizard._weigh())
        expected = sum(move["count"] for move in wizard.preview["moves"])
        self.assertTrue(expected, "somebody changes stage")
        before = {profile: profile.stage_id for profile in self.profiles}
        self.assertIn("Old Customer", wizard.movers)
        self.apply(**values)
        self.assertEqual(
            {change[0]: (float(change[2]), change[4]) for change in changes},
            {
                profile.id: (profile.loyalty_score, profile.stage_id.id)
                for profile in self.profiles
            },
        )
        moved = self.profiles.filtered(lambda p: p.stage_id != before[p])
        self.assertEqual(len(moved), expected)
        for profile in self.profiles:
            self.assertAlmostEqual(
                sum(profile[part] for part in PARTS), profile.loyalty_score, 1
            )

    def test_baseline(self):
        """Nobody is written to, and the move says why."""
        self.apply(recency=0, frequency=0, value=30, tenure=40)
        moves = self.profiles.transition_ids.filtered(lambda m: m.cause == "model")
        self.assertTrue(moves)
        self.assertTrue(all(moves.mapped("is_baseline")))
        outbox = self.env["crm.lifecycle.outbox"]
        self.assertFalse(outbox.search([("profile_id", "in", self.profiles.ids)]))

    def test_more_weight_where_one_is_good(self):
        """Points of a part grow with its weight, for everybody."""
        before = {profile: profile.loyalty_tenure for profile in self.profiles}
        self.apply(recency=10, tenure=20)
        for profile, points in before.items():
            self.assertAlmostEqual(profile.loyalty_tenure, 2 * points, delta=0.1)

    def test_restore(self):
        scores = {profile: profile.loyalty_score for profile in self.profiles}
        self.apply(recency=10, tenure=20)
        wizard = self.weights()
        self.assertEqual((wizard.recency, wizard.tenure), (10, 20))
        wizard.action_restore_previous()
        self.assertEqual({part: wizard[part] for part in WEIGHTS}, WEIGHTS)
        with self.days_ago(0):
            wizard.action_apply()
        self.env.invalidate_all()
        self.assertEqual(scores, {p: p.loyalty_score for p in self.profiles})

    def test_standard_of_a_new_version(self):
        """Who never decided on weights follows when the standard changes."""
        models = self.Model.sudo().search([("company_id", "=", self.company.id)])
        models.origin = "learned"
        model = self.Model._get_current(self.company)
        standard = self.Model._get_standard_weights()
        older = {**standard, "recency": 25, "frequency": 25}
        model.parameters = {**model.parameters, "loyalty_weights": older}
        self.assertEqual(self.Model._get_weights(self.company), older)
        population = self.Model._read_population(self.company, self.as_of)
        learned = self.Model._learn(self.company, self.as_of, *population)
        self.assertEqual(learned.parameters["loyalty_weights"], standard)

    def test_kept_when_learned_anew(self):
        """The next model keeps the weights, and has medians of its own."""
        self.apply(recency=10, tenure=20)
        changed = self.Model._get_current(self.company)
        self.assertEqual(changed.origin, "weights")
        population = self.Model._read_population(self.company, self.as_of)
        learned = self.Model._learn(self.company, self.as_of, *population)
        self.assertEqual(learned.origin, "learned")
        self.assertEqual(learned.parameters["loyalty_weights"]["tenure"], 20)
        self.assertEqual(learned.loyalty_medians, changed.loyalty_medians)

    def test_medians(self):
        """Half of the customers have more, half have less."""
        medians = self.Model._get_current(self.company).loyalty_medians
        scores = self.profiles.mapped("loyalty_score")
        self.assertEqual(len(scores), 2)
        self.assertAlmostEqual(medians["loyalty_score"], sum(scores) / 2, delta=0.06)
        self.assertEqual(set(medians), {"loyalty_score", *PARTS})

    def test_limits(self):
        """What is called low and high: told how many, and no new model for it."""
        self.apply(recency=0, frequency=50)  # by which the two differ
        models = self.Model.search([])
        low, high = sorted(self.profiles.mapped("loyalty_score"))
        wizard = self.weights(medium_loyalty=int(low) + 1, high_loyalty=int(high))
        self.assertEqual(wizard.bands, "Customers: 1 low, 0 medium, 1 high.")
        wizard.action_apply()
        self.assertEqual(self.Model.search([]), models)
        self.assertEqual(sorted(self.profiles.mapped("loyalty_band")), ["high", "low"])
        wizard.action_thirds()
        self.assertFalse(wizard.error)
        wizard.high_loyalty = wizard.medium_loyalty
        self.assertIn("above medium", wizard.error)

    def test_before_the_first_model(self):
        company = self.env["res.company"].create({"name": "Young Company"})
        wizard = self.Weights.with_company(company).create({})
        self.assertIn("first time", wizard.error)

    def test_sales_managers_only(self):
        user = new_test_user(
            self.env, "weights_all", "sales_team.group_sale_salesman_all_leads"
        )
        with self.assertRaises(AccessError):
            self.Weights.with_user(user).create({})

    def test_limits_of_tiers_are_amounts(self):
        """Who may not see amounts reads none out of the model either."""
        user = new_test_user(self.env, "weights_own", "sales_team.group_sale_salesman")
        model = self.Model._get_current(self.company).with_user(user)
        with self.assertRaises(AccessError):
            model.read(["parameters"])
        self.assertTrue(model.read(["loyalty_medians"])[0]["loyalty_medians"])
