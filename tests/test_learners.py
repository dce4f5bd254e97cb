from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import LifecycleCommon

LEARNERS = "odoo.addons.crm_lifecycle.models.crm_lifecycle_learners"
LEARNING = "odoo.addons.crm_lifecycle.models.crm_lifecycle_learning"
TURN = "odoo.addons.crm_lifecycle.models.crm_lifecycle_gap_learning.TURN"


@tagged("post_install", "-at_install")
class TestLearners(LifecycleCommon):
    """Sixteen customers, ten of whom are learned from. All buy desks, most of them
    chairs; lamps and shades are bought by three who are not among the ten."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Affinity = cls.env["crm.lifecycle.affinity"]
        cls.lamp, cls.shade = cls.env["product.product"].create(
            [
                {"name": name, "list_price": price, "taxes_id": False}
                for name, price in (("Lamp", 20), ("Shade", 5))
            ]
        )
        customers = cls.customer
        for number in range(15):
            customers |= cls.new_customer(f"Customer {number}")
        for customer in customers:
            cls.order(40, (cls.desk, 1, 100), partner=customer)
        drawn = cls.Affinity._get_buyer_ids(cls.company, cls.as_of)
        cls.drawn = customers.browse(drawn)
        cls.rare = cls.drawn[-3:]
        cls.without = cls.drawn[8] | cls.drawn[12]
        for customer in cls.drawn - cls.without:
            cls.order(30, (cls.chair, 1, 30), partner=customer)
        for customer in cls.rare:
            lines = (cls.lamp, 1, 20), (cls.shade, 1, 5)
            cls.order(20, *lines, partner=customer)
        cls.Profile._refresh(cls.company, drawn, cls.as_of)

    def setUp(self):
        super().setUp()
        for name, value in (
            (f"{LEARNING}.LEARNERS", 10),
            (f"{LEARNERS}.RARE_BUYERS", 2),
            (TURN, 3),
        ):
            self.startPatcher(patch(name, value))

    def learn(self, weeks=0):
        """:return: the customers whose purchases were read, in groups"""
        Affinity, read = self.env.registry["crm.lifecycle.affinity"], []
        original = Affinity._read_purchases

        def reading(links, company, as_of, partner_ids):
            read.append(self.drawn.browse(partner_ids))
            return original(links, company, as_of, partner_ids)

        with patch.object(Affinity, "_read_purchases", reading):
            self.Affinity._learn(self.company, self.as_of + timedelta(weeks=weeks))
        return read

    def links(self, bought, product):
        return self.Affinity.search(
            [
                ("kind", "in", ("cross_sell", "together")),
                ("source_tmpl_id", "=", bought.product_tmpl_id.id),
                ("product_tmpl_id", "=", product.product_tmpl_id.id),
            ]
        )

    def test_always_the_same(self):
        self.assertEqual(self.learn()[0], self.drawn[:10])
        links = self.Affinity.search([])
        query = SQL("SELECT id, xmin FROM crm_lifecycle_affinity ORDER BY id")
        before = self.env.execute_query_dict(query)
        self.learn()
        self.assertEqual(self.Affinity.search([]), links)
        self.assertEqual(self.env.execute_query_dict(query), before)

    def test_rare_products(self):
        """Two buyers of lamps are learned from, and no others."""
        learners, more, _turn = self.learn()
        self.assertEqual(more, self.rare[:2])
        self.assertFalse(more & learners)
        links = self.links(self.lamp, self.shade)
        self.assertEqual(links.mapped("support"), [2, 2])

    def test_as_many_as_wanted(self):
        """Where there are too many rare products, fewer customers are read."""
        with patch(f"{LEARNERS}.MORE_LEARNERS", 1):
            self.assertEqual(len(self.learn()[1]), 1)
        self.assertFalse(self.links(self.lamp, self.shade))

    def test_invoice_without_an_order(self):
        stool = self.env["product.product"].create(
            {"name": "Stool", "list_price": 9, "taxes_id": False}
        )
        values = {"product_id": stool.id, "price_unit": 9, "tax_ids": False}
        self.direct_invoice(
            15,
            partner=self.drawn[11],
            invoice_line_ids=[Command.create(values)],
        )
        self.assertEqual(self.learn()[1], self.drawn[11] | self.rare[:2])

    def test_how_many_buy(self):
        """That is told by those who were drawn whatever they bought."""
        self.learn()
        figures = self.env["crm.lifecycle.product"].search([])
        shares = {each.product_tmpl_id: each.buyer_share for each in figures}
        self.assertEqual(shares[self.desk.product_tmpl_id], 1)
        self.assertAlmostEqual(shares[self.chair.product_tmpl_id], 0.9)
        self.assertEqual(shares[self.lamp.product_tmpl_id], 0)
        popular = self.Affinity.search([("kind", "=", "popular")])
        self.assertEqual(
            popular.mapped("product_tmpl_id"), (self.desk | self.chair).product_tmpl_id
        )

    def test_everybody_has_his_turn(self):
        """Categories to win of six customers, three of them a week; the first time, of
        all."""
        self.assertEqual(self.learn()[2], self.drawn[10:])
        turns, learned = [], {"day": "2026-01-01", "purchases": 1}
        for weeks in range(3):
            self.company.sudo().lifecycle_learned = {**learned, "turn": weeks}
            turns.append(self.learn(weeks)[2])
        self.assertEqual([len(turn) for turn in turns], [3, 3, 3])
        self.assertEqual(turns[0] | turns[1], self.drawn[10:])
        self.assertEqual(turns[2], turns[0])
        gaps = self.env["crm.lifecycle.gap"].search(
            [("categ_id", "=", self.chair.categ_id.id)]
        )
        self.assertEqual(gaps.partner_id, self.without)
        # who has bought nothing for a year is no customer to win
        self.learn(weeks=60)
        self.assertFalse(gaps.exists())
