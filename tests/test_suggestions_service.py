from odoo.tests import tagged

from .suggestion_common import SuggestionCommon


@tagged("post_install", "-at_install")
class TestSuggestionsService(SuggestionCommon):
    """What has to be put right is named before anything is offered."""

    def problems(self, **values):
        """:return: what the seller is told, by kind of problem"""
        answer = self.suggest(self.desk, **values)
        self.assertTrue(answer["suggestions"], "selling is not forbidden")
        return {problem["kind"]: problem for problem in answer["service"]}

    def assertNamed(self, problem, document):
        self.assertIn(document.name, problem["text"])
        self.assertEqual(
            (problem["model"], problem["id"]), (document._name, document.id)
        )

    def test_nothing_wrong(self):
        self.assertEqual(self.problems(), {})

    def test_late_delivery(self):
        order = self.order(20, user_id=self.seller.id)
        promised = "2026-05-20 10:00:00"
        order.picking_ids.date_deadline = "2026-06-01 20:00:00"
        self.assertEqual(self.problems(), {}, "it is promised for today")
        order.picking_ids.date_deadline = promised
        problem = self.problems()["delivery"]
        self.assertNamed(problem, order.picking_ids)
        self.assertIn("05/20/2026", problem["text"])
        self.assertEqual(problem["more"], 0)
        second = self.order(19)
        second.picking_ids.date_deadline = "2026-05-25 10:00:00"
        problem = self.problems()["delivery"]
        self.assertNamed(problem, order.picking_ids)
        self.assertEqual(problem["more"], 1)
        self.deliver(order.picking_ids, 1)
        self.deliver(second.picking_ids, 1)
        self.assertEqual(self.problems(), {})

    def test_return(self):
        """Goods that are expected back, and goods that came back without a credit."""
        order = self.order(30, (self.desk, 2, 100), user_id=self.seller.id)
        self.deliver(order.picking_ids, 29)
        invoice = self.invoice(order, 28)
        self.company.lifecycle_service_overdue_days = 100
        self.assertEqual(self.problems(), {})
        picking = order.picking_ids
        with self.days_ago(20):
            wizard = (
                self.env["stock.return.picking"]
                .with_context(active_id=picking.id, active_model="stock.picking")
                .create({"picking_id": picking.id})
            )
            wizard.product_return_moves.write({"quantity": 1, "to_refund": True})
            back = wizard._create_return()
        self.assertNamed(self.problems()["return"], back)
        self.deliver(back, 18)
        problems = self.problems()
        self.assertEqual(set(problems), {"credit"})
        self.assertNamed(problems["credit"], order)
        self.credit(invoice, 10, 1)
        self.assertEqual(self.problems(), {})

    def test_overdue_invoices(self):
        """Late for some days, and more than a share of what he was invoiced."""
        invoice = self.direct_invoice(20, 100)
        self.pay(self.direct_invoice(50, 800), 49)
        invoice.invoice_user_id = self.seller
        self.assertNamed(self.problems()["overdue"], invoice)
        self.assertNotIn("100", self.problems()["overdue"]["text"])
        self.company.lifecycle_service_overdue_days = 30
        self.assertEqual(self.problems(), {}, "not late enough")
        self.company.lifecycle_service_overdue_days = 7
        self.company.lifecycle_service_overdue_share = 0.2
        self.assertEqual(self.problems(), {}, "a small part of 900")
        self.company.lifecycle_service_overdue_share = 0.1
        self.pay(invoice, 1)
        self.assertEqual(self.problems(), {})

    def test_document_of_a_colleague(self):
        """What is wrong is said, but not which document it is."""
        invoice = self.direct_invoice(20, 100)
        invoice.invoice_user_id = self.env.user
        self.assertFalse(invoice.with_user(self.seller).has_access("read"))
        problem = self.problems()["overdue"]
        self.assertNotIn(invoice.name, problem["text"])
        self.assertFalse(problem["model"] or problem["id"])

    def test_other_customer(self):
        self.direct_invoice(20, 100)
        self.assertEqual(self.problems(partner=self.new_customer("Other")), {})
