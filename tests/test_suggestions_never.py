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

    def test_never_a_discount(self):
        self.company.sale_discount_product_id = self.chair
        self.assertNotIn(self.chair, self.offered(self.desk))

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
