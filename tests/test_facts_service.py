from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsService(LifecycleCommon):
    """What customers cost besides the goods."""

    def test_contacts_and_corrections(self):
        """A visit, a call, a return and its credit note, and a late delivery; the year
        before, two visits."""
        order = self.order(40, (self.desk, 3, 100))
        picking = order.picking_ids
        picking.move_ids.date_deadline = TODAY.replace(month=5, day=1)
        self.deliver(picking, 20)
        self.send_back(picking, 10, 1)
        self.credit(self.invoice(order, 19), 9, 1)
        for days in (5, 400, 500, 800):
            self.meet(days, self.customer)
        with self.days_ago(4):
            self.customer.activity_schedule(
                "mail.mail_activity_data_call", automated=False
            )
            self.env.flush_all()
        self.assertFacts(
            self.refresh(), service_count_12m=5, service_count_before=2, meeting_count=4
        )

    def test_nothing_amiss(self):
        """What goes well is no work besides selling."""
        order = self.order(40)
        order.picking_ids.move_ids.date_deadline = TODAY
        self.deliver(order.picking_ids, 30)
        self.pay(self.invoice(order, 29), 9)
        self.assertFacts(self.refresh(), service_count_12m=0, service_count_before=0)

    def test_service_passes_from_year_to_year(self):
        self.order(800)
        self.meet(364, self.customer)
        self.assertFacts(self.refresh(), service_count_12m=1, service_count_before=0)
        self.meet(365, self.customer)
        self.meet(729, self.customer)
        self.meet(730, self.customer)
        self.assertFacts(self.refresh(), service_count_12m=1, service_count_before=2)
