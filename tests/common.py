from contextlib import contextmanager
from datetime import datetime, time, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .conftest import COMPANY

TODAY = datetime(2026, 6, 1)


def fewest_queries(env, function, prepare=None, rounds=3):
    """How many queries `function` needs when nothing has been read yet.

    The fewest of some rounds, after one that fills the caches of the registry: a
    single measurement is not exact. Odoo at times reads the latest of several rows
    of one date (the last invoice of a journal, for the next number), PostgreSQL is
    free to return any of them, and one of them saves a query later.

    :param prepare: makes, uncounted, the argument of `function` in each round
    """
    counts = []
    for _round in range(1 + rounds):
        arguments = [prepare()] if prepare else []
        env.flush_all()
        env.invalidate_all()
        before = env.cr.sql_log_count
        function(*arguments)
        env.flush_all()
        counts.append(env.cr.sql_log_count - before)
    return min(counts[1:])


def new_variants(env, **values):
    """:return: the two variants of a new product, the red and the blue one"""
    colors = [Command.create({"name": name}) for name in ("Red", "Blue")]
    attribute = env["product.attribute"].create({"name": "Color", "value_ids": colors})
    line = {
        "attribute_id": attribute.id,
        "value_ids": [Command.set(attribute.value_ids.ids)],
    }
    values = {"taxes_id": False, **values, "attribute_line_ids": [Command.create(line)]}
    template = env["product.template"].create(values)
    return template.product_variant_ids.sorted("id")


