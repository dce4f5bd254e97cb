from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.tests import new_test_user, tagged
from odoo.tests.common import TransactionCase
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestStageFigures(TransactionCase):
    """How full and how slow the stages are, against what is wanted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Figures"})
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.today = cls.company._lifecycle_today(cls.company._lifecycle_as_of())
        cls.Profile = cls.env["crm.lifecycle.profile"]
        cls.new, cls.loyal, cls.lost = (
            cls.env.ref(f"crm_lifecycle.stage_{name}")
            for name in ("new", "loyal", "lost")
        )
        cls.seller = cls.new_user("salesman")
        cls.manager = cls.new_user("manager")
        cls.profiles = cls.Profile.union(
            cls.new_profile(cls.new, 1),
            cls.new_profile(cls.new, 10),
            cls.new_profile(cls.new, 11, user_id=cls.seller.id),
            cls.new_profile(cls.new, 99, user_id=cls.seller.id),
            cls.new_profile(cls.loyal, 5),
            cls.new_profile(cls.lost, 400, user_id=cls.seller.id),
        )
        cls.new.target_days = 10

    @classmethod
    def new_user(cls, role):
        return new_test_user(
            cls.env,
            f"figures_{role}",
            f"sales_team.group_sale_{role}",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    @classmethod
    def new_profile(cls, stage, days, **values):
        return cls.Profile.create(
            {
                "partner_id": cls.env["res.partner"]
                .create({"name": f"{stage.name} {days}", **values})
                .id,
                "company_id": cls.company.id,
                "stage_id": stage.id,
                "stage_date": cls.today - timedelta(days=days),
                "order_count": 1,
            }
        )

    def figures(self, stage, user):
        stage = stage.with_user(user)
        stage.invalidate_recordset()
        return [
            stage.customer_count,
            round(stage.customer_share, 3),
            stage.typical_days,
            stage.overdue_count,
        ]

    def test_figures(self):
        """Of those whom the reader sees; the shares add up."""
        self.assertEqual(self.figures(self.new, self.manager), [4, 0.667, 10, 2])
        self.assertEqual(self.figures(self.loyal, self.manager), [1, 0.167, 5, 0])
        self.assertEqual(self.figures(self.new, self.seller), [2, 0.667, 11, 2])
        self.assertEqual(self.figures(self.loyal, self.seller), [0, 0, 0, 0])
        stages = self.env["crm.lifecycle.stage"].with_user(self.manager).search([])
        self.assertAlmostEqual(sum(stages.mapped("customer_share")), 1)

    def test_one_query_for_all_stages(self):
        stages = self.env["crm.lifecycle.stage"].search([])
        stages.mapped("customer_count")
        stages.invalidate_recordset(stages._fields)
        with self.assertQueryCount(5):  # stages, model, targets, customers, rules
            stages.mapped("customer_count")

    def test_lists_behind_the_figures(self):
        for user in (self.manager, self.seller):
            stage = self.new.with_user(user)
            stage.invalidate_recordset()
            for action, count in (
                (stage.action_open_customers(), stage.customer_count),
                (stage.action_open_overdue(), stage.overdue_count),
            ):
                found = self.Profile.with_user(user).search(action["domain"])
                self.assertEqual(len(found), count)

    def test_longer_than_wanted(self):
        """From the day after the last wanted one; nothing wanted, nobody late."""
        late = self.Profile.search([("is_stage_overdue", "=", True)])
        self.assertEqual(
            sorted((late & self.profiles).partner_id.mapped("name")),
            ["New 11", "New 99"],
        )
        self.assertEqual(
            self.profiles.filtered("is_stage_overdue"), late & self.profiles
        )
        others = self.Profile.search([("is_stage_overdue", "=", False)])
        self.assertEqual(others & self.profiles, self.profiles - late)
        self.new.target_days = 0
        self.assertFalse(self.Profile.search([("is_stage_overdue", "=", True)]))

    def test_matched_by_no_rule(self):
        """They are counted where they are put, and listed."""
        stages = self.env["crm.lifecycle.stage"].search([])
        stages.domain = "[('order_count', '>', 1)]"
        stages.invalidate_recordset()
        self.assertEqual(stages[0].unmatched_count, 6)
        self.assertFalse(any(stages[1:].mapped("unmatched_count")))
        domain = stages[0].action_open_unmatched()["domain"]
        self.assertEqual(self.Profile.search(domain), self.profiles.sorted("id"))

    def test_phases(self):
        """Customers by the three and the four phases, for whoever reads them."""
        stages = self.env["crm.lifecycle.stage"].search([])
        for name in ("relationship_phase", "process_phase"):
            used = set(stages.mapped(name))
            self.assertEqual(used, set(stages._fields[name].get_values(self.env)))
        Profile = self.Profile.with_user(self.seller)
        groups = Profile._read_group([], ["relationship_phase"], ["__count"])
        self.assertEqual(dict(groups), {"extension": 2, "retention": 1})
        groups = Profile._read_group([], ["process_phase"], ["__count"])
        self.assertEqual(dict(groups), {"retention": 2, "knowledge": 1})
        self.assertEqual(
            Profile.search([("process_phase", "=", "knowledge")]).stage_id, self.lost
        )

    @mute_logger("odoo.sql_db")
    def test_targets_in_range(self):
        for name, value in (("target_share", 1.2), ("target_days", -1)):
            with (
                self.subTest(name),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.new[name] = value
                self.new.flush_recordset()
