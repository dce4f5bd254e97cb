from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import LifecycleCommon, fewest_queries


@tagged("post_install", "-at_install")
class TestCurrent(LifecycleCommon):
    """The profile is right as soon as the live queue has been read, whatever happened
    to the customer's documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Dirty = cls.env["crm.lifecycle.dirty"].sudo()

    def process(self):
        """What the cron worker does soon after the commit, on the day of the tests."""
        self.cr.precommit.run()
        with self.days_ago(0):
            while self.Dirty._process():
                pass
        self.env.invalidate_all()

    def profile_of(self, partner=None):
        return self.Profile.search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", self.company.id),
            ]
        )

    def assertCurrent(self, partner=None, **facts):
        self.process()
        self.assertFacts(self.profile_of(partner), **facts)

    def test_sales(self):
        """Quote, send, confirm, deliver, invoice, pay, return, credit, cancel."""
        order = self.order(9, (self.desk, 4, 100), confirm=False)
        self.assertCurrent(quotation_count=1, quotation_sent_count=0)
        order.action_quotation_sent()
        self.assertCurrent(quotation_sent_count=1)
        with self.days_ago(8):
            order.action_confirm()
        self.assertCurrent(order_count=1, quotation_count=0, order_value=400)
        self.deliver(order.picking_ids, 7)
        self.assertCurrent(delivery_count=1)
        invoice = self.invoice(order, 6)
        self.assertCurrent(net_invoiced=400, amount_due=400)
        self.pay(invoice, 5)
        self.assertCurrent(amount_due=0, invoice_paid_count=1)
        self.send_back(order.picking_ids, 4, 1)
        self.assertCurrent(return_count=1)
        self.credit(invoice, 3, quantity=1)
        self.assertCurrent(net_invoiced=300, order_value=300)
        again = self.order(2)
        self.assertCurrent(order_count=2)
        again._action_cancel()
        self.assertCurrent(order_count=1)

    def test_quotations(self):
        quotation = self.order(9, confirm=False)
        with self.days_ago(0) as now:
            quotation.validity_date = now.date() - timedelta(days=2)
        self.assertCurrent(quotation_count=0, quotation_expired_count=1)
        quotation.validity_date = False
        self.assertCurrent(quotation_count=1, quotation_expired_count=0)
        with self.days_ago(0):
            quotation.action_cancel()
            self.env.flush_all()
        self.assertCurrent(quotation_count=0, last_outcome="no_decision")
        quotation.action_draft()
        self.assertCurrent(quotation_count=1, last_outcome=False)
        self.lead(9)  # keeps the profile
        quotation.unlink()
        self.assertCurrent(quotation_count=0, last_outcome=False)

    def test_leads(self):
        """Come in, convert, lose, restore, win, change the customer."""
        lead = self.lead(9, type="lead")
        self.assertCurrent(lead_open_count=1, opportunity_open_count=0)
        with self.days_ago(8):
            lead.convert_opportunity(self.customer)
        self.assertCurrent(opportunity_open_count=1)
        self.lose(lead, 7, self.env["crm.lost.reason"].create({"name": "Price"}).id)
        self.assertCurrent(lead_lost_count=1, last_outcome="lost", last_outcome_date=7)
        self.assertEqual(self.profile_of().lost_reason_id.name, "Price")
        lead.lost_reason_id = False
        self.assertCurrent(lost_reason_id=self.env["crm.lost.reason"])
        lead.action_restore()
        self.assertCurrent(lead_open_count=1, last_outcome=False)
        with self.days_ago(5):
            lead.action_set_won()
            self.env.flush_all()
        self.assertCurrent(lead_won_count=1, last_outcome="won", last_outcome_date=5)
        other = self.new_customer("Other")
        lead.partner_id = other
        self.assertCurrent(other, lead_won_count=1)
        self.assertFalse(self.profile_of(), "nothing is left of the first")

    def test_meetings_and_activities(self):
        self.customer.lifecycle_prospect = True
        event = self.meet(5, self.customer)
        self.assertCurrent(meeting_count=1)
        with self.days_ago(0) as now:
            event.write({"start": now + timedelta(days=3)})
        self.assertCurrent(meeting_count=0)
        with self.days_ago(0) as now:
            event.write({"start": now - timedelta(days=3)})
        self.assertCurrent(meeting_count=1)
        other = self.new_customer("Other", lifecycle_prospect=True)
        event.partner_ids = other
        self.assertCurrent(meeting_count=0)
        self.assertCurrent(other, meeting_count=1)
        event.opportunity_id = self.lead(9)
        self.assertCurrent(meeting_count=1)
        event.unlink()
        self.assertCurrent(meeting_count=0)
        self.assertCurrent(other, meeting_count=0)
        with self.days_ago(1):
            activity = self.customer.activity_schedule(
                "mail.mail_activity_data_call", automated=False
            )
            self.env.flush_all()
        self.assertCurrent(activity_count=1)
        activity.unlink()
        self.assertCurrent(activity_count=0)

    def test_contacts(self):
        """Another company for a contact, contacts merged, archived, excluded."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        other = self.new_customer("Other")
        self.order(9, partner=contact)
        self.assertCurrent(order_count=1)
        contact.parent_id = other
        self.assertCurrent(other, order_count=1)
        self.assertFalse(self.profile_of())
        self.order(5)
        self.process()
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "dst_partner_id": other.id,
                "partner_ids": [Command.set([self.customer.id, other.id])],
            }
        ).action_merge()
        self.assertCurrent(other, order_count=2)
        self.assertFalse(self.profile_of())
        other.action_archive()
        self.process()
        self.assertFalse(self.profile_of(other).active)
        other.action_unarchive()
        self.process()
        self.assertTrue(self.profile_of(other).active)
        other.lifecycle_excluded = True
        self.process()
        self.assertFalse(self.profile_of(other))
        other.lifecycle_excluded = False
        self.assertCurrent(other, order_count=2)

    def test_validity_ends_by_itself(self):
        """No document changes: the night sees it."""
        quotation = self.order(9, confirm=False)
        with self.days_ago(0) as now:
            quotation.validity_date = now.date()
        self.assertCurrent(quotation_count=1)
        self.Profile._refresh_company(self.company, self.as_of + timedelta(days=1))
        self.assertFacts(
            self.profile_of(),
            quotation_count=0,
            quotation_expired_count=1,
            last_outcome="no_decision",
            last_outcome_date=0,
        )

    def assertCheap(self, action):
        """Noting adds at most three queries to `action`: whose the documents are, the
        row for the queue and the call of the job."""

        def count(mark):
            def act():
                with self.cr.savepoint() as savepoint:
                    action()
                    self.env.flush_all()
                    self.cr.precommit.run()
                    savepoint.rollback()

            with patch.object(self.env.registry["crm.lifecycle.dirty"], "_mark", mark):
                return fewest_queries(self.env, act, rounds=2)

        mark = self.env.registry["crm.lifecycle.dirty"]._mark
        without, with_noting = count(lambda *_args: None), count(mark)
        self.assertLessEqual(with_noting - without, 3)
        self.assertGreater(with_noting, without)

    def test_cost(self):
        """However many documents a transaction touches."""
        customers = [self.new_customer(f"C{number}") for number in range(5)]
        orders, leads, events = (
            self.env[name].union(*(make(partner) for partner in customers))
            for name, make in (
                ("sale.order", lambda each: self.order(9, partner=each, confirm=False)),
                ("crm.lead", lambda each: self.lead(9, partner=each)),
                ("calendar.event", lambda each: self.meet(5, each)),
            )
        )
        self.process()
        for name, action in {
            "confirm": orders.action_confirm,
            "send": orders.action_quotation_sent,
            "lose": leads.action_set_lost,
            "win": leads.action_set_won,
            "cancel meetings": events.action_archive,
            "plan": lambda: [
                customer.activity_schedule(
                    "mail.mail_activity_data_call", automated=False
                )
                for customer in customers
            ],
        }.items():
            with self.subTest(name):
                self.assertCheap(action)
