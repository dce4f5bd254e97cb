import random
from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestHistory(LifecycleCommon):
    """How many customers were in each stage at the end of each month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.History = cls.env["crm.lifecycle.history"].sudo()
        cls.stages = cls.env["crm.lifecycle.stage"]._get_company_stages(cls.company)

    def random_histories(self, company, customers, rng):
        """Customers with random moves in the last year; the last one is an archived
        one."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(customers)]
        )
        for partner in partners:
            stages = rng.choices(self.stages.ids, k=rng.randint(1, 6))
            days = sorted(rng.sample(range(365), len(stages)), reverse=True)
            (profile_id,) = self.env.execute_query(
                SQL(
                    "INSERT INTO crm_lifecycle_profile "
                    "(partner_id, company_id, stage_id, active) "
                    "VALUES (%s, %s, %s, %s) RETURNING id",
                    partner.id,
                    company.id,
                    stages[-1],
                    partner != partners[-1],
                )
            )[0]
            for before, stage, ago in zip([None, *stages], stages, days, strict=False):
                self.env.cr.execute(
                    SQL(
                        "INSERT INTO crm_lifecycle_transition "
                        "(profile_id, date, from_stage_id, to_stage_id) "
                        "VALUES (%s, %s, %s, %s)",
                        profile_id,
                        TODAY.date() - timedelta(days=ago),
                        before,
                        stage,
                    )
                )
        self.env.invalidate_all()

    def counts(self, month, company=None):
        rows = self.History.search(
            [
                ("month", "=", month),
                ("company_id", "=", (company or self.company).id),
                ("customer_count", ">", 0),
            ]
        )
        return {row.stage_id: row.customer_count for row in rows}

    def test_equals_profiles(self):
        """Today's month as the list of customers, each month before as the stages of
        each customer on its last day; shares add up to one."""
        rng = random.Random(7)
        other = self.setup_other_company()["company"]
        self.random_histories(self.company, 40, rng)
        self.random_histories(other, 7, rng)
        with self.days_ago(0):
            for company in (self.company, other):
                profiles = self.Profile.search(
                    [("company_id", "=", company.id), ("active", "=", True)]
                )
                counted = dict(
                    profiles._read_group(
                        [("id", "in", profiles.ids)], ["stage_id"], ["__count"]
                    )
                )
                self.assertEqual(self.counts(date(2026, 6, 1), company), counted)
                for month in (date(2025, 9, 1), date(2026, 1, 1), date(2026, 5, 1)):
                    end = (month + timedelta(days=32)).replace(day=1)
                    then = profiles._get_stages_at(end - timedelta(days=1))
                    expected = {}
                    for stage in filter(None, then.values()):
                        expected[stage] = expected.get(stage, 0) + 1
                    self.assertEqual(self.counts(month, company), expected)
            months = self.History._read_group(
                [],
                ["company_id", "month:month"],
                ["share:sum", "customer_share:sum", "customer_count:sum"],
            )
            self.assertGreater(len(months), 12)
            for _company, _month, share, customer_share, customers in months:
                self.assertAlmostEqual(share, 1)
                self.assertGreater(customers, 0)
                self.assertIn(round(customer_share or 0, 6), (0, 1))
            only = self.History._read_group(
                [("is_customer", "=", True)], ["month:month"], ["customer_share:sum"]
            )
            self.assertTrue(only)
            ((stages, share),) = self.History._read_group(
                [("company_id", "=", self.company.id)],
                [],
                ["customer_count:sum", "share:sum"],
            )
            totals = [
                row[2]
                for row in self.History._read_group(
                    [("company_id", "=", self.company.id)],
                    ["month:month"],
                    ["share:sum", "customer_count:sum"],
                )
            ]
            self.assertAlmostEqual(share, 1)
            self.assertAlmostEqual(stages, sum(totals) / len(totals), delta=0.5)

    def test_months_without_moves(self):
        """Who does not move is still there, up to the current month."""
        self.order(300)
        with self.days_ago(200):
            self.refresh(as_of=TODAY - timedelta(days=199))
            self.Profile._refresh_company(self.company, self.company._lifecycle_as_of())
        with self.days_ago(0):
            rows = self.History.search([("customer_count", ">", 0)])
            rows = rows.filtered(lambda row: row.company_id == self.company)
            self.assertEqual(
                sorted(rows.mapped("month")),
                [date(2025, 11, 1), date(2025, 12, 1)]
                + [date(2026, month, 1) for month in range(1, 7)],
            )
            self.assertEqual(set(rows.mapped("customer_count")), {1})

    def test_access(self):
        """For who sees all customers anyway, in the companies that he works in."""
        self.random_histories(self.company, 3, random.Random(1))
        seller = new_test_user(
            self.env,
            "all_documents",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
        )
        own = new_test_user(
            self.env, "own_documents", groups="sales_team.group_sale_salesman"
        )
        other = self.setup_other_company()["company"]
        self.random_histories(other, 3, random.Random(2))
        History = self.History.sudo(False)
        found = History.with_user(seller).search([])
        self.assertEqual(found.company_id, self.company)
        with self.assertRaises(AccessError):
            History.with_user(own).search([])
