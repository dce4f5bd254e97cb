from datetime import timedelta
from unittest.mock import Mock, patch

from odoo import SUPERUSER_ID, fields
from odoo.tests import tagged

from .common import LifecycleCommon

BATCH = "odoo.addons.crm_lifecycle.models.crm_lifecycle_nightly.BATCH"


@tagged("post_install", "-at_install")
class TestSharedNight(LifecycleCommon):
    """Several jobs do the numbers of one night. That they do it at the same time is
    shown by the tests of a served Odoo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Unit = cls.env["crm.lifecycle.unit"].sudo()
        cls.help = cls.env.ref("crm_lifecycle.ir_cron_help")
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"C{number}", "lifecycle_prospect": True} for number in range(6)]
        )
        cls.Dirty = cls.env["crm.lifecycle.dirty"].sudo()

    def plan(self):
        """:return: a night in units of two customers, which are planned"""
        self.startPatcher(patch(BATCH, 2))
        self.cr.precommit.clear()
        night = self.Profile._nightly(self.company, self.as_of)
        next(night)
        return night

    def left(self):
        """:return: number of units that are not done"""
        self.env.invalidate_all()
        return len(self.Unit._get_open(self.company))

    def run_job(self, job):
        with self.enter_registry_test_mode():
            job.method_direct_trigger()

    def triggered(self):
        return self.env["ir.cron.trigger"].search([]).cron_id

    def test_duplicated_job(self):
        """An administrator adds a worker by duplicating the scheduled action."""
        admin = self.env.ref("base.user_admin")
        second = self.help.with_user(admin).copy()
        self.env["ir.cron.trigger"].search([]).unlink()
        self.run_job(second)
        self.assertFalse(self.triggered(), "nothing to do")
        night = self.plan()
        self.assertLessEqual(self.help + second, self.triggered())
        self.assertGreaterEqual(self.left(), 3)
        self.run_job(second)
        self.assertEqual(self.left(), 0)
        done = self.Profile.search([("partner_id", "in", self.customers.ids)])
        self.assertEqual(set(done.mapped("as_of")), {self.as_of})
        self.assertFalse(self.company.lifecycle_as_of, "the nightly job goes on")
        for _done in night:
            pass
        self.assertEqual(self.company.lifecycle_as_of, self.as_of)
        self.assertFalse(self.Unit.search([]))
        self.assertTrue(done.stage_id)
        self.assertGreaterEqual(self.noted("numbers")[0], 6, "the other job did them")

    def noted(self, step):
        """:return: (number of customers, seconds) that the status tells of a step"""
        return self.company.sudo().lifecycle_night["steps"][step]

    def test_interrupted(self):
        """What was done before the time of the job was over is told as well."""
        night = self.plan()
        units = self.Unit._get_open(self.company)
        count = sum(len(unit.partner_ids) for unit in units)
        self.assertTrue(any(done for done, _left in night))
        night.close()
        self.assertLess(self.left(), len(units))
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertEqual(self.noted("numbers")[0], count)

    def test_queue_job_without_runner(self):
        """Jobs are not piled up for nobody, and the scheduled actions help. With a
        runner, see the tests of a served Odoo."""
        jobs, delayed = Mock(), []

        def with_delay(unit, **_options):
            delayed.append(unit)
            return Mock()

        self.startPatcher(
            patch.dict(self.registry.models, {"queue.job": lambda *_arguments: jobs})
        )
        self.startPatcher(
            patch.object(type(self.Unit), "with_delay", with_delay, create=True)
        )
        for waiting in (0, 1):
            jobs.search_count.return_value = waiting
            self.env["ir.cron.trigger"].search([]).unlink()
            delayed.clear()
            with self.subTest(waiting=waiting):
                self.plan().close()
                self.assertEqual(bool(delayed), not waiting)
                self.assertEqual(self.help in self.triggered(), bool(waiting))

    def test_one_unit_needs_no_help(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertNotIn(self.help, self.triggered())

    def test_live_queue_goes_first(self):
        """When it could not be emptied for a while, no more units are begun until the
        nightly job has ended its own."""
        night = self.plan()
        left = self.left()
        moment = fields.Datetime.now() - timedelta(minutes=1)
        row = self.Dirty.create({"partner_id": self.customers[0].id, "date": moment})
        self.run_job(self.help)
        self.assertEqual(self.left(), left)
        self.assertTrue(next(night)[0])
        self.assertEqual(self.left(), left - 1)
        self.assertFalse(next(night)[0], "now the queue can be emptied")
        row.unlink()
        self.run_job(self.help)
        self.assertEqual(self.left(), 0)

    def test_people_keep_selling(self):
        """The queue is never empty: the night ends nevertheless. Even when the time of
        the job is always over, each run gets on, and learning, which is in memory until
        its end, is not begun again and again."""
        self.startPatcher(patch(BATCH, 2))
        Dirty, Cron = type(self.Dirty), type(self.env["ir.cron"])
        process, sold = Dirty._process, []
        nightly = self.Profile.with_user(SUPERUSER_ID)

        def sell(dirty):
            sold.append(process(dirty))
            self.assertLess(len(sold), 500, "nothing else is done any more")
            self.Dirty.create({"partner_id": self.customer.id, "company_id": 0})
            return 1

        for night, seconds in enumerate((0.0, 60.0)):
            with (
                self.subTest(seconds=seconds),
                self.days_ago(-night),
                patch.object(Cron, "_commit_progress", return_value=seconds),
                patch.object(Dirty, "_process", sell),
            ):
                sold.clear()
                self.order(3 - night)
                sell(self.Dirty)
                as_of, runs = self.company._lifecycle_as_of(), 0
                while self.company.lifecycle_as_of != as_of:
                    self.assertLess(runs, 40)
                    nightly._cron_nightly()
                    runs += 1
                self.assertFalse(self.Unit._get_open(self.company))

    def test_night_that_did_not_end(self):
        """Its units are those of a day that has passed."""
        self.plan().close()
        as_of = self.as_of + timedelta(days=1)
        self.Profile._refresh_company(self.company, as_of)
        profiles = self.Profile.search([("company_id", "=", self.company.id)])
        self.assertLessEqual(self.customers, profiles.partner_id)
        self.assertEqual(set(profiles.mapped("as_of")), {as_of})

    def test_locks(self):
        """Units run beside each other; nothing else runs beside them."""
        with self.registry.cursor() as other_cr, self.registry.cursor() as cr:
            other = self.Profile.with_env(self.env(cr=other_cr))
            mine = self.Profile.with_env(self.env(cr=cr))
            self.assertTrue(other._try_lock(self.company, shared=True))
            self.assertTrue(mine._try_lock(self.company, shared=True))
            cr.rollback()
            self.assertFalse(mine._try_lock(self.company))
            other_cr.rollback()
            self.assertTrue(mine._try_lock(self.company))
            self.assertFalse(other._try_lock(self.company, shared=True))
