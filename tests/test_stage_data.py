from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tests.common import TransactionCase
from odoo.tools import SQL, Query

# Values on both sides of every limit of the stages, and unknown: facts that matter as
# long as nothing was bought, and those that matter from the first purchase on.
PROSPECT_GRID = {
    "lead_open_count": [None, 0, 1],
    "opportunity_open_count": [None, 0, 1],
    "quotation_count": [None, 0, 2],
    "quotation_sent_count": [None, 0, 1],
    "meeting_count": [None, 0, 1],
    "activity_count": [None, 0, 1],
    "round_count": [None, 0, 1, 2],
    "last_outcome": [None, "won", "lost", "no_decision"],
}
GRID = {
    "order_count": [None, 0, 1, 2, 20],
    "recency_ratio": [None, 0, 2, 2.01, 4, 4.01, 8, 8.01, 100],
    "days_since_order": [None, 0, 7, 8, 30, 31, 60, 61, 1095, 1096, 1825, 1826],
    "return_ratio": [None, 1, 3.99, 4, 20],
    "last_gap": [None, 30, 31],
    "loyalty_score": [None, 69.9, 70],
    "probability_kept": [None, 0.49, 0.5, 0.75, 0.95],
}
GRIDS = [
    GRID | {name: PROSPECT_GRID[name] for name in ("quotation_count", "last_outcome")},
    {"order_count": [None, 0, 1]} | PROSPECT_GRID,
]


