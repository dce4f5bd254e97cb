from datetime import timedelta
from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from odoo.addons.crm_lifecycle.models.crm_lifecycle_holdout import BUCKETS

from .common import LifecycleCommon

GROUP = "sales_team.group_sale_salesman_all_leads"


@tagged("post_install", "-at_install")
class TestGaps(LifecycleCommon):
    """Eight hotels buy desks, six of them chairs; one stopped buying lamps."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Gap = cls.env["crm.lifecycle.gap"]
        cls.lamp = cls.env["product.product"].create(
            {
                "name": "Lamp",
                "taxes_id": False,
                "categ_id": cls.env["product.category"].create({"name": "Lamp"}).id,
            }
        )
        cls.industry = cls.env["res.partner.industry"].create({"name": "Inns"})
        cls.customer.industry_id = cls.industry
        cls.hotels = cls.customer
        for number in range(7):
            cls.hotels |= cls.new_customer(
                f"Hotel {number}", industry_id=cls.industry.id
            )
        for number, hotel in enumerate(cls.hotels):
            lines = [(cls.desk, 1, 100)]
            if number > 1:
                lines.append((cls.chair, number, 30))
            cls.order(20, *lines, partner=hotel)
        for days in (300, 270, 240, 210, 180, 150):
            cls.order(days, (cls.desk, 1, 100), (cls.lamp, 1, 10))
        for days in (90, 60):
            cls.order(days, (cls.desk, 1, 100))
        cls.Profile._refresh(cls.company, cls.hotels.ids, cls.as_of)

    def learned(self, partner=None):
        self.env["crm.lifecycle.affinity"]._learn(self.company, self.as_of)
        partner = partner or self.customer
        return self.Gap.search([("partner_id", "=", partner.id)], order="kind")

    def test_nothing_to_offer_of_the_category(self):
        """Neither what is never suggested nor what is not for sale is to be won."""
        self.learned()
        gaps = self.Gap.with_user(new_test_user(self.env, "admin_sales", GROUP))
        domain = [("partner_id", "=", self.customer.id)]
        self.assertEqual(len(gaps.search(domain)), 2)
        rule = self.env["crm.lifecycle.suggestion.rule"].create(
            {"mode": "never", "product_tmpl_id": self.chair.product_tmpl_id.id}
        )
        self.assertEqual(gaps.search(domain).categ_id, self.lamp.categ_id)
        self.lamp.sale_ok = False
        self.assertFalse(gaps.search(domain))
        rule.active = False
        self.assertEqual(gaps.search(domain).categ_id, self.chair.categ_id)

    def test_both_kinds(self):
        stopped, white_space = self.learned()
        self.assertEqual(stopped.kind, "stopped")
        self.assertEqual(stopped.categ_id, self.lamp.categ_id)
        self.assertEqual(stopped.expected_value, 60)
        self.assertEqual(
            stopped.reason,
            "Bought every 30 days until January 2026; 3 purchases without it since",
        )
        self.assertEqual(white_space.kind, "white_space")
        self.assertEqual(white_space.categ_id, self.chair.categ_id)
        self.assertEqual(white_space.reason, "6 of 7 other customers in Inns buy it")
        # they spent 60, 90, ..., 210 on chairs
        self.assertAlmostEqual(white_space.expected_value, 135 * 6 / 7, 2)

    def test_bought_at_last(self):
        self.learned()
        self.order(0, (self.chair, 1, 30), (self.lamp, 1, 10))
        self.assertFalse(self.learned())

    def test_nights(self):
        """Learned after a week, links first. In between filled gaps go."""
        Affinity = self.env.registry["crm.lifecycle.affinity"]
        learn, learned = Affinity._learn_units, []

        def noted(links, company, as_of, topics):
            if "gaps" in topics:
                learned.append(as_of)
            return learn(links, company, as_of, topics)

        with patch.object(Affinity, "_learn_units", noted):
            nights = [self.as_of + timedelta(days=days) for days in range(9)]
            self.Profile._refresh_company(self.company, nights[0])
            learned_on = {"day": "2026-06-01", "purchases": 999}  # a week to each
            self.company.sudo().lifecycle_learned = learned_on
            gaps = self.Gap.search([("partner_id", "=", self.customer.id)])
            self.assertEqual(len(gaps), 2)
            self.order(-1, (self.lamp, 1, 10))
            self.Profile._refresh_company(self.company, nights[1])
            self.assertEqual(gaps.exists().kind, "white_space")
            self.assertEqual(learned, nights[:1])
            self.Profile._refresh_company(self.company, nights[7])
            self.assertEqual(learned, nights[:1])
            self.order(-8, (self.chair, 1, 30))
            self.Profile._refresh_company(self.company, nights[8])
            self.assertEqual(learned, [nights[0], nights[8]])
            self.assertFalse(gaps.exists())

    def test_unchanged(self):
        """Nothing is written when nothing changed."""
        gaps = self.learned()
        self.env.cr.execute(
            "SELECT id, xmin FROM crm_lifecycle_gap WHERE id IN %s", [gaps._ids]
        )
        before = self.env.cr.fetchall()
        self.order(0, (self.desk, 1, 100), partner=self.hotels[3])
        self.assertEqual(self.learned(), gaps)
        self.env.cr.execute(
            "SELECT id, xmin FROM crm_lifecycle_gap WHERE id IN %s", [gaps._ids]
        )
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_excluded(self):
        """Who objected to profiling has no gaps, and is no peer."""
        self.learned()
        self.customer.lifecycle_excluded = True
        self.assertFalse(self.learned())
        self.assertEqual(self.learned(self.hotels[1]).peer_count, 6)

    def test_held_out(self):
        """Customers of an experiment are not shown, others are."""
        self.learned()
        manager = self.env.user
        seen = self.Gap.with_user(manager).search([])
        Holdout = self.env["crm.lifecycle.holdout"]
        someone = seen.partner_id[0]
        salt = next(  # a draw that takes him
            salt
            for salt in "abcdefghijklmnopqrstuvwxyz"
            if 2 * Holdout._hash(self.company.id, someone.id, salt) < BUCKETS
        )
        holdout = Holdout.create({"name": "Half", "share": 0.5, "salt": salt})
        holdout.action_start()
        held_out = seen.partner_id.filtered(
            lambda partner: partner._lifecycle_is_held_out(self.company)
        )
        self.assertIn(someone, held_out)
        self.assertEqual(
            self.Gap.with_user(manager).search([]).partner_id,
            seen.partner_id - held_out,
        )

    def test_own_customers_only(self):
        """A salesperson with own documents only sees his customers, no amounts."""
        self.learned()
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        self.hotels[1].user_id = seller
        gaps = self.Gap.with_user(seller).search([])
        self.assertEqual(gaps.partner_id, self.hotels[1])
        self.assertNotIn("expected_value", gaps.fields_get())
        self.assertTrue(gaps.reason)
        self.assertTrue(gaps.web_read_group([], ["user_id", "categ_id"], ["__count"]))
