from datetime import timedelta

from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsDelivery(LifecycleCommon):
    """Deliveries and returns, through Odoo's own flows."""

    def test_deliveries(self):
        on_time, late, never = self.order(30), self.order(20), self.order(10)
        for order, promised in ((on_time, 25), (late, 16), (never, 5)):
            picking = order.picking_ids
            picking.move_ids.date_deadline = TODAY - timedelta(days=promised)
        self.deliver(on_time.picking_ids, 25)
        self.deliver(late.picking_ids, 15)
        self.assertFacts(
            self.refresh(),
            delivery_count=2,
            delivery_late_count=1,
            delivery_overdue_count=1,
        )

    def test_partial_delivery(self):
        order = self.order(10, (self.desk, 5, 100))
        self.deliver(order.picking_ids, 8, quantity=2)
        backorder = order.picking_ids.filtered(lambda p: p.state != "done")
        self.assertTrue(backorder)
        self.assertFacts(self.refresh(), delivery_count=1)
        self.deliver(backorder, 6)
        self.assertFacts(self.refresh(), delivery_count=2)

    def test_return(self):
        order = self.order(20, (self.desk, 3, 100))
        self.deliver(order.picking_ids, 18)
        self.send_back(order.picking_ids, 10, 1)
        self.assertFacts(self.refresh(), delivery_count=1, return_count=1)
