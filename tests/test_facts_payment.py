from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsPayment(LifecycleCommon):
    """How customers pay, through Odoo's own flows."""

    def test_paid_late(self):
        self.pay(self.invoice(self.order(40), 30), 20)
        self.assertFacts(
            self.refresh(),
            invoice_paid_count=1,
            payment_delay=10,
            amount_due=0,
            amount_overdue=0,
        )

    def test_partial_payment(self):
        """Each payment counts with its amount and its own delay."""
        invoice = self.invoice(self.order(40), 30)
        self.pay(invoice, 30, amount=75)
        self.pay(invoice, 10, amount=15)
        self.assertFacts(
            self.refresh(),
            invoice_paid_count=1,
            payment_delay=3.3,
            amount_due=10,
            amount_overdue=10,
        )

    def test_instalments(self):
        """30 % at once, the rest after 40 days: each part has its own due date."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 30, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 70, "nb_days": 40}
                    ),
                ],
            }
        )
        order = self.order(30, payment_term_id=terms.id)
        invoice = self.invoice(order, 20)
        self.assertFacts(self.refresh(), amount_due=100, amount_overdue=30)
        self.pay(invoice, 15, amount=30)
        self.assertFacts(
            self.refresh(),
            amount_due=70,
            amount_overdue=0,
            invoice_paid_count=1,
            payment_delay=5,
        )
        later = self.refresh(as_of=self.as_of + timedelta(days=30))
        self.assertEqual(later.amount_overdue, 70)

    def test_payment_without_entry(self):
        self.pay_without_entries()
        invoice = self.invoice(self.order(40), 30)
        payment = self.pay(invoice, 20)
        self.assertFalse(payment.move_id)
        self.assertFacts(
            self.refresh(),
            invoice_paid_count=1,
            payment_delay=10,
            amount_due=0,
            amount_overdue=0,
        )

    def test_payments_without_entry_in_parts(self):
        self.pay_without_entries()
        invoice = self.invoice(self.order(40), 30)
        self.pay(invoice, 30, amount=75)
        self.pay(invoice, 10, amount=15)
        self.assertFacts(
            self.refresh(),
            invoice_paid_count=1,
            payment_delay=3.3,
            amount_due=10,
            amount_overdue=10,
        )

    def test_payment_without_entry_for_two_invoices(self):
        self.pay_without_entries()
        invoices = self.invoice(self.order(40), 30)
        invoices |= self.invoice(self.order(35, (self.chair, 10, 30)), 26)
        with self.days_ago(20):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoices.ids
            )
            wizard.create({"group_payment": True})._create_payments()
        self.assertFacts(
            self.refresh(),
            invoice_paid_count=2,
            payment_delay=7,
            amount_due=0,
        )

    def test_bank_statement_after_payment_without_entry(self):
        """What the statement says counts, and counts once."""
        self.pay_without_entries()
        invoice = self.invoice(self.order(40), 30)
        self.pay(invoice, 20)
        with self.days_ago(18):
            line = self.env["account.bank.statement.line"].create(
                {
                    "journal_id": self.company_data["default_journal_bank"].id,
                    "payment_ref": "paid",
                    "partner_id": self.customer.id,
                    "amount": 100,
                }
            )
            receivable = invoice.line_ids.filtered(
                lambda item: item.display_type == "payment_term"
            )
            suspense = line.move_id.line_ids.filtered(lambda item: item.credit)
            suspense.account_id = receivable.account_id
            (suspense | receivable).reconcile()
            self.env.flush_all()
        self.assertTrue(receivable.reconciled)
        self.assertFacts(
            self.refresh(), invoice_paid_count=1, payment_delay=12, amount_due=0
        )

    def test_credit_note_is_no_payment(self):
        invoice = self.invoice(self.order(40), 30)
        self.credit(invoice, 10)  # which settles the invoice
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertFacts(
            self.refresh(), invoice_paid_count=0, payment_delay=0, amount_due=0
        )

    def test_exchange_difference_is_no_payment(self):
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-05-20", 4.0)]
        )
        invoice = self.direct_invoice(20, 100, currency_id=currency.id)
        self.pay(invoice, 5)
        self.assertTrue(invoice.line_ids.matched_credit_ids.exchange_move_id)
        self.assertFacts(
            self.refresh(), invoice_paid_count=1, payment_delay=15, amount_due=0
        )
