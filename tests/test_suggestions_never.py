from contextlib import closing

from odoo import Command
from odoo.tests import tagged

from .suggestion_common import SuggestionCommon


@tagged("post_install", "-at_install")
class TestSuggestionsNever(SuggestionCommon):
    """What is never offered; checked when shown, not only when learned."""

    def test_never_hidden_from_the_user(self):
        self.assertIn(self.chair, self.offered(self.desk))
        self.hide(self.chair)
        self.assertNotIn(self.chair, self.offered(self.desk))

    def test_never_archived(self):
        self.chair.product_tmpl_id.action_archive()
        self.assertNotIn(self.chair, self.offered(self.desk))

    def test_never_not_for_sale(self):
        self.chair.sale_ok = False
        self.assertNotIn(self.chair, self.offered(self.desk))

    def test_never_a_combo(self):
        self.chair.product_tmpl_id.write(
            {
                "type": "combo",
                "combo_ids": [
                    Command.create(
                        {
                            "name": "Choice",
                            "combo_item_ids": [
                                Command.create({"product_id": self.plant.id})
                            ],
                        }
                    )
                ],
            }
        )
        self.assertNotIn(self.chair, self.offered(self.desk))

    def test_never_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.seller.company_ids |= other
        # as after a move of the product, which Odoo refuses once it has been sold
        self.env.cr.execute(
            "UPDATE product_template SET company_id = %s WHERE id = %s",
            [other.id, self.chair.product_tmpl_id.id],
        )
        self.env.invalidate_all()
        user = self.seller.with_context(allowed_company_ids=(self.company | other).ids)
        self.assertNotIn(self.chair, self.offered(self.desk, user=user))

    def test_never_an_article_that_odoo_puts_on_orders(self):
        """Discount, delivery, reward, tip, down payment and gift card."""
        carrier = {"name": "Delivery", "product_id": self.chair.id}
        reward = {
            "name": "Rewards",
            "program_type": "promotion",
            "reward_ids": [Command.create({"reward_type": "discount"})],
        }
        gift_card = {
            "name": "Gift Cards",
            "program_type": "gift_card",
            "rule_ids": [Command.create({"product_ids": self.chair.ids})],
        }
        shop = self.env["pos.config"].sudo().create({"name": "Shop"})
        program = self.env["loyalty.program"].sudo().create(reward)
        changes = {
            "discount": lambda: self.company.write(
                {"sale_discount_product_id": self.chair.id}
            ),
            "delivery": lambda: self.env["delivery.carrier"].sudo().create(carrier),
            "reward": lambda: program.reward_ids.write(
                {"discount_line_product_id": self.chair.id}
            ),
            "tip": lambda: shop.write({"tip_product_id": self.chair.id}),
            "down payment": lambda: shop.write(
                {"down_payment_product_id": self.chair.id}
            ),
            "gift card": lambda: self.env["loyalty.program"].sudo().create(gift_card),
        }
        for name, change in changes.items():
            with self.subTest(name), closing(self.env.cr.savepoint()):
                self.assertIn(self.chair, self.offered(self.desk))
                change()
                self.assertNotIn(self.chair, self.offered(self.desk))

    def test_never_what_asks_for_choices(self):
        """Tickets of an event, which its own app makes of products."""
        self.assertIn(self.chair, self.offered(self.desk))
        self.env.cr.execute(
            "UPDATE product_template SET service_tracking = 'event' WHERE id = %s",
            [self.chair.product_tmpl_id.id],
        )
        self.env.invalidate_all()
        self.assertNotIn(self.chair, self.offered(self.desk))

    def test_never_what_is_on_the_order(self):
        self.assertIn(self.chair, self.offered(self.desk))
        self.assertNotIn(self.chair, self.offered(self.desk, self.chair))

    def test_never_what_is_on_a_line_that_the_screen_does_not_show(self):
        """A long order is on the screen in pages."""
        order = self.order(0, (self.chair, 1, 30), confirm=False)
        order.user_id = self.seller
        self.assertNotIn(self.chair, self.offered(self.desk, order.order_line))

    def test_never_what_he_sent_back(self):
        order = self.order(40, (self.desk, 1, 100), (self.chair, 1, 30))
        self.deliver(order.picking_ids, 30)
        picking = order.picking_ids
        chair_first = picking.move_ids.filtered(lambda m: m.product_id == self.chair)
        self.assertIn(self.chair, self.offered(self.lamp))
        with self.days_ago(25):
            returned = self.env["stock.return.picking"].with_context(
                active_id=picking.id, active_model="stock.picking"
            )
            wizard = returned.create({"picking_id": picking.id})
            wizard.product_return_moves.quantity = 0
            line = wizard.product_return_moves.filtered(
                lambda line: line.move_id == chair_first
            )
            line.quantity = 1
            back = wizard._create_return()
        self.assertIn(self.chair, self.offered(self.lamp), "it is not back yet")
        self.deliver(back, 20)
        self.assertNotIn(self.chair, self.offered(self.lamp))
        self.assertIn(self.chair, self.offered(self.lamp, partner=self.buyers[2]))
        self.company.lifecycle_returned_days = 10
        self.assertIn(self.chair, self.offered(self.lamp))

    def test_never_what_was_credited(self):
        invoice = self.invoice(self.order(40, (self.chair, 1, 30)), 39)
        self.assertIn(self.chair, self.offered(self.lamp))
        self.credit(invoice, 20)
        self.assertNotIn(self.chair, self.offered(self.lamp))
        self.company.lifecycle_returned_days = 10
        self.assertIn(self.chair, self.offered(self.lamp))

    def test_never_what_was_declined_lately(self):
        row = self.offered(self.desk)[self.chair]
        screen = {"partner_id": self.customer.id, "company_id": self.company.id}
        with self.days_ago(100):
            self.env["sale.order"].with_user(self.seller).lifecycle_suggestion_decline(
                screen, row, "has_it"
            )
        self.assertNotIn(self.chair, self.offered(self.desk))
        self.assertIn(self.chair, self.offered(self.desk, partner=self.buyers[2]))
        self.company.lifecycle_quiet_days = 90
        self.assertIn(self.chair, self.offered(self.desk))

    def test_never_what_is_out_of_stock(self):
        """When the company wants it so: of tracked goods, in the order's warehouse."""
        self.assertIn(self.chair, self.offered(self.desk))
        self.company.lifecycle_hide_out_of_stock = True
        offered = self.offered(self.desk)
        self.assertNotIn(self.chair, offered)
        self.assertIn(self.lamp, offered, "its stock is not tracked")
        Quant = self.env["stock.quant"]
        shelf = self.warehouse.lot_stock_id
        Quant._update_available_quantity(self.chair, shelf, 10)
        self.assertIn(self.chair, self.offered(self.desk))
        second = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "S2", "company_id": self.company.id}
        )
        offered = self.offered(self.desk, warehouse_id=second.id)
        self.assertNotIn(self.chair, offered)
        Quant._update_reserved_quantity(self.chair, shelf, 10)
        self.assertNotIn(self.chair, self.offered(self.desk), "all of it is reserved")

    def test_never_on_a_closed_order(self):
        self.assertNothing(self.suggest(self.desk, locked=True), "no longer be changed")
        self.assertNothing(
            self.suggest(self.desk, state="cancel"), "no longer be changed"
        )
        self.assertTrue(self.offered(self.desk, state="sale"))

    def test_never_for_an_excluded_customer(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self.customer.lifecycle_excluded = True
        self.assertNothing(self.suggest(self.desk, partner=contact), "switched off")

    def test_never_for_a_held_out_customer(self):
        """Of an experiment in which nearly everybody is held out."""
        self.assertIn(self.chair, self.offered(self.desk))
        experiment = self.env["crm.lifecycle.holdout"].create(
            {"name": "Experiment", "share": 0.999999}
        )
        with self.days_ago(1):
            experiment.action_start()
        self.assertNothing(self.suggest(self.desk), "compares")
        with self.days_ago(0):
            experiment.action_stop()
        self.assertIn(self.chair, self.offered(self.desk))
