from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.crm_lifecycle.models import crm_lifecycle_find_rules

from .find_common import FindCommon


@tagged("post_install", "-at_install")
class TestSuggestionRules(FindCommon):
    """What people decide and declare goes before what was learned.

    Three customers bought desk and chair on one order, and a lamp with both.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lamp, cls.mat = cls.new_product("Lamp"), cls.new_product("Mat")
        for number in range(3):
            buyer = cls.new_customer(f"Buyer {number}")
            cls.buy(buyer, 20, cls.desk, cls.chair)
            cls.buy(buyer, 10, cls.desk, cls.chair, cls.lamp)
        for number in range(3):
            cls.buy(cls.new_customer(f"Other {number}"), 20, cls.new_product("Thing"))
        cls.learn()

    def rule(self, mode, product, source=None, categ=None, **values):
        return self.Rule.create(
            {
                "mode": mode,
                "product_tmpl_id": product.product_tmpl_id.id,
                "source_tmpl_id": source and source.product_tmpl_id.id,
                "source_categ_id": categ and categ.id,
                **values,
            }
        )

    def first(self, *products):
        return self.find(*products)[0]

    def test_always_with_a_product(self):
        rule = self.rule("always", self.mat, self.desk)
        row = self.first(self.desk)
        self.assertEqual(row["product_id"], self.mat.id)
        self.assertEqual((row["origin"], row["rule_id"]), ("manual", rule.id))
        self.assertEqual(row["source"], self.desk.product_tmpl_id.id)
        self.assertTrue(row["on_order"])
        self.assertNotIn(self.mat, self.found(self.chair))

    def test_always_with_a_category(self):
        """Also of the categories below it."""
        parent = self.desk.categ_id.create({"name": "Furniture"})
        self.desk.categ_id.parent_id = parent
        self.rule("always", self.mat, categ=parent)
        self.assertEqual(self.first(self.desk)["product_id"], self.mat.id)
        self.assertNotIn(self.mat, self.found(self.lamp))

    def test_always_on_all_orders(self):
        self.rule("always", self.mat)
        self.assertEqual(self.first()["product_id"], self.mat.id)
        self.assertNotIn(self.mat, self.found(self.mat), "it is on the order")

    def test_never(self):
        self.rule("never", self.chair)
        self.assertNotIn(self.chair, self.found(self.desk))
        self.assertNotIn(self.chair, self.found())

    def test_never_with_a_product(self):
        self.rule("never", self.chair, self.desk)
        self.assertNotIn(self.chair, self.found(self.desk))
        self.assertIn(self.chair, self.found(self.lamp))

    def test_never_beats_always(self):
        self.rule("never", self.mat)
        self.rule("always", self.mat, self.desk)
        self.assertNotIn(self.mat, self.found(self.desk))

    def test_promote(self):
        self.assertEqual(self.first(self.desk)["product_id"], self.chair.id)
        rule = self.rule("promote", self.lamp, self.desk)
        row = self.first(self.desk)
        self.assertEqual(row["product_id"], self.lamp.id)
        self.assertEqual((row["origin"], row["rule_id"]), ("manual", rule.id))
        self.assertEqual(row["kind"], "cross_sell")

    def test_ban(self):
        """The link counts no longer; another one may still speak for the product."""
        self.rule("ban", self.chair, self.desk)
        found = self.found(self.desk)
        self.assertNotEqual(
            found.get(self.chair, {}).get("source"), self.desk.product_tmpl_id.id
        )
        self.assertEqual(
            self.found(self.desk, self.lamp)[self.chair]["source"],
            self.lamp.product_tmpl_id.id,
        )

    def test_archived_and_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.rule("never", self.chair, company_id=other.id)
        self.rule("never", self.chair).active = False
        self.assertIn(self.chair, self.found(self.desk))
        self.rule("never", self.chair, company_id=False)
        self.assertNotIn(self.chair, self.found(self.desk))

    def test_buttons(self):
        link = self.Affinity.search(
            [
                ("kind", "=", "together"),
                ("source_tmpl_id", "=", self.desk.product_tmpl_id.id),
                ("product_tmpl_id", "=", self.lamp.product_tmpl_id.id),
            ]
        )
        link.action_promote()
        link.action_promote()
        self.assertEqual(self.first(self.desk)["product_id"], self.lamp.id)
        link.action_ban()
        self.assertEqual(
            self.Rule.search([("company_id", "=", self.company.id)]).mapped("mode"),
            ["ban"],
        )

    def test_access(self):
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        rule = self.rule("never", self.chair)
        self.assertEqual(rule.with_user(seller).mode, "never")
        with self.assertRaises(AccessError):
            rule.with_user(seller).mode = "always"
        with self.assertRaises(AccessError):
            self.Affinity.search([], limit=1).with_user(seller).action_ban()

    def test_either_product_or_category(self):
        with self.assertRaises(ValidationError):
            self.rule("always", self.mat, self.desk, self.desk.categ_id)
        with self.assertRaises(ValidationError):
            self.rule("always", self.desk, self.desk)

    def test_optional_products(self):
        """After rules, before what was learned."""
        self.desk.product_tmpl_id.optional_product_ids = self.mat.product_tmpl_id
        self.assertEqual(self.first(self.desk)["product_id"], self.mat.id)
        self.assertEqual(self.first(self.desk)["origin"], "declared")
        self.rule("always", self.lamp, self.desk)
        self.assertEqual(
            [row["product_id"] for row in self.find(self.desk)][:2],
            [self.lamp.id, self.mat.id],
        )

    def test_alternative_and_accessory_products(self):
        """Fields of the online shop, which is not installed: two of the same types
        stand for them."""
        for name, model in (("alternative", "template"), ("accessory", "product")):
            self.env["ir.model.fields"].create(
                {
                    "name": f"x_{name}_product_ids",
                    "model_id": self.env["ir.model"]._get_id("product.template"),
                    "ttype": "many2many",
                    "relation": f"product.{model}",
                    "relation_table": f"x_product_{name}_rel",
                    "column1": "src_id",
                    "column2": "dest_id",
                }
            )
        self.patch(
            crm_lifecycle_find_rules,
            "DECLARED_FIELDS",
            [
                (f"x_{name}", kind)
                for name, kind in crm_lifecycle_find_rules.DECLARED_FIELDS
            ],
        )
        better = self.new_product("Grand Desk", 900)
        template = self.desk.product_tmpl_id
        template.x_alternative_product_ids = better.product_tmpl_id
        template.x_accessory_product_ids = self.mat
        found = self.found(self.desk)
        self.assertEqual(found[better]["kind"], "up_sell")
        self.assertEqual(found[better]["origin"], "declared")
        self.assertEqual(found[self.mat]["kind"], "cross_sell")
