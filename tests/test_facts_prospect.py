from datetime import timedelta

from odoo.tests import Form, tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsProspect(LifecycleCommon):
    """Leads, quotations, meetings and activities, today and at an earlier moment."""

    def before(self, days):
        """Facts of the customer at the end of that day."""
        return self.refresh(as_of=self.as_of - timedelta(days=days))

    # --- leads

    def test_leads(self):
        leads = self.lead(7) | self.lead(7) | self.lead(7)
        with self.days_ago(5):
            leads[1].action_set_won()
            leads[2].action_set_lost()
            self.env.flush_all()
        self.assertFacts(
            self.refresh(),
            lead_count=3,
            lead_open_count=1,
            lead_won_count=1,
            lead_lost_count=1,
            last_lead_date=7,
        )
        self.assertFacts(
            self.before(6),
            lead_count=3,
            lead_open_count=3,
            opportunity_open_count=3,
            lead_won_count=0,
            lead_lost_count=0,
        )
        self.assertFalse(self.before(8), "before the first lead there is no profile")

    def test_converted_lead(self):
        lead = self.lead(9, type="lead")
        with self.days_ago(4):
            wizard = self.env["crm.lead2opportunity.partner"].with_context(
                active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
            )
            wizard.create({"name": "convert", "action": "exist"}).action_apply()
            self.env.flush_all()
        self.assertEqual(lead.type, "opportunity")
        self.assertFacts(self.before(5), lead_open_count=1, opportunity_open_count=0)
        self.assertFacts(self.before(4), lead_open_count=1, opportunity_open_count=1)

    def test_restored_lead(self):
        """It is open again, and was never lost as far as Odoo remembers."""
        lead = self.lead(9)
        self.lose(lead, 5)
        self.assertFacts(self.refresh(), lead_open_count=0, last_outcome="lost")
        with self.days_ago(2):
            lead.action_restore()
            self.env.flush_all()
        for days in (0, 3):
            self.assertFacts(self.before(days), lead_open_count=1, last_outcome=False)

    def test_lead_put_away(self):
        """Archived without being lost: not open any more, and no outcome."""
        lead = self.lead(9, probability=10)
        with self.days_ago(5):
            lead.action_archive()
            self.env.flush_all()
        self.assertEqual(lead.won_status, "pending")
        self.assertFacts(self.before(6), lead_open_count=1)
        self.assertFacts(
            self.refresh(), lead_open_count=0, lead_lost_count=0, last_outcome=False
        )

    # --- quotations

    def test_quotation_sent_by_mail(self):
        quotation = self.order(5, confirm=False)
        self.assertFacts(self.refresh(), quotation_count=1, quotation_sent_count=0)
        self.customer.email = "customer@example.com"
        action = quotation.action_quotation_send()
        composer = Form(
            self.env["mail.compose.message"].with_context(action["context"])
        )
        composer.save()._action_send_mail()
        self.assertEqual(quotation.state, "sent")
        self.assertFacts(
            self.refresh(), quotation_count=1, quotation_sent_count=1, round_count=1
        )

    def test_marked_as_sent(self):
        self.order(5, confirm=False).action_quotation_sent()
        self.assertFacts(self.refresh(), quotation_count=1, quotation_sent_count=1)

    def test_validity(self):
        """The last day of the validity is still good."""
        quotation = self.order(30, confirm=False)
        quotation.action_quotation_sent()
        quotation.validity_date = TODAY.date() - timedelta(days=10)
        self.assertFacts(
            self.before(10),
            quotation_count=1,
            quotation_sent_count=1,
            quotation_expired_count=0,
        )
        self.assertFacts(
            self.before(9),
            quotation_count=0,
            quotation_sent_count=0,
            quotation_expired_count=1,
            last_quotation_date=30,
        )

    def test_quotation_confirmed_later(self):
        order = self.order(20, confirm=False)
        with self.days_ago(5):
            order.action_confirm()
            self.env.flush_all()
        self.assertFacts(
            self.before(6),
            order_count=0,
            quotation_count=1,
            quotation_sent_count=1,
            last_quotation_date=20,
        )
        self.assertFacts(
            self.refresh(), order_count=1, quotation_count=0, last_quotation_date=False
        )

    def test_quotation_cancelled_later(self):
        quotation = self.order(20, confirm=False)
        with self.days_ago(5):
            quotation.action_cancel()
            self.env.flush_all()
        self.assertEqual(quotation.state, "cancel")
        self.assertFacts(self.before(6), quotation_count=1, quotation_expired_count=0)
        self.assertFacts(self.refresh(), quotation_count=0, quotation_expired_count=1)

    def test_cancelled_order_is_no_quotation(self):
        """Neither with a transfer, nor when there was only an invoice for it."""
        service = self.env["product.product"].create(
            {"name": "Advice", "type": "service", "invoice_policy": "order"}
        )
        invoiced = self.order(20, (service, 1, 100))
        self.invoice(invoiced, 19)
        self.credit(invoiced.invoice_ids, 18)
        cancelled = self.order(20) | invoiced
        self.assertFalse(invoiced.picking_ids)
        with self.days_ago(10):
            cancelled._action_cancel()
            self.env.flush_all()
        self.lead(5)  # for a profile
        self.assertFacts(
            self.refresh(), order_count=0, quotation_expired_count=0, round_count=0
        )

    # --- meetings, activities and rounds

    def test_meetings(self):
        """With one of the contacts or about an opportunity; each counts once."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        lead = self.lead(20)
        self.meet(15, self.customer, contact)
        self.meet(9, opportunity_id=lead.id)
        self.meet(8, contact, opportunity_id=lead.id)
        self.meet(7, self.new_customer("Other"))
        self.meet(6, self.customer).action_archive()
        self.meet(-2, self.customer)
        self.assertFacts(self.before(10), meeting_count=1, round_count=1)
        self.assertFacts(self.refresh(), meeting_count=3, round_count=3)
        self.assertFacts(self.before(-2), meeting_count=4)

    def test_meeting_of_another_company(self):
        other = self.setup_other_company(name="Other Company")["company"]
        colleague = self.env["res.users"].create(
            {
                "name": "Colleague",
                "login": "colleague",
                "company_id": other.id,
                "company_ids": other.ids,
            }
        )
        self.customer.lifecycle_prospect = True
        self.meet(5, self.customer, user_id=colleague.id)
        self.assertFacts(self.refresh(), meeting_count=0)
        self.assertFacts(self.refresh(company=other), meeting_count=1)

    def test_activities(self):
        """What a colleague plans counts, also when it is done; what Odoo plans by
        itself does not."""
        self.customer.lifecycle_prospect = True
        self.customer.activity_schedule("mail.mail_activity_data_call")
        self.assertFacts(self.refresh(), activity_count=0)
        with self.days_ago(3):
            activity = self.customer.activity_schedule(
                "mail.mail_activity_data_call", automated=False
            )
            self.env.flush_all()
        self.assertFacts(self.before(4), activity_count=0)
        self.assertFacts(self.refresh(), activity_count=1)
        activity.action_feedback("Interested")
        self.assertFacts(self.refresh(), activity_count=1)

    def test_rounds(self):
        """Quotations, also cancelled ones, and meetings until the first purchase."""
        with self.days_ago(40):
            self.order(40, confirm=False).action_cancel()
        self.meet(30, self.customer)
        order = self.order(25, confirm=False)
        with self.days_ago(20):
            order.action_confirm()
            self.env.flush_all()
        self.meet(10, self.customer)
        self.order(5)
        self.assertFacts(self.before(35), round_count=1, order_count=0)
        self.assertFacts(self.before(21), round_count=3, order_count=0)
        self.assertFacts(self.refresh(), round_count=3, order_count=2)
