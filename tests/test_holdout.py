from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestHoldout(LifecycleCommon):
    """Who is held out, for how long, and who decides so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "lifecycle_manager",
            "sales_team.group_sale_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.Holdout = cls.env["crm.lifecycle.holdout"].with_user(cls.manager)
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(200)]
        )

    def start(self, share=0.3, days=10):
        experiment = self.Holdout.create({"name": "Test", "share": share})
        with self.days_ago(days):
            experiment.action_start()
        return experiment

    def held_out(self, company=None, customers=None):
        return (customers or self.customers).filtered(
            lambda partner: partner._lifecycle_is_held_out(company or self.company)
        )

    def test_nobody_without_an_experiment(self):
        self.Holdout.create({"name": "Not started"})
        self.assertFalse(self.held_out())

    def test_share(self):
        self.start(share=0.3)
        self.assertAlmostEqual(len(self.held_out()) / 200, 0.3, delta=0.1)

    def test_python_and_sql_agree(self):
        self.start()
        Partner = self.env["res.partner"]
        condition = self.Holdout._sql_held_out(self.company, SQL("id"))
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM res_partner WHERE id = ANY(%s) AND %s ORDER BY id",
                self.customers.ids,
                condition,
            )
        )
        self.assertEqual(Partner.browse(row[0] for row in rows), self.held_out())
        for partner_id, salt in ((1, "a"), (2**31 - 1, "é:%"), (7, "")):
            query = self.Holdout._sql_hash(3, SQL("%s::int", partner_id), salt)
            [[by_sql]] = self.env.execute_query(SQL("SELECT %s", query))
            self.assertEqual(by_sql, self.Holdout._hash(3, partner_id, salt))

    def test_hash_never_changes(self):
        """Else running experiments would be mixed up by an update."""
        self.assertEqual(self.Holdout._hash(1, 42, "salt"), 3012383656)

    def test_contacts_of_a_customer_share_his_lot(self):
        self.start()
        for customer in self.customers[:20]:
            contact = customer.create({"name": "Contact", "parent_id": customer.id})
            self.assertEqual(
                self.held_out(customers=contact) == contact,
                self.held_out(customers=customer) == customer,
            )

    def test_each_experiment_draws_anew(self):
        first = self.start()
        before = self.held_out()
        self.assertEqual(self.held_out(), before)
        first.action_stop()
        self.assertFalse(self.held_out())
        self.start()
        self.assertTrue(self.held_out())
        self.assertNotEqual(self.held_out(), before)

    def test_last_day(self):
        experiment = self.start()
        with self.days_ago(3):
            experiment.date_end = "2026-05-30"
        for days, found in ((2, True), (1, False)):
            with self.subTest(days=days), self.days_ago(days):
                self.assertEqual(bool(self.held_out()), found)
        self.start(days=0)
        self.assertEqual(experiment.state, "done", "over, so that another can start")

    def test_company(self):
        """Of the company and its branches, and of nobody else's."""
        self.start()
        other = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(self.held_out(other))
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.assertEqual(self.held_out(branch), self.held_out())

    @mute_logger("odoo.sql_db")
    def test_one_at_a_time(self):
        self.start()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.start()

    def test_never_changed_while_it_runs(self):
        experiment = self.start()
        for name, value in (("share", 0.5), ("salt", "x"), ("date_start", False)):
            with self.subTest(name), self.assertRaises(UserError):
                experiment[name] = value
        experiment.name = "Other name"

    def test_asking_costs_no_query(self):
        self.start()
        customer = self.customers[:1]
        customer._lifecycle_is_held_out(self.company)
        with self.assertQueryCount(0):
            customer._lifecycle_is_held_out(self.company)
            self.Holdout._sql_held_out(self.company, SQL("id"))

    def test_access(self):
        """Sales managers of the company only."""
        experiment = self.start()
        for group in ("sales_team.group_sale_salesman_all_leads", "base.group_user"):
            user = new_test_user(self.env, f"lifecycle_{group[-5:]}", group)
            with self.subTest(group), self.assertRaises(AccessError):
                experiment.with_user(user).read(["name"])
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.Holdout.sudo().create({"name": "F", "company_id": other.id})
        with self.assertRaises(AccessError):
            foreign.with_user(self.manager).action_start()