class LifecycleCommon(AccountTestInvoicingCommon):
    """Histories made through Odoo's own flows, at dates counted back from a fixed
    today (2026-06-01, UTC)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.Profile = cls.env["crm.lifecycle.profile"].with_context(active_test=False)
        cls.as_of = TODAY + timedelta(days=1)
        cls.customer = cls.new_customer("Customer")
        cls.desk, cls.chair = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "list_price": price,
                    "is_storable": True,
                    "invoice_policy": "order",
                    "categ_id": cls.env["product.category"].create({"name": name}).id,
                    "taxes_id": False,
                }
                for name, price in (("Desk", 100), ("Chair", 30))
            ]
        )

    @classmethod
    def setup_independent_company(cls, **kwargs):
        """The one that conftest.py has made once for many classes, if it has."""
        made = cls.env["res.company"].search([("name", "=", COMPANY)])
        if not made:
            return super().setup_independent_company(**kwargs)
        cls.env.user.company_ids = [Command.link(made.id)]
        return made

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "sales_team.group_sale_manager"
        )

    @classmethod
    def new_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, **values}
        )

    @classmethod
    @contextmanager
    def days_ago(cls, days):
        """Everything inside happens at noon (UTC) of that day, for Python, for Odoo and
        for the creation dates in the database."""
        moment = datetime.combine(TODAY, time(12)) - timedelta(days=days)
        with freeze_time(moment), patch.object(cls.env.cr, "now", lambda: moment):
            yield moment

    @classmethod
    def order(cls, days, *lines, partner=None, confirm=True, company=None, **values):
        """A quotation of that day, confirmed on it.

        :param lines: (product, quantity, unit price); the desk at 100 when empty
        """
        company = company or cls.company
        with cls.days_ago(days):
            order = (
                cls.env["sale.order"]
                .with_company(company)
                .create(
                    {
                        "partner_id": (partner or cls.customer).id,
                        "company_id": company.id,
                        "order_line": [
                            Command.create(
                                {
                                    "product_id": product.id,
                                    "product_uom_qty": quantity,
                                    "price_unit": price,
                                    "tax_ids": False,
                                }
                            )
                            for product, quantity, price in lines
                            or [(cls.desk, 1, 100)]
                        ],
                        **values,
                    }
                )
            )
            if confirm:
                order.action_confirm()
            cls.env.flush_all()
        return order

    def deliver(self, picking, days, quantity=None):
        """Validate a transfer; with `quantity`, just so much of its first move."""
        with self.days_ago(days):
            picking.action_assign()
            for move in picking.move_ids:
                move.quantity = move.product_uom_qty
            if quantity is not None:
                picking.move_ids[0].quantity = quantity
            picking.move_ids.picked = True
            picking.with_context(
                skip_backorder=True, picking_ids_not_to_backorder=[]
            ).button_validate()
            self.env.flush_all()
        self.assertEqual(picking.state, "done")

    def send_back(self, picking, days, quantity):
        """Return goods of the first move of a done delivery."""
        with self.days_ago(days):
            wizard = (
                self.env["stock.return.picking"]
                .with_context(active_id=picking.id, active_model="stock.picking")
                .create({"picking_id": picking.id})
            )
            wizard.product_return_moves.quantity = 0
            wizard.product_return_moves[0].write(
                {"quantity": quantity, "to_refund": True}
            )
            returned = wizard._create_return()
            self.env.flush_all()
        self.deliver(returned, days)
        return returned

    def invoice(self, order, days):
        """Invoice what can be invoiced of `order` and post it."""
        with self.days_ago(days):
            invoice = order._create_invoices(final=True)
            invoice.invoice_date = fields.Date.today()
            invoice.action_post()
            self.env.flush_all()
        return invoice

    def direct_invoice(self, days, amount=100, partner=None, **values):
        """A posted customer invoice without an order."""
        with self.days_ago(days):
            invoice = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": (partner or self.customer).id,
                    "invoice_date": fields.Date.today(),
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "product_id": self.desk.id,
                                "price_unit": amount,
                                "tax_ids": False,
                            }
                        )
                    ],
                    **values,
                }
            )
            invoice.action_post()
            self.env.flush_all()
        return invoice

    def pay(self, invoice, days, amount=None, **values):
        """:param values: of the wizard"""
        with self.days_ago(days):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard = wizard.create({"payment_date": fields.Date.today(), **values})
            if amount is not None:
                wizard.amount = amount
            payment = wizard._create_payments()
            self.env.flush_all()
        return payment

    def pay_without_entries(self):
        """From now on payments have no journal entry, as with an accounting app that
        reconciles invoices with bank statements, and no outstanding account."""
        self.patch(
            self.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        )
        journals = self.env["account.journal"].search(
            [("company_id", "=", self.company.id), ("type", "in", ("bank", "cash"))]
        )
        journals.inbound_payment_method_line_ids.payment_account_id = False

    def credit(self, invoice, days, quantity=None):
        """A posted credit note for `invoice`, for so much of its first line."""
        with self.days_ago(days):
            credit_note = invoice._reverse_moves(
                [{"invoice_date": fields.Date.today(), "date": fields.Date.today()}]
            )
            if quantity is not None:
                credit_note.invoice_line_ids[0].quantity = quantity
            credit_note.action_post()
            self.env.flush_all()
        return credit_note

    def lead(self, days, partner=None, **values):
        """An opportunity made that day, or a lead with ``type="lead"``."""
        with self.days_ago(days):
            lead = self.env["crm.lead"].create(
                {
                    "name": "Needs desks",
                    "type": "opportunity",
                    "partner_id": (partner or self.customer).id,
                    "company_id": self.company.id,
                    **values,
                }
            )
            self.env.flush_all()
        return lead

    def lose(self, lead, days, reason=None):
        """Mark as lost, as the button does."""
        with self.days_ago(days):
            self.env["crm.lead.lost"].create(
                {"lead_ids": [Command.set(lead.ids)], "lost_reason_id": reason}
            ).action_lost_reason_apply()
            self.env.flush_all()

    def meet(self, days, *partners, **values):
        """A meeting of an hour on that day, to which `partners` are invited."""
        with self.days_ago(days) as start:
            event = self.env["calendar.event"].create(
                {
                    "name": "Meeting",
                    "start": start,
                    "stop": start + timedelta(hours=1),
                    "partner_ids": [Command.set([partner.id for partner in partners])],
                    **values,
                }
            )
            self.env.flush_all()
        return event

    def refresh(self, *partners, company=None, as_of=None):
        """Recompute some customers (the customer when empty).

        :return: their profiles in `company`
        """
        company = company or self.company
        customers = [partner.id for partner in partners] or self.customer.ids
        self.Profile._refresh(company, customers, as_of or self.as_of)
        return self.Profile.search(
            [("partner_id", "in", customers), ("company_id", "=", company.id)]
        )

    def assertFacts(self, profile, **facts):
        """Each fact has the value given; dates are given in days ago."""
        for name, expected in facts.items():
            field = profile._fields[name]
            if field.type == "date" and expected is not False:
                expected = TODAY.date() - timedelta(days=expected)
            with self.subTest(name):
                if field.type in ("float", "monetary"):
                    self.assertAlmostEqual(profile[name], expected, 4)
                else:
                    self.assertEqual(profile[name], expected)
