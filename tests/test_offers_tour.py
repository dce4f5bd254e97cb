from odoo.tests import tagged

from .shop_common import ShopMixin
from .tour_common import TourCase


@tagged("post_install", "-at_install")
class TestOffersTour(ShopMixin, TourCase):
    """What to offer a customer, and who may buy a product, for a salesperson with own
    documents only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.new_seller()
        cls.desk, cls.chair, cls.lamp, cls.rug = cls.new_products(
            Desk=100, Chair=30, Lamp=5, Rug=50
        )
        cls.desk.lifecycle_consumable_ids = cls.lamp.product_tmpl_id
        cls.customer = cls.env["res.partner"].create(
            {"name": "Tour Customer", "is_company": True, "user_id": cls.seller.id}
        )
        cls.new_order(cls.customer, 10, cls.desk)
        for number in range(6):
            other = cls.env["res.partner"].create({"name": f"Other {number}"})
            cls.new_order(other, 40, cls.desk + cls.chair if number % 2 else cls.rug)
        cls.env["crm.lifecycle.profile"]._refresh_company(cls.env.company)

    def test_offer(self):
        self.start_tour(
            f"/odoo/contacts/{self.customer.id}",
            "crm_lifecycle_offer",
            login=self.seller.login,
        )
        line = self.customer.sale_order_ids.order_line.filtered("lifecycle_suggestion")
        self.assertEqual(line.product_id, self.chair)
        self.assertTrue(line.lifecycle_suggestion.startswith("cross_sell:"))

    def test_buyers(self):
        product = self.chair.product_tmpl_id.id
        self.start_tour(
            f"/odoo/action-sale.product_template_action/{product}",
            "crm_lifecycle_buyers",
            login=self.seller.login,
        )
        self.assertEqual(self.customer.activity_ids.summary, "Offer Tour Chair")
