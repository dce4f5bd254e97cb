from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tests.common import TransactionCase
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestSegments(TransactionCase):
    """The matrix of value and loyalty, or value and stage: its sums are those of the
    lists behind it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Segment Company"})
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.Segment = cls.env["crm.lifecycle.segment"]
        cls.Profile = cls.env["crm.lifecycle.profile"]
        cls.active, cls.risk, cls.prospect = (
            cls.env.ref(f"crm_lifecycle.stage_{name}")
            for name in ("active", "at_risk", "potential")
        )
        for name, tier, score, stage, amount in (
            ("Ann", "A", 90, cls.active, 1000),
            ("Ben", "A", 70, cls.active, 500),
            ("Cid", "A", 39.9, cls.risk, 250),
            ("Dan", "B", 40, cls.risk, 100),
            ("Eve", "C", 12, cls.active, -30),
            ("Fay", False, 0, cls.prospect, 0),
        ):
            cls.profile(name, tier, score, stage, amount)
        cls.all = cls.user("all", "sales_team.group_sale_salesman_all_leads")
        cls.own = cls.user("own", "sales_team.group_sale_salesman")
        cls.manager = cls.user("manager", "sales_team.group_sale_manager")

    @classmethod
    def profile(cls, name, tier, score, stage, amount, company=None):
        return cls.Profile.create(
            {
                "partner_id": cls.env["res.partner"].create({"name": name}).id,
                "company_id": (company or cls.company).id,
                "stage_id": stage.id,
                "order_count": 3 if tier else 0,
                "value_tier": tier,
                "loyalty_score": score,
                "net_invoiced_12m": amount,
                "expected_value": 2 * amount,
                "money_at_stake": amount / 10,
            }
        )

    @classmethod
    def user(cls, login, group):
        return new_test_user(
            cls.env,
            f"segments_{login}",
            group,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def cell(self, tier, band, user=None):
        segment = self.env.ref(f"crm_lifecycle.segment_{tier.lower()}_{band}")
        return segment.with_user(user or self.all).with_company(self.company)

    def names(self, domain, user=None):
        profiles = self.Profile.with_user(user or self.all).search(domain)
        return sorted(profiles.mapped("partner_id.name"))

    def test_figures(self):
        for tier, band, expected in (
            ("A", "high", (2, 1500, 3000, 150)),
            ("A", "medium", (0, 0, 0, 0)),
            ("A", "low", (1, 250, 500, 25)),
            ("B", "medium", (1, 100, 200, 10)),
            ("C", "low", (1, -30, -60, -3)),
        ):
            cell = self.cell(tier, band)
            with self.subTest(cell.display_name):
                self.assertEqual(
                    (
                        cell.customer_count,
                        cell.net_invoiced_12m,
                        cell.expected_value,
                        cell.money_at_stake,
                    ),
                    expected,
                )

    def test_sums_are_those_of_the_lists(self):
        """Of both matrices; everybody with a tier is in exactly one cell."""
        everybody = self.names([("value_tier", "!=", False)])
        for axis in ("loyalty_band", "stage_id"):
            matrix = self.Segment.with_user(self.all).get_matrix(axis)
            listed = []
            for values in matrix["cells"]:
                action = self.Segment.browse(values["id"]).action_open_customers()
                context = action["context"]
                domain = [
                    *action["domain"],
                    ("segment_id", "=", context["search_default_segment_id"]),
                ]
                found = self.Profile.with_user(self.all).search(domain)
                with self.subTest(axis=axis, cell=values):
                    self.assertEqual(len(found), values["customer_count"])
                    for name in (
                        "net_invoiced_12m",
                        "expected_value",
                        "money_at_stake",
                    ):
                        self.assertEqual(sum(found.mapped(name)), values[name])
                listed += found.mapped("partner_id.name")
            self.assertEqual(sorted(listed), everybody)
            self.assertEqual(matrix["without_tier"], 1)
            self.assertEqual(len(matrix["cells"]), 3 * len(matrix["columns"]))

    def test_one_query_for_all_cells(self):
        user = self.Segment.with_user(self.all)
        user.get_matrix("loyalty_band")
        self.env.invalidate_all()
        cells = user.search([("loyalty_band", "!=", False)])
        cells.mapped("name")
        self.env.company.mapped("currency_id.name")
        with self.assertQueryCount(1):
            cells.mapped("customer_count")

    def test_limits_of_the_company(self):
        self.company.write(
            {"lifecycle_medium_loyalty": 39, "lifecycle_high_loyalty": 71}
        )
        self.assertEqual(self.names([("loyalty_band", "=", "high")]), ["Ann"])
        self.assertEqual(
            self.names([("loyalty_band", "in", ["medium", "low"])]),
            ["Ben", "Cid", "Dan", "Eve"],
        )
        self.assertEqual(self.names([("loyalty_band", "=", False)]), ["Fay"])
        for profile in self.Profile.search([]):
            found = self.Profile.search([("loyalty_band", "=", profile.loyalty_band)])
            self.assertIn(profile, found)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.company.lifecycle_high_loyalty = 39
            self.company.flush_recordset()

    def test_grouped(self):
        groups = self.Profile._read_group([], ["loyalty_band"], ["__count"])
        self.assertEqual(dict(groups), {"high": 2, "medium": 1, "low": 2, False: 1})

    def test_search_by_words(self):
        """A salesperson finds the cell by its strategy, tier, loyalty or stage."""
        for text, expected in (
            ("Win their trust", ["Cid"]),
            ("High loyalty", ["Ann", "Ben"]),
            ("Call this week", ["Cid"]),
        ):
            with self.subTest(text):
                self.assertEqual(self.names([("segment_id", "ilike", text)]), expected)
        found = dict(self.Segment.with_user(self.all).name_search("trust"))
        self.assertEqual(list(found.values()), ["A × Low loyalty: Win their trust"])

    def test_other_company_is_not_counted(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.profile("Zoe", "A", 90, self.active, 5000, company=other)
        self.assertEqual(self.cell("A", "high").customer_count, 2)

    def test_strategy_by_managers(self):
        with Form(self.cell("A", "low", self.manager)) as form:
            form.name = "Call at once"
        self.assertEqual(
            self.cell("A", "low").display_name, "A × Low loyalty: Call at once"
        )
        with self.assertRaises(AccessError):
            self.cell("A", "low", self.all).name = "Mine"
        matrix = self.Segment.with_user(self.all).get_matrix("loyalty_band")
        self.assertFalse(matrix["can_edit"])

    def test_amounts_are_not_for_everybody(self):
        """Who sees own documents only sees the loyalty in words, but no value."""
        for read in (
            lambda: self.Segment.with_user(self.own).get_matrix("loyalty_band"),
            lambda: self.names([("value_tier", "=", "A")], self.own),
            lambda: self.names(
                [("segment_id", "=", self.cell("A", "low").id)], self.own
            ),
        ):
            with self.assertRaises(AccessError):
                read()
        self.assertEqual(self.names([("loyalty_band", "=", "low")], self.own), [])

    def test_new_stage_has_cells(self):
        stage = self.env["crm.lifecycle.stage"].create({"name": "Sleeping"})
        cells = self.Segment.search([("stage_id", "=", stage.id)])
        self.assertEqual(cells.mapped("value_tier"), ["A", "B", "C"])
        self.Segment._create_missing()
        again = self.Segment.search([("stage_id", "=", stage.id)])
        self.assertEqual(again, cells)
