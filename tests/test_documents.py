from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestDocuments(LifecycleCommon):
    """From each part of the score, the stage and net invoiced to the documents behind
    it, with the rights of the reader."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = new_test_user(
            cls.env, "documents_own", "sales_team.group_sale_salesman"
        )

    def setUp(self):
        super().setUp()
        self.old = self.order(500)
        self.new = self.order(40, (self.desk, 4, 100), user_id=self.own.id)
        self.draft = self.order(5, confirm=False)
        self.picking = self.new.picking_ids
        with self.days_ago(40):
            self.picking.move_ids.date_deadline = "2026-04-25"
        self.deliver(self.picking, 20)
        self.returned = self.send_back(self.picking, 10, 1)
        self.punctual = self.invoice(self.old, 500)
        self.pay(self.punctual, 500)
        self.late = self.invoice(self.new, 40)
        self.pay(self.late, 10)
        self.overdue = self.direct_invoice(30)
        self.profile = self.refresh()

    def behind(self, name, user=None):
        """:return: what opens by a click"""
        profile = self.profile.with_user(user or self.env.user)
        action = profile.action_open_documents(name)
        return profile.env[action["res_model"]].search(action["domain"])

    def test_parts(self):
        for name, expected in (
            ("purchases", self.old + self.new),
            ("purchases_12m", self.new),
            ("products", (self.old + self.new).order_line),
            ("invoices", self.punctual + self.late + self.overdue),
            ("invoices_late", self.late + self.overdue),
            ("deliveries", self.picking),
            ("deliveries_late", self.picking),
            ("returns", self.returned),
            ("credit_notes", self.env["account.move"]),
        ):
            with self.subTest(name):
                self.assertEqual(self.behind(name), expected)

        # as many documents as the sentence says
        self.assertEqual(len(self.behind("returns")), self.profile.return_count)
        self.assertEqual(
            len(self.behind("deliveries_late")), self.profile.delivery_late_count
        )
        self.assertEqual(len(self.behind("deliveries")), self.profile.delivery_count)

    def test_net_invoiced(self):
        """The list adds up to the number, to the cent, with credit notes."""
        credited = self.credit(self.late, 3, quantity=1)
        self.profile = self.refresh()
        action = self.profile.action_open_net_invoiced()
        invoices = self.env["account.move"].search(action["domain"])
        self.assertIn(credited, invoices)
        self.assertAlmostEqual(
            sum(invoices.mapped("amount_untaxed_signed")), self.profile.net_invoiced, 2
        )
        self.assertEqual(self.behind("credit_notes"), credited)

    def test_offered(self):
        """Only what there is, and only by known names."""
        offered = {
            name
            for part in ("payment", "delivery", "returns")
            for name, _label in self.profile._get_part_documents(part)
        }
        self.assertEqual(
            offered,
            {"invoices", "invoices_late", "deliveries", "deliveries_late", "returns"},
        )
        self.assertIn('data-documents="returns"', self.profile.loyalty_explanation)
        for name in ("documents", "unlink", ""):
            with self.assertRaises(ValueError):
                self.profile.action_open_documents(name)
        # what the stage rests on
        action = self.profile.action_open_reason()
        orders = self.env["sale.order"].search(action["domain"])
        self.assertEqual(orders, self.old + self.new)
        prospect = self.new_customer("Prospect")
        quotation = self.order(3, partner=prospect, confirm=False)
        action = self.refresh(prospect).action_open_reason()
        found = self.env["sale.order"].search(action["domain"])
        self.assertEqual(found, quotation)

    def test_own_documents_only(self):
        """A salesperson reaches his own order, and nobody else's, through the profile
        of a shared customer."""
        self.assertEqual(self.behind("purchases", self.own), self.new)
        self.assertEqual(self.behind("products", self.own), self.new.order_line)
        self.assertFalse(self.behind("invoices", self.own) - self.late)
        explained = self.profile.with_user(self.own).loyalty_explanation
        self.assertIn("Orders of 12 Months", explained)
        self.assertNotIn('data-documents="model"', explained)
        # and nothing of a customer whom he may not see
        stranger = self.new_customer("Stranger")
        self.order(10, partner=stranger)
        profile = self.refresh(stranger).with_user(self.own)
        for name in ("purchases", "invoices_late", "deliveries_late"):
            with self.assertRaises(AccessError):
                profile.action_open_documents(name)

    def test_usual(self):
        """Beside each part stands what is usual, and what it was learned from."""
        other = self.new_customer("Other")
        self.order(20, (self.desk, 1, 10), partner=other)
        with self.days_ago(0):
            self.Profile._refresh_company(self.company, self.as_of)
        self.profile.invalidate_recordset()
        medians = self.profile.model_id.loyalty_medians
        explained = str(self.profile.loyalty_explanation)
        self.assertIn("learned on 06/01/2026. Customers learned from: 2.", explained)
        self.assertIn(f">{medians['loyalty_score']:.1f}</td>", explained)
        self.assertIn(f">{medians['loyalty_tenure']:.1f}</td>", explained)
        self.assertIn('data-documents="model"', explained)
