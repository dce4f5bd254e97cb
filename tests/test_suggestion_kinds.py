from datetime import date, timedelta

from odoo.tests import tagged

from odoo.addons.crm_lifecycle.engine import defaults

from .find_common import FindCommon


@tagged("post_install", "-at_install")
class TestSuggestionKinds(FindCommon):
    """One kind of suggestion after the other, through real orders.

    Four customers bought desk and chair on one order, and a plant on another day; two
    of them the big desk later. The customer himself has toner every 10 days.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant, cls.toner = cls.new_product("Plant"), cls.new_product("Toner")
        cls.big_desk = cls.new_product("Big Desk", 200, cls.desk.categ_id)
        cls.buyers = [cls.new_customer(f"Buyer {number}") for number in range(4)]
        for buyer in cls.buyers:
            cls.buy(buyer, 200, cls.desk, cls.chair)
            cls.buy(buyer, 190, cls.plant)
        for buyer in cls.buyers[:2]:
            cls.buy(buyer, 180, cls.big_desk)
        for buyer in (cls.new_customer(f"Other {number}") for number in range(6)):
            cls.buy(buyer, 210, cls.new_product(f"Thing of {buyer.name}"))
        for days, quantity in ((45, 3), (35, 3), (25, 8), (15, 3)):
            cls.buy(cls.customer, days, cls.toner, quantity=quantity)
        cls.learn()

    def test_reorder(self):
        """Toner lasts 10 days, and has been due for 5."""
        row = self.found()[self.toner]
        self.assertEqual(row["kind"], "reorder")
        self.assertEqual(row["quantity"], 3)
        self.assertEqual(row["last_date"], date(2026, 5, 17))
        self.assertEqual(row["pause"], 10)
        self.assertEqual(row["due_days"], 5)
        self.assertEqual(row["support"], 4)
        self.assertFalse(row["on_order"])

    def test_reorder_is_not_due_yet(self):
        self.buy(self.customer, 2, self.toner)
        row = self.found()[self.toner]
        self.assertEqual(row["kind"], "reorder")
        self.assertIsNone(row["due_days"])

    def test_credited_is_not_bought(self):
        """What was invoiced and credited in full is no habit."""
        order = self.buy(self.customer, 5, self.chair)
        self.assertEqual(self.found()[self.chair]["kind"], "reorder")
        invoice = self.invoice(order, 4)
        with self.days_ago(3):
            invoice._reverse_moves([{"invoice_date": "2026-05-29"}], cancel=True)
        self.assertNotEqual(self.found()[self.chair]["kind"], "reorder")

    def test_goes_with_the_order(self):
        row = self.found(self.desk)[self.chair]
        self.assertEqual(row["kind"], "cross_sell")
        self.assertEqual(row["source"], self.desk.product_tmpl_id.id)
        self.assertTrue(row["on_order"])
        self.assertEqual((row["support"], row["confidence"]), (4, 1))
        self.assertEqual(row["origin"], "learned")

    def test_bought_by_similar_customers(self):
        """Whoever has a desk has a plant, bought on another day."""
        row = self.found(self.desk)[self.plant]
        self.assertEqual(row["kind"], "similar")
        self.assertEqual(row["source"], self.desk.product_tmpl_id.id)

    def test_better_choice(self):
        row = self.found(self.desk)[self.big_desk]
        self.assertEqual(row["kind"], "up_sell")
        self.assertEqual(row["source"], self.desk.product_tmpl_id.id)
        self.assertEqual(row["support"], 2)
        kinds = [row["kind"] for row in self.find(self.big_desk)]
        self.assertNotIn("up_sell", kinds, "nothing is dearer")

    def test_better_choice_with_the_better_margin(self):
        """Of two as likely; nothing unlikely goes first for its margin."""
        Product = self.env["product.product"]
        twin = self.new_product("Twin", 200, self.desk.categ_id)
        rare = self.new_product("Rare", 200, self.desk.categ_id)
        for buyer in self.buyers[:2]:
            self.buy(buyer, 180, twin)
        self.buy(self.new_customer("Collector"), 180, rare)
        self.learn()

        def better():
            rows = self.find(self.desk)
            ids = [row["product_id"] for row in rows if row["kind"] == "up_sell"]
            return Product.browse(ids)

        rare.standard_price = 1
        self.big_desk.standard_price, twin.standard_price = 180, 100
        self.assertEqual(better(), twin | self.big_desk | rare)
        self.big_desk.standard_price, twin.standard_price = 100, 180
        self.assertEqual(better(), self.big_desk | twin | rare)

    def test_better_choice_that_he_has_comes_last(self):
        other = self.new_product("Other Desk", 150, self.desk.categ_id)
        self.buy(self.customer, 3, self.big_desk)
        self.buy(self.buyers[3], 3, other)
        self.learn()
        better = [row for row in self.find(self.desk) if row["kind"] == "up_sell"]
        self.assertEqual(
            [row["product_id"] for row in better], [other.id, self.big_desk.id]
        )

    def test_supplies_of_what_he_owns(self):
        self.buy(self.customer, 100, self.desk)
        self.env["crm.lifecycle.affinity"].sudo().create(
            {
                "company_id": self.company.id,
                "kind": "consumable",
                "source_tmpl_id": self.desk.product_tmpl_id.id,
                "product_tmpl_id": self.plant.product_tmpl_id.id,
                "support": 4,
                "weight": 0.8,
                "usual_quantity": 6,
            }
        )
        row = self.found()[self.plant]
        self.assertEqual(row["kind"], "consumable")
        self.assertEqual(row["source"], self.desk.product_tmpl_id.id)
        self.assertEqual(row["quantity"], 6)

    def test_new_product(self):
        """A product that nobody bought is offered to buyers of its category only, and
        has its place among the first five."""
        new = self.new_product("New Toner", 12, self.toner.categ_id)
        self.env.cr.execute(
            "UPDATE product_template SET create_date = '2026-05-20' WHERE id = %s",
            [new.product_tmpl_id.id],
        )
        self.learn()
        rows = self.find()
        place = [row["product_id"] for row in rows].index(new.id)
        self.assertEqual(rows[place]["kind"], "novelty")
        self.assertLess(place, 5)
        self.assertNotIn(new, self.found(partner=self.new_customer("Stranger")))

    def test_everybody_gets_an_answer(self):
        rows = self.find(partner=self.new_customer("New"))
        self.assertEqual({row["kind"] for row in rows}, {"popular"})
        self.assertGreater(rows[0]["support"], rows[-1]["support"])

    def test_every_third_place_is_for_what_he_does_not_have(self):
        for number in range(6):
            thing = self.new_product(f"Habit {number}")
            for days in (30, 20, 10):
                self.buy(self.customer, days, thing)
        self.buy(self.customer, 9, self.desk)
        self.learn()
        kinds = [row["kind"] == "reorder" for row in self.find(limit=6)]
        self.assertEqual(kinds[:2], [True, True])
        self.assertIn(False, kinds[:3])
        self.assertIn(False, kinds[3:])

    def test_point_of_sale_orders_teach(self):
        sql = self.Affinity._sql_purchases(
            self.env["crm.lifecycle.facts"]._get_parameters(
                self.company, self.customer.ids, self.as_of
            )
        )
        self.assertIn("pos_order_line", sql.code)

    def test_settings_tried_in_turn(self):
        """All of them at first, then one a week, the oldest."""
        Model = self.env["crm.lifecycle.suggestion.model"]
        company = self.env["res.company"].create({"name": "New"})
        tasks = list(defaults.TASKS)
        self.assertEqual(Model._get_due_tasks(company, self.as_of), tasks)
        for days, task in enumerate(reversed(tasks)):
            tried = self.as_of + timedelta(days=days)
            Model._remember(company, task, tried, {}, {"cases": 0})
        for days, due in ((21, []), (22, tasks[-1:]), (60, tasks[-1:])):
            today = self.as_of + timedelta(days=days)
            self.assertEqual(Model._get_due_tasks(company, today), due)
        Model._remember(company, tasks[-1], today, {}, {"cases": 0})
        self.assertEqual(Model._get_due_tasks(company, today), tasks[-2:-1])
