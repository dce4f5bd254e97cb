from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user


class ShopMixin:
    """Salespeople, products and confirmed orders, for tests of what users do. The days
    are counted back from today: a browser knows no other."""

    @classmethod
    def new_seller(
        cls, login="lifecycle_seller", group="sales_team.group_sale_salesman"
    ):
        """:return: user of the company of the test, who sees his own documents only
        if no other group is given"""
        company = cls.env.company
        return new_test_user(
            cls.env,
            login,
            group,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def new_products(cls, **prices):
        """:return: products called "Tour Desk" and so on, in the order of `prices`"""
        return cls.env["product.product"].create(
            [
                {"name": f"Tour {name}", "list_price": price, "taxes_id": False}
                for name, price in prices.items()
            ]
        )

    @classmethod
    def new_order(cls, partner, days, products, **values):
        """:return: order of one piece of each of `products`, confirmed `days` ago"""
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create({"product_id": product.id}) for product in products
                ],
                **values,
            }
        )
        order.action_confirm()
        order.date_order = fields.Datetime.now() - timedelta(days=days)
        return order
