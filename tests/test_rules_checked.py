from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tests.common import TransactionCase

from odoo.addons.crm_lifecycle.models import crm_lifecycle_stage_check


@tagged("post_install", "-at_install")
class TestRulesChecked(TransactionCase):
    """Stages in which nobody can ever be, and customers whom no rule would match."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Stage = cls.env["crm.lifecycle.stage"]

    def check(self, *rules):
        """:return: numbers of the rules that contradict themselves, of those hidden by
        others, and an example whom none matches"""
        return self.Stage._check_rules(
            [(number, Domain(rule)) for number, rule in enumerate(rules)]
        )

    def test_delivered_rules(self):
        stages = self.Stage.search([])
        self.assertEqual(self.Stage._check_rules(stages._get_rules()), ([], [], None))
        self.assertFalse(any(stages.mapped("rule_warning")))

    def test_contradiction(self):
        for rule in (
            [("order_count", ">", 3), ("order_count", "<", 3)],
            [("order_count", "<", 0)],
            [("loyalty_score", ">", 100)],
            [("probability_90", ">", 1.5)],
            [("evidence", "=", "own"), ("evidence", "=", "none")],
            [
                ("last_order_date", ">", "2026-01-01"),
                ("last_order_date", "<", "2025-01-01"),
            ],
            [
                ("order_count", "=", 1),
                "|",
                ("order_count", "=", 2),
                "&",
                ("loyalty_score", ">", 70),
                ("loyalty_score", "<=", 70),
            ],
        ):
            with self.subTest(rule):
                self.assertEqual(self.check([], rule)[:2], ([1], []))

    def test_possible(self):
        for rule in (
            [("order_count", ">", 3), ("order_count", "<", 5)],
            [("order_count", "<", 1)],
            [("recency_ratio", ">", 2), ("recency_ratio", "<", 2.01)],
            [("payment_delay", "<", 0)],
            [("expected_value", "<", -5)],
            [("loyalty_score", "=", 100)],
            [("last_order_date", "=", False)],
            [("value_tier", "=", "C")],
            [("evidence", "not in", ["own", "company", "none"])],
        ):
            with self.subTest(rule):
                self.assertEqual(self.check(rule)[:2], ([], []))

    def test_taken_by_stages_before(self):
        bought = [("order_count", ">", 0)]
        self.assertEqual(self.check([], bought)[:2], ([], [1]))
        self.assertEqual(
            self.check(
                [*bought, ("loyalty_score", "<", 50)],
                [*bought, ("loyalty_score", ">=", 50)],
                [*bought, ("recency_ratio", ">", 3)],
                [("order_count", "=", 0)],
            ),
            ([], [2], None),
        )

    def test_matched_by_none(self):
        """An example shows who it would be."""
        example = self.check([("order_count", ">", 3)], [("order_count", "<", 3)])[2]
        self.assertEqual(example, {"order_count": 3})
        self.assertIsNone(
            self.check([("order_count", ">", 3)], [("order_count", "<=", 3)])[2]
        )
        what_if = self.env["crm.lifecycle.what.if"].create({})
        what_if.line_ids.domain = "[('loyalty_score', '!=', 70)]"
        self.assertIn("one with Loyalty Score = 70", what_if.warning)
        self.assertIn("Nobody can ever be in: Potential, ", what_if.warning)

    def test_many_fields(self):
        """Ten facts with three limits each are searched, not tried one by one."""
        names = [
            name
            for name in self.env["crm.lifecycle.profile"]._get_rule_fields()
            if self.env["crm.lifecycle.profile"]._fields[name].type == "integer"
        ][:10]
        every = [(name, ">", limit) for name in names for limit in (1, 5, 9)]
        none = ["|"] * (len(names) - 1) + [(name, "<=", 9) for name in names]
        self.assertEqual(self.check(every, none, every), ([], [2], None))

    def test_given_up(self):
        """What would take too long to find out is not claimed."""
        self.patch(crm_lifecycle_stage_check, "MOST_LOOKS", 1)
        rule = [("order_count", ">", 3), ("order_count", "<", 3)]
        self.assertEqual(self.check(rule, [("order_count", "!=", 2)]), ([], [], None))

    def test_warning_on_the_stage(self):
        first = self.Stage.search([])[0]
        last = self.Stage.search([])[-1]
        first.domain = "[]"
        self.assertIn("taken by a stage before", last.rule_warning)
        last.domain = "[('order_count', '<', 0)]"
        self.assertIn("contradict", last.rule_warning)
        self.assertFalse(first.rule_warning)

    def test_in_words(self):
        for domain, words in (
            ("[]", "everybody"),
            ("[('order_count', '>=', 1000)]", "Purchases ≥ 1,000"),
            ("[('recency_ratio', '!=', 2.5)]", "Pause against Rhythm ≠ 2.5"),
            ("[('probability_kept', '<', 0.955)]", "Chance against Usual < 95.5 %"),
            ("[('evidence', '=', False)]", "Evidence = not known"),
            ("['!', ('order_count', '>', 3)]", "not (Purchases > 3)"),
            (
                "['|', ('value_tier', 'in', ['A', 'B']), ('order_count', '=', 1)]",
                "Value Tier = A / B or Purchases = 1",
            ),
            ("[('last_order_date', '<', '2026-02-03')]", "Last Purchase < 02/03/2026"),
        ):
            with self.subTest(domain):
                stage = self.Stage.new({"domain": domain})
                self.assertEqual(stage.rule_text, words)
