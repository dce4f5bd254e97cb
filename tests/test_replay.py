from datetime import date, datetime

from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .replay_common import ReplayCommon


@tagged("post_install", "-at_install")
class TestReplay(ReplayCommon):
    """What is rebuilt of the history before the first run. Today is 2026-06-01."""

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

    def test_marked_as_prospect(self):
        """Who stands as a prospect without a document was none before his contact."""
        with self.days_ago(100):
            prospect = self.new_customer("Prospect", lifecycle_prospect=True)
            self.env.flush_all()
        self.rebuild(self.first_run())
        rows = self.past(prospect, is_reconstructed=True)
        self.assertEqual(rows.mapped("date"), [date(2026, 2, 28)])

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
                self.assertEqual(row.cause, "history")
                self.assertTrue(row.facts)
        self.assertEqual(self.past(is_reconstructed=True)[0].date, date(2025, 12, 31))
        self.assertEqual(
            self.past(self.late, is_reconstructed=True)[0].date, date(2026, 2, 28)
        )
        self.assertFalse(self.past(self.late)[0].loyalty_score)
        self.assertGreater(self.past()[0].loyalty_score, 0)

    def test_no_knowledge_of_the_future(self):
        """Later documents change neither stages before them nor what was learned."""
        self.histories()
        replay = self.first_run()
        self.rebuild(replay)
        before = [row for row in self.rows() if row[1] < date(2026, 5, 1)]
        self.assertTrue(before)
        for days in (25, 15, 5):
            self.order(days, (self.desk, 50, 100))
            self.order(days, partner=self.other)
        again = self.Replay._request(self.company)
        self.rebuild(again)
        after = [row for row in self.rows() if row[1] < date(2026, 5, 1)]
        self.assertEqual(after, before)
        self.assertEqual(again.parameters, replay.parameters)

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
