from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tests.common import TransactionCase
from odoo.tools import SQL, Query

# Values on both sides of every limit of the stages, and unknown.
GRID = {
    "order_count": [None, 0, 1, 2, 20],
    "lead_open_count": [None, 0, 1],
    "quotation_count": [None, 0, 2],
    "recency_ratio": [None, 0, 2, 2.01, 4, 4.01, 8, 8.01, 100],
    "days_since_order": [None, 0, 7, 8, 30, 31, 60, 61, 1095, 1096, 1825, 1826],
    "return_ratio": [None, 1, 3.99, 4, 20],
    "last_gap": [None, 30, 31],
    "loyalty_score": [None, 69.9, 70],
}


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

    def assertStages(self, columns, *rows):
        """Each row of values, with the name of its stage last, is in that stage."""
        values = SQL(", ").join(
            SQL(
                "(%s, %s)",
                number,
                SQL(", ").join(SQL("%s::numeric", value) for value in row),
            )
            for number, (*row, _name) in enumerate(rows)
        )
        names = SQL(", ").join(map(SQL.identifier, ["number", *columns]))
        missing = SQL("").join(
            SQL(", NULL::numeric AS %s", SQL.identifier(name))
            for name in GRID.keys() - set(columns)
        )
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
            GRID.keys(),
            "the grid has every fact that the stages use",
        )
        query = Query(self.env, "customer", SQL.identifier("customer"))
        some_rule = Domain.OR(stage._get_domain() for stage in self.stages)
        matches = some_rule.optimize_full(self.Profile)._to_sql(
            self.Profile, "customer", query
        )
        grid = SQL(" CROSS JOIN ").join(
            SQL(
                "unnest(%s::numeric[]) AS %s",
                values,
                SQL("%s (%s)", SQL.identifier(f"_{name}"), SQL.identifier(name)),
            )
            for name, values in GRID.items()
        )
        ((everybody, with_stage),) = self.env.execute_query(
            SQL(
                "SELECT count(*), count(*) FILTER (WHERE %s) FROM (SELECT * FROM %s)"
                " AS customer",
                matches,
                grid,
            )
        )
        self.assertGreater(everybody, 100000)
        self.assertEqual(with_stage, everybody)

    def test_not_bought_yet(self):
        self.assertStages(
            ("order_count", "lead_open_count", "quotation_count"),
            (0, 0, 0, "Target"),
            (0, 1, 0, "Prospect"),
            (0, 1, 1, "Qualified"),
            (0, 0, 1, "Qualified"),
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
                "Prospect",
                "Qualified",
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
                self.assertEqual(stage.fold, stage.name == "Lost")
