from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestJobs(LifecycleCommon):
    """The live queue and the night's work, as the cron workers run them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Dirty = cls.env["crm.lifecycle.dirty"].sudo()

    def test_crons(self):
        """The night's work and the live queue, as the cron workers run them."""
        self.order(20)
        self.order(50)
        nightly = self.env.ref("crm_lifecycle.ir_cron_nightly")
        live = self.env.ref("crm_lifecycle.ir_cron_live")
        with self.enter_registry_test_mode():
            nightly.method_direct_trigger()
        profile = self.Profile.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(profile.order_count, 2)
        self.assertEqual(profile.as_of, self.company._lifecycle_as_of())
        self.assertEqual(self.company.lifecycle_as_of, profile.as_of)
        self.assertTrue(profile.model_id)
        self.order(3)
        self.cr.precommit.run()
        with self.enter_registry_test_mode():
            live.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(profile.order_count, 3)

    def test_nightly_goes_on_where_it_was(self):
        """The work of a night is cut into units; a second run finds what is left."""
        customers = self.env["res.partner"].create(
            [{"name": f"C{number}", "lifecycle_prospect": True} for number in range(5)]
        )
        path = "odoo.addons.crm_lifecycle.models.crm_lifecycle_nightly.BATCH"
        with patch(path, 2):
            run = self.Profile._nightly(self.company, self.as_of)
            self.assertEqual(next(run)[0], 0, "a transaction of its own")
            done, left = next(run)
            self.assertEqual(done, 2)
            self.assertTrue(left)
            run.close()
            due = self.Profile._get_due_partner_ids(self.company, self.as_of)
            self.assertEqual(len(set(due) & set(customers.ids)), 3)
            self.Profile._refresh_company(self.company, self.as_of)
        self.assertFalse(self.Profile._get_due_partner_ids(self.company, self.as_of))
        profiles = self.Profile.search([("partner_id", "in", customers.ids)])
        self.assertEqual(len(profiles), 5)

    @mute_logger("odoo.addons.crm_lifecycle.models.ir_cron")
    def test_company_without_stages(self):
        """Nothing is computed, and nothing raises."""
        self.order(5)
        self.env["crm.lifecycle.stage"].search([]).action_archive()
        self.assertFalse(self.refresh())

    def test_the_night_after(self):
        self.order(20)
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertFalse(self.Profile._is_nightly_due(self.company, self.as_of))
        tomorrow = self.as_of + timedelta(days=1)
        self.assertTrue(self.Profile._is_nightly_due(self.company, tomorrow))
        self.Profile._refresh_company(self.company, tomorrow)
        profile = self.Profile.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(profile.days_since_order, 21)
        self.assertEqual(self.models(), 1, "one does not learn anew every night")

    def models(self):
        return self.env["crm.lifecycle.model"].search_count(
            [("company_id", "=", self.company.id)]
        )

    def test_learns_anew(self):
        """After a month, and when twice as many customers have bought."""
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertEqual(self.models(), 1, "also without a customer")
        self.order(20)
        self.Profile._refresh_company(self.company, self.as_of + timedelta(days=1))
        self.assertEqual(self.models(), 2)
        self.Profile._refresh_company(self.company, self.as_of + timedelta(days=30))
        self.assertEqual(self.models(), 2)
        self.Profile._refresh_company(self.company, self.as_of + timedelta(days=31))
        self.assertEqual(self.models(), 3)

    # --- whom one fault stops

    @mute_logger("odoo.addons.crm_lifecycle.models.ir_cron")
    def test_poisoned_customer(self):
        """One who cannot be computed is logged and left out; the others are done."""
        poisoned = self.new_customer("Poisoned")
        self.order(5)
        self.order(5, partner=poisoned)
        self.cr.precommit.run()
        Profile = self.env.registry["crm.lifecycle.profile"]
        refresh = Profile._refresh

        def poison(profiles, company, partner_ids, *args):
            if poisoned.id in partner_ids:
                raise ValueError("poison")
            return refresh(profiles, company, partner_ids, *args)

        with patch.object(Profile, "_refresh", poison):
            self.Dirty._process()
        self.assertEqual(
            self.Profile.search(
                [("partner_id", "in", [self.customer.id, poisoned.id])]
            ).partner_id,
            self.customer,
        )
        self.assertFalse(self.Dirty.search([]))

    @contextmanager
    def broken(self, is_bad):
        """Computing fails for customers of whom `is_bad` is true.

        :return: list of the batches that were tried, and of what was logged
        """
        Profile = self.env.registry["crm.lifecycle.profile"]
        refresh = Profile._refresh
        batches = []

        def fail(profiles, company, partner_ids, *args):
            batches.append(partner_ids)
            if any(map(is_bad, partner_ids)):
                raise ValueError("bad")
            return refresh(profiles, company, partner_ids, *args)

        logger = "odoo.addons.crm_lifecycle.models.ir_cron"
        with (
            patch.object(Profile, "_refresh", fail),
            self.assertLogs(logger, "ERROR") as logs,
        ):
            yield batches, logs

    def prospects(self, number):
        return self.env["res.partner"].create(
            [{"name": f"C{each}", "lifecycle_prospect": True} for each in range(number)]
        )

    def test_neighbours_are_bad(self):
        """As after a bad import; all the others are done."""
        customers = self.prospects(64)
        with self.broken(customers[:8].ids.__contains__) as (_batches, logs):
            self.Profile._refresh_all_but_bad(self.company, customers.ids, self.as_of)
        self.assertEqual(len(logs.records), 8)
        self.assertEqual(len([each for each in logs.records if each.exc_info]), 5)
        done = self.Profile.search([("partner_id", "in", customers.ids)])
        self.assertEqual(done.partner_id, customers[8:])

    def test_everything_is_broken(self):
        """A fault of the whole company is told a few times, not 10,000."""
        partner_ids = list(range(1, 10001))
        with self.broken(bool) as (batches, logs):
            self.Profile._refresh_all_but_bad(self.company, partner_ids, self.as_of)
        self.assertEqual(len(logs.records), 6)
        self.assertIn("9995 more", logs.records[-1].getMessage())
        self.assertLess(len(batches), 40)

    @mute_logger("odoo.addons.crm_lifecycle.models.ir_cron")
    def test_company_that_cannot_learn(self):
        """Is tried again with the next run; the companies after it are not stopped."""
        other = self.setup_other_company(name="Other Company")["company"]
        for company in (self.company, other):
            self.order(20, company=company)
        first, second = (self.company + other).sorted()
        Model = self.env.registry["crm.lifecycle.model"]
        learn = Model._learn

        def poisoned(models, company, *args):
            if company == first:
                raise ValueError("Poisoned")
            return learn(models, company, *args)

        with self.days_ago(0), self.enter_registry_test_mode():
            with patch.object(Model, "_learn", poisoned):
                self.env.ref("crm_lifecycle.ir_cron_nightly").method_direct_trigger()
            self.env.invalidate_all()
            self.assertFalse(first.lifecycle_as_of)
            self.assertEqual(second.lifecycle_as_of, self.as_of)
            self.env.ref("crm_lifecycle.ir_cron_nightly").method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(first.lifecycle_as_of, self.as_of)

    # --- two jobs at once

    @contextmanager
    def writing(self):
        """Somebody else writes for our company, in a transaction of his own."""
        with self.registry.cursor() as cr:
            self.Profile.with_env(self.env(cr=cr))._lock(self.company)
            yield cr

    def test_live_queue_done_by_another(self):
        """What another job has done since this one began does not stop it."""
        with self.registry.cursor() as mine, self.registry.cursor() as other:
            other.execute(
                "INSERT INTO crm_lifecycle_dirty (partner_id, company_id) VALUES (0, 0)"
            )
            other.commit()
            mine.execute("SELECT 1")  # it sees the row from now on
            other.execute("DELETE FROM crm_lifecycle_dirty WHERE partner_id = 0")
            other.commit()
            self.assertEqual(self.Dirty.with_env(self.env(cr=mine))._process(), 0)
            mine.rollback()

    def test_live_queue_does_not_wait(self):
        """It leaves the customers of that company in the queue, and comes back."""
        other = self.env["res.company"].create({"name": "Other Company"})
        self.order(5)
        self.Dirty._mark([(self.customer.id, 0)])
        self.cr.precommit.run()
        self.Dirty._mark([(self.customer.id, other.id)])
        self.cr.precommit.run()
        self.env["ir.cron.trigger"].search([]).unlink()
        with self.writing():
            self.assertEqual(self.Dirty._process(), 1, "the row of the other company")
            self.assertFalse(
                self.Profile.search([("partner_id", "=", self.customer.id)])
            )
            live = self.env.ref("crm_lifecycle.ir_cron_live")
            with self.enter_registry_test_mode():
                live.method_direct_trigger()
            self.assertTrue(self.Dirty.search([]))
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", live.id)])
        self.assertTrue(triggers, "tried again soon")
        self.Dirty._process()
        self.assertFalse(self.Dirty.search([]))
        self.assertTrue(self.Profile.search([("partner_id", "=", self.customer.id)]))

    def test_night_waits_in_a_transaction_of_its_own(self):
        """And writes in the next one, which sees what the other has written."""
        self.order(5)
        Profile = self.env.registry["crm.lifecycle.profile"]
        run = self.Profile._nightly(self.company, self.as_of)
        next(run)
        with self.writing() as cr:
            lock = Profile._lock
            waited = []

            def wait(profiles, company, shared):
                waited.append(company)
                cr.rollback()  # now the other is done
                lock(profiles, company, shared)

            with patch.object(Profile, "_lock", wait):
                self.assertEqual(next(run)[0], 0)
            self.assertEqual(waited, [self.company])
        self.assertFalse(self.Profile.search([("partner_id", "=", self.customer.id)]))
        self.assertTrue(next(run)[0])
        self.assertTrue(self.Profile.search([("partner_id", "=", self.customer.id)]))
