from datetime import date, datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import html2plaintext, mute_logger

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestSettings(LifecycleCommon):
    """What a company decides, and how far its customers are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(
            cls.env,
            "sales_admin",
            groups="sales_team.group_sale_manager,base.group_system",
            company_id=cls.company.id,
        )
        cls.manager = new_test_user(
            cls.env,
            "sales_manager",
            groups="sales_team.group_sale_manager",
            company_id=cls.company.id,
        )

    def test_settings_page(self):
        """Few, with right defaults, kept by company."""
        Settings = self.env["res.config.settings"].with_user(self.admin)
        with Form(Settings) as settings:
            self.assertEqual(settings.lifecycle_hold_days, 7)
            self.assertAlmostEqual(settings.lifecycle_hold_share, 0.2)
            self.assertEqual(settings.lifecycle_cooldown_days, 7)
            self.assertEqual(settings.lifecycle_replay_months, 36)
            settings.lifecycle_hold_share = 0.5
            settings.lifecycle_replay_months = 12
        settings.record.execute()
        self.assertAlmostEqual(self.company.lifecycle_hold_share, 0.5)
        self.assertEqual(self.company.lifecycle_replay_months, 12)

    def test_limits(self):
        for values in (
            {"lifecycle_hold_days": -1},
            {"lifecycle_hold_share": 1.2},
            {"lifecycle_hold_share": -0.1},
            {"lifecycle_cooldown_days": -1},
            {"lifecycle_replay_months": -1},
        ):
            with (
                self.subTest(values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.company.write(values)
                self.env.flush_all()

    def test_status(self):
        """A sales manager, who cannot open the settings page, sees it as well."""
        Dirty = self.env["crm.lifecycle.dirty"].sudo()
        self.cr.precommit.run()
        Dirty.search([]).unlink()
        company = self.company.with_user(self.manager)
        self.assertFalse(company.lifecycle_date)
        self.assertFalse(company.lifecycle_replay_state)
        self.order(30)
        with self.days_ago(0):
            self.Profile._refresh_company(self.company, self.company._lifecycle_as_of())
            self.env.invalidate_all()
            self.assertEqual(company.lifecycle_date, date(2026, 6, 1))
            self.assertGreaterEqual(
                company.lifecycle_next_run, datetime(2026, 6, 2), "after midnight"
            )
            self.assertEqual(company.lifecycle_night_end, self.env.cr.now())
            steps = html2plaintext(company.lifecycle_night_steps)
            self.assertRegex(steps, r"Customers computed\s+1\s+\d+\.\d s")
            self.assertIn("Suggestions learned", steps)
            self.assertEqual(company.lifecycle_left_count, 0)
            self.env["ir.cron.progress"].sudo().create(
                {
                    "cron_id": self.env.ref("crm_lifecycle.ir_cron_nightly").id,
                    "remaining": 7,
                }
            )
            self.env.invalidate_all()
            self.assertEqual(company.lifecycle_left_count, 7)
            self.assertEqual(company.lifecycle_replay_state, "waiting")
            self.assertEqual(company.lifecycle_replay_progress, 0)
            self.cr.precommit.run()
            Dirty.search([]).unlink()
            other = self.setup_other_company()["company"]
            now = self.env.cr.now()
            Dirty.create(
                [
                    {
                        "partner_id": self.customer.id,
                        "company_id": company_id,
                        "date": now - timedelta(minutes=minutes),
                    }
                    for company_id, minutes in (
                        (self.company.id, 3),
                        (0, 5),
                        (other.id, 9),
                    )
                ]
            )
            self.env.invalidate_all()
            self.assertEqual(company.lifecycle_queue_count, 2)
            self.assertEqual(company.lifecycle_queue_minutes, 5)
            self.assertEqual(company.lifecycle_held_count, 0)
            self.Profile.search(
                [("company_id", "=", self.company.id)]
            ).transition_ids.sudo()[:1].hold_reason = "too_many"
            self.env.invalidate_all()
            self.assertEqual(company.lifecycle_held_count, 1)
            status = company._action_lifecycle_status()
            self.assertEqual(status["res_id"], self.company.id)
            Form(company, view="crm_lifecycle.res_company_view_form_status")

    def test_steps(self):
        """In the order in which they are done, as exactly as matters."""
        self.company.sudo().lifecycle_night = {
            "end": "2026-06-01 02:00:00",
            "steps": {
                "learn": [0, 3725],
                "moves": [0, 0.04],
                "numbers": [12345, 192.4],
            },
        }
        rows = html2plaintext(self.company.lifecycle_night_steps).splitlines()
        self.assertEqual(
            [row.split() for row in rows if row.strip()][1:],
            [
                ["Customers", "computed", "12,345", "3", "min", "12", "s"],
                ["Forecasts", "learned", "1", "h", "2", "min"],
                ["Customers", "moved", "to", "another", "stage", "0.0", "s"],
            ],
        )

    def test_rebuild_button(self):
        """Saves the number of months on the screen, then asks for the history."""
        self.order(30)
        self.Profile._refresh_company(self.company)
        Replay = self.env["crm.lifecycle.replay"].sudo()
        Replay.search([]).unlink()
        settings = (
            self.env["res.config.settings"]
            .with_user(self.admin)
            .create({"lifecycle_replay_months": 5})
        )
        settings.action_lifecycle_rebuild()
        self.assertEqual(Replay.search([]).month_count, 5)
        self.assertEqual(Replay.search([]).company_id, self.company)

    def test_private(self):
        """How far it is, is not for everybody who can read the company."""
        seller = new_test_user(
            self.env, "one_seller", groups="sales_team.group_sale_salesman"
        )
        with self.assertRaises(AccessError):
            self.company.with_user(seller).read(["lifecycle_queue_count"])
