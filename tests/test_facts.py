from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import TODAY, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFacts(LifecycleCommon):
    """Each fact against a history made through Odoo's own flows."""

    # --- who has a profile

    def test_nothing_known_no_profile(self):
        self.assertFalse(self.refresh())

    def test_quotation(self):
        self.order(5, confirm=False)
        self.assertFacts(
            self.refresh(),
            quotation_count=1,
            last_quotation_date=5,
            order_count=0,
            order_value=0,
            last_order_date=False,
        )

    def test_cancelled_order(self):
        """A cancelled order is no purchase, nor does it keep a profile."""
        self.order(5)
        self.assertTrue(self.refresh())
        self.env["sale.order"].search(
            [("partner_id", "=", self.customer.id)]
        )._action_cancel()
        self.assertFalse(self.refresh())

    def test_marked_prospect(self):
        self.customer.lifecycle_prospect = True
        self.assertFacts(self.refresh(), order_count=0, lead_count=0)

    def test_excluded(self):
        self.order(5)
        self.assertTrue(self.refresh())
        self.customer.lifecycle_excluded = True
        self.assertFalse(self.refresh(), "an excluded customer loses his profile")

    def test_outsiders(self):
        """Our companies, our users and the public user are no customers."""
        outsiders = (
            self.company.partner_id
            | self.env.user.partner_id
            | self.env.ref("base.public_partner")
        )
        for partner in outsiders:
            self.order(5, partner=partner, confirm=False)
        self.assertFalse(self.refresh(*outsiders))

    def test_archived_customer(self):
        self.order(5)
        self.customer.active = False
        self.assertFalse(self.refresh().active)

    # --- purchases

    def test_purchases_are_days(self):
        """Two orders of one day are one purchase; pauses are between days."""
        for days in (100, 70, 70, 30):
            self.order(days)
        self.assertFacts(
            self.refresh(),
            order_count=3,
            order_count_12m=3,
            first_order_date=100,
            last_order_date=30,
            order_value=400,
            median_gap=35,
            last_gap=40,
            order_decay_30=1 + 0.5 ** (40 / 30) + 0.5 ** (70 / 30),
            order_decay_90=1 + 0.5 ** (40 / 90) + 0.5 ** (70 / 90),
        )

    def test_purchases_to_learn_from(self):
        """The same purchases as those that the facts count."""
        import numpy as np

        other = self.new_customer("Other")
        for days in (30, 30, 10):
            self.order(days)
        self.credit(self.invoice(self.order(20, partner=other), 19), 3)
        self.order(5, partner=other)
        learned = self.Profile._read_engine_purchases(
            self.company, np.array([self.customer.id, other.id]), self.as_of
        )
        today = (TODAY.date() - date(1970, 1, 1)).days
        self.assertEqual(learned["customer"].tolist(), [0, 0, 1])
        self.assertEqual((today - learned["day"]).tolist(), [30, 10, 5])
        self.assertEqual(learned["amount"].tolist(), [200, 100, 100])

    def test_twelve_months(self):
        self.order(365)
        self.order(364)
        self.assertFacts(self.refresh(), order_count=2, order_count_12m=1)

    def test_day_in_time_zone_of_company(self):
        """Noon in UTC is the next day in Auckland."""
        self.company.partner_id.tz = "Pacific/Auckland"
        self.order(3)
        self.assertFacts(self.refresh(), last_order_date=2)

    def test_documents_of_the_future(self):
        self.order(-3)
        self.order(5)
        self.direct_invoice(-3)
        self.assertFacts(
            self.refresh(), order_count=1, last_order_date=5, net_invoiced=0
        )

    def test_contact_of_a_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self.order(5, partner=contact)
        self.assertFacts(self.refresh(), order_count=1)
        self.assertFalse(self.refresh(contact), "a contact has no profile of his own")

    def test_contact_moved_to_another_company(self):
        """Orders go along with a contact, invoices stay where they were."""
        other = self.new_customer("Other")
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self.invoice(self.order(9, partner=contact), 8)
        contact.parent_id = other
        old, new = self.refresh(self.customer, other).sorted("partner_id")
        self.assertFacts(old, order_count=0, net_invoiced=100)
        self.assertFacts(new, order_count=1, net_invoiced=0)

    def test_products(self):
        """Sections, down payments and discounts are no products."""
        order = self.order(9, (self.desk, 1, 100), (self.chair, 2, 30))
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Section"})
        ]
        with self.days_ago(8):
            self.env["sale.order.discount"].create(
                {
                    "sale_order_id": order.id,
                    "discount_type": "so_discount",
                    "discount_percentage": 0.1,
                }
            ).action_apply_discount()
            self.env["sale.advance.payment.inv"].with_context(
                active_ids=order.ids
            ).create(
                {"advance_payment_method": "fixed", "fixed_amount": 50}
            ).create_invoices()
            order.invoice_ids.action_post()
        self.assertFacts(
            self.refresh(),
            product_count=2,
            category_count=2,
            order_value=144,
            net_invoiced=50,
            order_count=1,
        )

    # --- refunds

    def test_partly_refunded_order(self):
        self.order(60)
        invoice = self.invoice(self.order(20, (self.desk, 4, 100)), 19)
        self.credit(invoice, 3, quantity=1)
        self.assertFacts(
            self.refresh(),
            order_count=2,
            last_order_date=20,
            order_value=400,
            net_invoiced=300,
            refund_ratio=0.25,
        )

    def test_fully_refunded_order(self):
        """It never happened; and the credit note is not a purchase."""
        self.order(60)
        self.credit(self.invoice(self.order(20), 19), 3)
        self.assertFacts(
            self.refresh(),
            order_count=1,
            last_order_date=60,
            order_value=100,
            net_invoiced=0,
            product_count=1,
        )

    def test_return_refunded_through_the_order(self):
        """Returned after the invoice: the order is invoiced again, negatively."""
        self.desk.invoice_policy = "delivery"
        order = self.order(20, (self.desk, 3, 100))
        self.deliver(order.picking_ids, 18)
        self.invoice(order, 18)
        self.send_back(order.picking_ids, 10, 2)
        self.assertEqual(self.invoice(order, 9).move_type, "out_refund")
        self.assertFacts(
            self.refresh(),
            order_count=1,
            order_value=100,
            net_invoiced=100,
            return_count=1,
            delivery_count=1,
        )

    def test_credited_and_invoiced_again(self):
        """A wrong invoice made anew takes nothing back; the half that is credited
        then is taken back."""
        order = self.order(20, (self.desk, 2, 50))
        self.credit(self.invoice(order, 19), 18)
        again = self.invoice(order, 17)
        self.assertFacts(
            self.refresh(),
            order_count=1,
            order_value=100,
            last_order_date=20,
            net_invoiced=100,
            product_count=1,
        )
        self.credit(again, 3, quantity=1)
        self.assertFacts(self.refresh(), order_count=1, order_value=50, net_invoiced=50)

    def test_fully_refunded_at_another_rate(self):
        """An exchange difference is no purchase."""
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 1.3), ("2026-05-20", 1.7)]
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        order = self.order(
            30,
            (self.desk, 3, 33.33),
            (self.chair, 1, 0.07),
            pricelist_id=pricelist.id,
        )
        self.credit(self.invoice(order, 20), 5)
        invoice = self.direct_invoice(40, 33.33, currency_id=currency.id)
        self.credit(invoice, 4)
        self.assertFacts(self.refresh(), order_count=0, order_value=0, product_count=0)

    # --- invoices

    def test_direct_invoice(self):
        self.direct_invoice(40)
        invoice = self.direct_invoice(20, 50)
        self.assertFacts(
            self.refresh(), order_count=2, order_value=150, last_order_date=20
        )
        self.credit(invoice, 3)
        self.assertFacts(
            self.refresh(),
            order_count=1,
            order_value=100,
            last_order_date=40,
            net_invoiced=100,
            last_invoice_date=20,
        )

    def test_invoiced_order_counts_once(self):
        self.invoice(self.order(20), 10)
        self.assertFacts(
            self.refresh(), order_count=1, last_order_date=20, net_invoiced=100
        )

    def test_draft_invoice(self):
        self.order(20)._create_invoices()
        self.assertFacts(self.refresh(), net_invoiced=0, last_invoice_date=False)

    def test_foreign_currency(self):
        """Orders and invoices at the rate of their day, in the company's currency."""
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-05-20", 4.0)]
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        order = self.order(30, (self.desk, 1, 200), pricelist_id=pricelist.id)
        self.invoice(order, 5)
        self.assertFacts(self.refresh(), order_value=100, net_invoiced=50)

    def test_equals_invoice_analysis(self):
        """To the cent, with taxes, discounts, foreign currency and credit notes."""
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 1.37)])
        self.desk.taxes_id = self.tax_sale_a
        for days, values in ((30, {}), (20, {"currency_id": currency.id}), (9, {})):
            invoice = self.direct_invoice(days, 33.33, **values)
            if days == 20:
                self.credit(invoice, 15, quantity=0.37)
        order = self.order(12, (self.desk, 3, 19.99))
        order.order_line.discount = 7.5
        self.invoice(order, 11)
        self.order(12)
        customers = self.env["res.partner"].search([])
        profiles = self.refresh(*customers.commercial_partner_id)
        report = dict(
            self.env["account.invoice.report"]._read_group(
                [
                    ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
                    ("state", "=", "posted"),
                    ("company_id", "=", self.company.id),
                    ("invoice_date", "<=", TODAY.date()),
                ],
                ["commercial_partner_id"],
                ["price_subtotal:sum"],
            )
        )
        self.assertTrue(report)
        self.assertEqual(
            {profile.partner_id: profile.net_invoiced for profile in profiles},
            {
                profile.partner_id: self.company.currency_id.round(
                    report.get(profile.partner_id, 0)
                )
                for profile in profiles
            },
        )

    # --- payments

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

    # --- deliveries

    def test_deliveries(self):
        on_time, late, never = self.order(30), self.order(20), self.order(10)
        for order, promised in ((on_time, 25), (late, 16), (never, 5)):
            picking = order.picking_ids
            picking.move_ids.date_deadline = TODAY - timedelta(days=promised)
        self.deliver(on_time.picking_ids, 25)
        self.deliver(late.picking_ids, 15)
        self.assertFacts(
            self.refresh(),
            delivery_count=2,
            delivery_late_count=1,
            delivery_overdue_count=1,
        )

    def test_partial_delivery(self):
        order = self.order(10, (self.desk, 5, 100))
        self.deliver(order.picking_ids, 8, quantity=2)
        backorder = order.picking_ids.filtered(lambda p: p.state != "done")
        self.assertTrue(backorder)
        self.assertFacts(self.refresh(), delivery_count=1)
        self.deliver(backorder, 6)
        self.assertFacts(self.refresh(), delivery_count=2)

    def test_return(self):
        order = self.order(20, (self.desk, 3, 100))
        self.deliver(order.picking_ids, 18)
        self.send_back(order.picking_ids, 10, 1)
        self.assertFacts(self.refresh(), delivery_count=1, return_count=1)

    # --- leads

    def test_leads(self):
        Lead = self.env["crm.lead"]
        with self.days_ago(7):
            leads = Lead.create(
                [
                    {
                        "name": name,
                        "partner_id": self.customer.id,
                        "type": "opportunity",
                        "company_id": self.company.id,
                    }
                    for name in ("open", "won", "lost")
                ]
            )
            self.env.flush_all()
        leads[1].action_set_won()
        leads[2].action_set_lost()
        self.assertFacts(
            self.refresh(),
            lead_count=3,
            lead_open_count=1,
            lead_won_count=1,
            lead_lost_count=1,
            last_lead_date=7,
        )

    # --- companies

    def test_two_companies(self):
        other = self.setup_other_company(name="Other Company")["company"]
        self.env.user.company_ids |= other
        self.order(5)
        self.order(9, (self.desk, 1, 70), company=other)
        self.order(3, (self.desk, 1, 70), company=other)
        self.assertFacts(self.refresh(), order_count=1, order_value=100)
        self.assertFacts(self.refresh(company=other), order_count=2, order_value=140)

    def test_branch(self):
        """The main company counts its branch in, not the other way round."""
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        self.order(5)
        self.order(9, company=branch)
        self.assertFacts(self.refresh(), order_count=2)
        self.assertFacts(self.refresh(company=branch), order_count=1)