@tagged("post_install", "-at_install")
class TestStageData(TransactionCase):
    """The stages that the addon comes with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Profile = cls.env["crm.lifecycle.profile"]
        cls.stages = cls.env["crm.lifecycle.stage"].search([])

    def stages_of(self, customers):
        """:param customers: SQL of a query of facts and scores
        :return: name of the stage of each row, by the row's number from 1"""
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM (%s) customer ORDER BY number",
                self.stages._to_sql("customer"),
                customers,
            )
        )
        return [self.stages.browse(row[0]).name for row in rows]

    def type_of(self, name):
        is_text = self.Profile._fields[name].type == "selection"
        return SQL("varchar" if is_text else "numeric")

    def unknown(self, names):
        """Columns `names`, empty, to be added to others."""
        return SQL("").join(
            SQL(", NULL::%s AS %s", self.type_of(name), SQL.identifier(name))
            for name in names
        )

    def grid(self, values):
        """SQL of a query: every combination of `values`, and all other facts that the
        stages use unknown."""
        columns = SQL(" CROSS JOIN ").join(
            SQL(
                "unnest(%s::%s[]) AS %s (%s)",
                list(choice),
                self.type_of(name),
                SQL.identifier(f"_{name}"),
                SQL.identifier(name),
            )
            for name, choice in values.items()
        )
        others = (GRID | PROSPECT_GRID).keys() - values.keys()
        return SQL("SELECT *%s FROM %s", self.unknown(others), columns)

    def assertStages(self, columns, *rows):
        """Each row of values, with the name of its stage last, is in that stage."""
        values = SQL(", ").join(
            SQL(
                "(%s, %s)",
                number,
                SQL(", ").join(
                    SQL("%s::%s", value, self.type_of(name))
                    for name, value in zip(columns, row, strict=True)
                ),
            )
            for number, (*row, _name) in enumerate(rows)
        )
        names = SQL(", ").join(map(SQL.identifier, ["number", *columns]))
        missing = self.unknown((GRID | PROSPECT_GRID).keys() - set(columns))
        found = self.stages_of(
            SQL("SELECT *%s FROM (VALUES %s) given (%s)", missing, values, names)
        )
        for (*row, expected), name in zip(rows, found, strict=True):
            with self.subTest(row):
                self.assertEqual(name, expected)

    def test_everybody_has_a_stage(self):
        """Whatever the facts are, known or not, some rule matches."""
        self.assertEqual(
            {
                condition.field_expr
                for stage in self.stages
                for condition in stage._get_domain().iter_conditions()
            },
            (GRID | PROSPECT_GRID).keys(),
            "the grids have every fact that the stages use",
        )
        query = Query(self.env, "customer", SQL.identifier("customer"))
        some_rule = Domain.OR(stage._get_domain() for stage in self.stages)
        matches = some_rule.optimize_full(self.Profile)._to_sql(
            self.Profile, "customer", query
        )
        for grid in GRIDS:
            ((everybody, with_stage),) = self.env.execute_query(
                SQL(
                    "SELECT count(*), count(*) FILTER (WHERE %s) FROM (%s) AS customer",
                    matches,
                    self.grid(grid),
                )
            )
            self.assertGreater(everybody, 30000)
            self.assertEqual(with_stage, everybody)

    def test_only_prospects_are_in_acquisition(self):
        """All of those who never bought, and nobody else."""
        acquisition = self.stages.filtered(lambda stage: stage.phase == "acquisition")
        for grid in GRIDS:
            wrong = self.env.execute_query(
                SQL(
                    "SELECT * FROM (%s) customer WHERE (%s = ANY(%s))"
                    " != (COALESCE(order_count, 0) = 0) LIMIT 1",
                    self.grid(grid),
                    self.stages._to_sql("customer"),
                    acquisition.ids,
                )
            )
            self.assertFalse(wrong)

    def test_not_bought_yet(self):
        self.assertStages(
            (
                "lead_open_count",
                "opportunity_open_count",
                "quotation_count",
                "quotation_sent_count",
                "meeting_count",
                "activity_count",
                "round_count",
                "last_outcome",
            ),
            (0, 0, 0, 0, 0, 0, 0, None, "Target"),
            (0, 0, 0, 0, 0, 1, 0, None, "Potential"),
            (0, 0, 0, 0, 1, 0, 1, None, "Potential"),
            (0, 0, 0, 0, 3, 0, 3, None, "Potential"),
            (1, 0, 0, 0, 0, 0, 0, None, "Potential"),
            (1, 1, 0, 0, 0, 0, 0, None, "Qualified"),
            (1, 1, 0, 0, 1, 0, 1, None, "Qualified"),
            (0, 0, 1, 0, 0, 0, 1, None, "Qualified"),
            (0, 0, 1, 1, 0, 0, 1, None, "In Negotiation"),
            (1, 1, 0, 0, 2, 0, 2, None, "In Negotiation"),
            (0, 0, 1, 0, 1, 0, 2, None, "In Negotiation"),
            (0, 0, 0, 0, 1, 1, 3, "lost", "Not Won"),
            (0, 0, 0, 0, 1, 1, 3, "no_decision", "No Decision"),
            (0, 0, 0, 0, 0, 0, 1, "won", "Qualified"),
            # something new is under way after an attempt that came to nothing
            (1, 0, 0, 0, 0, 0, 1, "lost", "Potential"),
            (1, 1, 0, 0, 0, 0, 1, "no_decision", "Qualified"),
            (0, 0, 1, 0, 0, 0, 2, "lost", "In Negotiation"),
            (1, 0, 0, 0, 0, 0, 1, "won", "Potential"),
        )

    def test_bought_once(self):
        """Time to come back is what other customers took."""
        self.assertStages(
            ("order_count", "quotation_count", "recency_ratio", "days_since_order"),
            (1, 0, 0.5, 10, "New"),
            (1, 3, 2, 40, "New"),
            (1, 0, 2.5, 50, "At risk"),
            (1, 0, 5, 100, "Dormant"),
            (1, 0, 9, 180, "Lost"),
            (1, 0, None, 180, "New"),  # nobody ever came back: nothing to go by
        )

    def test_any_rhythm(self):
        """Daily, weekly, monthly and yearly customers by their own rhythm."""
        self.assertStages(
            ("order_count", "loyalty_score", "recency_ratio", "days_since_order"),
            *(
                (9, 60, days / rhythm, days, stage)
                for rhythm, days, stage in (
                    (1, 3, "Active"),  # a long weekend
                    (1, 7, "Active"),
                    (1, 8, "At risk"),
                    (1, 31, "Dormant"),
                    (1, 61, "Lost"),
                    (7, 14, "Active"),
                    (7, 15, "At risk"),
                    (7, 31, "Dormant"),
                    (7, 61, "Lost"),
                    (30, 60, "Active"),
                    (30, 61, "At risk"),
                    (30, 121, "Dormant"),
                    (30, 241, "Lost"),
                    (365, 730, "Active"),
                    (365, 740, "At risk"),
                    (365, 1096, "Dormant"),
                    (365, 1826, "Lost"),
                )
            ),
        )

    def test_chance_as_good_as_ever(self):
        """A long pause alone does not make a risk, nor does a smaller chance alone."""
        self.assertStages(
            ("order_count", "recency_ratio", "days_since_order", "probability_kept"),
            (99, 3.3, 10, 0.98, "Active"),  # buys every three days
            (99, 9, 63, 0.95, "Active"),
            (99, 9, 63, 0.94, "At risk"),
            (99, 9, 63, 0.74, "Dormant"),
            (99, 9, 63, 0.49, "Lost"),
            (99, 3, 40, 0.1, "At risk"),
            (99, 1.5, 40, 0.1, "Active"),
            (99, 9, 1100, 0.8, "Dormant"),
            (99, 9, 1900, 0.8, "Lost"),
            (1, 3, 40, 0.95, "New"),
            (99, 9, 63, None, "Lost"),  # no forecast: the rhythm decides alone
        )

    def test_loyal_and_recovered(self):
        self.assertStages(
            (
                "order_count",
                "recency_ratio",
                "return_ratio",
                "last_gap",
                "loyalty_score",
            ),
            (9, 1, 1, 10, 69.9, "Active"),
            (9, 1, 1, 10, 70, "Loyal"),
            (9, 1, None, None, 70, "Loyal"),
            (9, 1, 3.9, 39, 70, "Loyal"),
            (9, 1, 4, 40, 70, "Recovered"),
            (9, 1, 4, 40, 20, "Recovered"),
            (9, 1, 10, 30, 20, "Active"),  # a daily customer after a month
        )

    def test_loyalty_does_not_hide_risk(self):
        """The best customer is at risk when he stays away."""
        self.assertStages(
            ("order_count", "loyalty_score", "recency_ratio", "days_since_order"),
            (99, 95, 3, 40, "At risk"),
            (99, 95, 9, 90, "Lost"),
        )

    def test_meaning_in_words(self):
        """Every stage says what it means and what the company does about it."""
        self.assertEqual(
            self.stages.mapped("name"),
            [
                "Target",
                "Potential",
                "Qualified",
                "In Negotiation",
                "Not Won",
                "No Decision",
                "New",
                "Active",
                "Loyal",
                "At risk",
                "Dormant",
                "Lost",
                "Recovered",
            ],
        )
        for stage in self.stages:
            with self.subTest(stage.name):
                self.assertTrue(stage.description.endswith("."))
                self.assertEqual(stage.is_customer, stage.phase != "acquisition")
                self.assertEqual(
                    stage.fold, stage.name in ("Lost", "Not Won", "No Decision")
                )
