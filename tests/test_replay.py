from datetime import date, datetime
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .common import LifecycleCommon

REPLAY = "odoo.addons.crm_lifecycle.models.crm_lifecycle_replay"


@tagged("post_install", "-at_install")
class TestReplay(LifecycleCommon):
    """History before the first run, rebuilt from documents. Today is 2026-06-01."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Replay = cls.env["crm.lifecycle.replay"].sudo()
        cls.Transition = cls.env["crm.lifecycle.transition"]
        cls.company.lifecycle_replay_months = 6
        cls.other = cls.new_customer("Other")
        cls.late = cls.new_customer("Late")

    def histories(self):
        for days in (700, 400, 330, 300, 270, 240, 100, 70, 40):
            self.order(days)
        sold = self.order(170, partner=self.other)
        self.deliver(sold.picking_ids, 168)
        invoice = self.invoice(sold, 165)
        self.pay(invoice, 130)
        self.credit(invoice, 50)
        self.direct_invoice(120, partner=self.other)
        self.order(35, partner=self.late, confirm=False)
        lead = self.env["crm.lead"].with_context(mail_notrack=True)
        with self.days_ago(95):
            lead.create({"name": "Lead", "partner_id": self.late.id})
            self.env.flush_all()

    def first_run(self, company=None):
        """The first night, and the request for the history that it leaves."""
        company = company or self.company
        with self.days_ago(0):
            self.Profile._refresh_company(company, company._lifecycle_as_of())
        return self.Replay.search([("company_id", "=", company.id)])

    def rebuild(self, replay):
        with self.days_ago(0):
            for _left in replay._run():
                pass
        self.assertEqual(replay.state, "done")

    def past(self, partner=None, **values):
        profile = self.Profile.search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", self.company.id),
            ]
        )
        return self.Transition.search(
            [("profile_id", "=", profile.id)]
            + [(name, "=", value) for name, value in values.items()],
            order="date, id",
        )

    def rows(self):
        self.env.invalidate_all()
        transitions = self.Transition.search(
            [("company_id", "=", self.company.id)], order="profile_id, date, id"
        )
        names = [
            "profile_id",
            "date",
            "from_stage_id",
            "to_stage_id",
            "cause",
            "is_reconstructed",
            "facts",
            "loyalty_score",
        ]
        return [[row[name] for name in names] for row in transitions]

    def test_equals_refresh(self):
        """The stage at each month-end is the one that the live code gives on the real
        tables, with what had been learned before."""
        self.histories()
        replay = self.first_run()
        self.assertEqual(replay.state, "waiting")
        self.rebuild(replay)
        profiles = self.Profile.search([("company_id", "=", self.company.id)])
        self.assertEqual(profiles.partner_id, self.customer + self.other + self.late)
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(self.company)
        self.assertEqual(len(replay._get_months()), 6)
        seen = set()
        for month in replay._get_months():
            quarter = date(month.year, 3 * ((month.month - 1) // 3) + 1, 1)
            model = self.env["crm.lifecycle.model"].new(
                {"parameters": replay.parameters[str(quarter)]}
            )
            as_of = self.company._lifecycle_bound(
                date(month.year + month.month // 12, month.month % 12 + 1, 1)
            )
            partners = profiles.partner_id.ids
            self.Profile._prepare_facts(self.company, partners, as_of, model)
            self.Profile._prepare_next(self.company, as_of, model, stages)
            rows = self.env.execute_query(
                SQL("SELECT partner_id, rule_stage_id FROM crm_lifecycle_next")
            )
            day = self.company._lifecycle_today(as_of)
            found = profiles._get_stages_at(day)
            expected = {
                profile: self.env["crm.lifecycle.stage"].browse(
                    dict(rows).get(profile.partner_id.id)
                )
                for profile in profiles
            }
            self.assertEqual(found, expected, day)
            seen.update(stage for _partner, stage in rows)
        self.assertGreater(len(seen), 2, "the histories say nothing")

    def test_only_changes(self):
        """Rows in order of time, each from the last one's stage to another, up to the
        stage of the first run."""
        self.histories()
        self.rebuild(self.first_run())
        for partner in (self.customer, self.other, self.late):
            rows = self.past(partner)
            self.assertTrue(rows.filtered("is_reconstructed"), partner.name)
            before = self.env["crm.lifecycle.stage"]
            for row in rows:
                self.assertEqual(row.from_stage_id, before)
                self.assertNotEqual(row.to_stage_id, before)
                self.assertTrue(row.is_baseline)
                before = row.to_stage_id
            profile = rows.profile_id
            self.assertEqual(profile.stage_id, before)
            self.assertEqual(profile.stage_date, rows[-1].date)
            for row in rows.filtered("is_reconstructed"):
                self.assertLess(row.date, date(2026, 6, 1))
                self.assertIn(row.date.day, (28, 30, 31))
                self.assertTrue(row.facts)
        self.assertEqual(self.past(is_reconstructed=True)[0].date, date(2025, 12, 31))
        self.assertEqual(
            self.past(self.late, is_reconstructed=True)[0].date, date(2026, 2, 28)
        )
        self.assertFalse(self.past(self.late)[0].loyalty_score)
        self.assertGreater(self.past()[0].loyalty_score, 0)

    def test_goes_on_where_it_was(self):
        """A unit of work leaves nothing to be repeated; a second rebuilding gives the
        same, also when the first run's own row was superfluous."""
        self.histories()
        replay = self.first_run()
        with patch(f"{REPLAY}.BATCH", 1), self.days_ago(0):
            run = replay._run()
            while not replay.customer_done_count:
                next(run)
            run.close()
            self.assertEqual(replay.state, "rebuilding")
            self.assertEqual(replay.customer_count, 3)
            self.assertEqual(len(self.past(is_reconstructed=True).profile_id), 1)
            done = self.past(is_reconstructed=True)
            with patch.object(type(replay), "_learn", side_effect=AssertionError):
                for _left in replay._run():
                    pass
        self.assertEqual(replay.state, "done")
        self.assertEqual(replay.customer_done_count, 3)
        self.assertEqual(replay.progress, 100)
        self.assertEqual(self.past(is_reconstructed=True), done, "not done twice")
        before = self.rows()
        again = self.Replay._request(self.company)
        self.assertNotEqual(again, replay)
        self.assertEqual(self.Replay._request(self.company), again, "waits already")
        self.rebuild(again)
        self.assertEqual(self.rows(), before)

    def test_join(self):
        """A history that leads to another stage brings the first run's row back."""
        self.histories()
        self.rebuild(self.first_run())
        rows = self.past()
        self.assertFalse(rows.filtered(lambda row: not row.is_reconstructed))
        today = rows.profile_id.stage_id
        before = self.rows()
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order SET date_order = '2026-05-31 10:00:00' "
                "WHERE partner_id = %s AND date_order > '2026-01-01'",
                self.customer.id,
            )
        )
        self.rebuild(self.Replay._request(self.company))
        rows = self.past()
        self.assertEqual(rows[-1].to_stage_id, today)
        if rows[-1].is_reconstructed:
            self.assertEqual(rows[-2].to_stage_id, rows[-1].from_stage_id)
        else:
            self.assertEqual(rows[-1].cause, "first_run")
            self.assertEqual(rows[-1].date, date(2026, 6, 1))
        self.assertNotEqual(self.rows(), before)

    def test_nobody_hears(self):
        """No message, no mail and no automation rule because of the past."""
        self.histories()
        replay = self.first_run()
        model = self.env["ir.model"]._get("crm.lifecycle.profile")
        if "base.automation" in self.env:
            self.env["base.automation"].create(
                {
                    "name": "Any change",
                    "model_id": model.id,
                    "trigger": "on_create_or_write",
                    "action_server_ids": [
                        Command.create(
                            {
                                "name": "Fail",
                                "model_id": model.id,
                                "state": "code",
                                "code": "raise UserError('Triggered')",
                            }
                        )
                    ],
                }
            )
        counted = ("mail.mail", "mail.message", "mail.activity", "crm.lifecycle.outbox")
        before = {name: self.env[name].search_count([]) for name in counted}
        self.rebuild(replay)
        after = {name: self.env[name].search_count([]) for name in counted}
        self.assertEqual(after, before)

    def test_time_zone_of_the_company(self):
        """A month ends at midnight of the company: 23:00 in Lisbon's summer."""
        self.company.partner_id.tz = "Asia/Tokyo"
        with self.days_ago(0):
            order = self.order(80)
        order.date_order = datetime(2026, 3, 31, 14, 30)  # 23:30 on the 31st in Tokyo
        other = self.order(80, partner=self.other)
        other.date_order = datetime(2026, 3, 31, 15, 30)  # 00:30 on the 1st of April
        for partner in (order, other):
            partner.create_date = partner.date_order
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET create_date = date_order")
        self.env.invalidate_all()
        self.rebuild(self.first_run())
        self.assertEqual(self.past()[0].date, date(2026, 3, 31))
        self.assertEqual(self.past(self.other)[0].date, date(2026, 4, 30))

    def test_companies(self):
        """Each has its history, from its documents alone."""
        company = self.setup_other_company()["company"]
        company.lifecycle_replay_months = 3
        self.order(80)
        self.order(75, partner=self.other, company=company)
        mine, theirs = self.first_run(), self.first_run(company)
        self.rebuild(mine)
        self.rebuild(theirs)
        for replay, partner in ((mine, self.customer), (theirs, self.other)):
            rows = self.Transition.search([("company_id", "=", replay.company_id.id)])
            self.assertEqual(rows.partner_id, partner)
            self.assertTrue(rows.filtered("is_reconstructed"))
        self.assertEqual(len(theirs._get_months()), 3)

    @mute_logger("odoo.addons.crm_lifecycle.models.crm_lifecycle_replay_write")
    def test_bad_customer(self):
        """One who cannot be computed is left as he is; the others are rebuilt."""
        self.histories()
        replay = self.first_run()
        original = type(self.Profile)._sql_facts

        def sql_facts(profiles, company, partner_ids, as_of):
            if self.other.id in partner_ids:
                raise ValueError("Poisoned")
            return original(profiles, company, partner_ids, as_of)

        with self.days_ago(0):
            for _quarter in replay._get_quarters():
                replay._run_unit()
            with patch.object(type(self.Profile), "_sql_facts", sql_facts):
                for _left in replay._run():
                    pass
        self.assertEqual(replay.state, "done")
        self.assertTrue(self.past(is_reconstructed=True))
        self.assertFalse(self.past(self.other, is_reconstructed=True))
        self.assertTrue(self.past(self.other, cause="first_run"))

    def test_access(self):
        """A sales manager may ask for it, after the first run; nobody else."""
        manager = new_test_user(
            self.env, "manager", groups="sales_team.group_sale_manager"
        )
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        with self.assertRaises(UserError):
            self.company.with_user(manager).action_lifecycle_rebuild()
        self.order(100)
        replay = self.first_run()
        self.rebuild(replay)
        with self.assertRaises(AccessError):
            self.company.with_user(seller).action_lifecycle_rebuild()
        self.company.with_user(manager).action_lifecycle_rebuild()
        self.assertEqual(self.Replay.search_count([]), 2)
        with self.assertRaises(AccessError):
            replay.with_user(seller).read(["state"])
        self.assertEqual(replay.with_user(manager).state, "done")

    def test_cron(self):
        """As the cron worker runs it: the live queue first, the night before it."""
        self.histories()
        replay = self.first_run()
        cron = self.env.ref("crm_lifecycle.ir_cron_replay")
        Dirty = self.env["crm.lifecycle.dirty"].sudo()
        self.cr.precommit.run()
        Dirty.search([]).unlink()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(replay.state, "waiting", "the night's work comes first")
        Dirty._mark([(self.customer.id, self.company.id)])
        self.cr.precommit.run()
        with self.days_ago(0), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(replay.state, "done")
        self.assertFalse(Dirty.search_count([]))
        self.assertTrue(self.past(is_reconstructed=True))
