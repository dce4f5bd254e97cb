import itertools
from datetime import datetime, time, timedelta
from functools import partial

from lxml import etree

from odoo import Command, fields
from odoo.tests import Form, new_test_user, tagged
from odoo.tests.common import TransactionCase

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from .common import fewest_queries

# How long ago customers bought; each tenth has the same history, most have none.
DAYS = [5, 40, 200, 700, *6 * [None]]


@tagged("post_install", "-at_install")
class TestQueryCounts(TransactionCase):
    """As many queries for a company of 200 customers as for one of 10, on every screen
    that lists customers and for every run that computes them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **DISABLED_MAIL_CONTEXT})
        cls.product = cls.env["product.product"].create(
            {
                "name": "Service",
                "type": "service",
                "list_price": 100,
                "categ_id": cls.env.ref("product.product_category_goods").id,
            }
        )
        cls.few, cls.many = (cls.new_company(number) for number in (10, 200))
        cls.manager = new_test_user(
            cls.env,
            "lifecycle_counts",
            "sales_team.group_sale_manager",
            company_id=cls.env.company.id,
            company_ids=[Command.set((cls.env.company | cls.few | cls.many).ids)],
        )

    @classmethod
    def new_company(cls, number):
        """A company whose customers and orders, some with a suggestion that was shown,
        are complete since last night."""
        company = cls.env["res.company"].create({"name": f"Company of {number}"})
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {each}",
                    "company_id": company.id,
                    "lifecycle_prospect": True,
                }
                for each in range(number)
            ]
        )
        today = datetime.combine(fields.Date.today(), time(12))
        orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "date_order": today - timedelta(days=days),
                    "state": "sale",
                    "order_line": [
                        Command.create({"product_id": cls.product.id, "tax_ids": False})
                    ],
                }
                for partner, days in zip(partners, itertools.cycle(DAYS))
                if days
            ]
        )
        Profile = cls.env["crm.lifecycle.profile"]
        Profile._refresh_company(company, company._lifecycle_as_of())
        cls.env["crm.lifecycle.gap"].create(
            [
                {
                    "profile_id": profile.id,
                    "company_id": company.id,
                    "categ_id": cls.product.categ_id.id,
                    "kind": "white_space",
                    "peer_count": 9,
                    "buyer_count": 5,
                }
                for profile in Profile.search([("company_id", "=", company.id)])
            ]
        )
        shown = {"product_id": cls.product.id, "kind": "cross_sell"}
        Ledger = cls.env["crm.lifecycle.suggestion"]
        Ledger._record(
            [
                Ledger._prepare(company, order.partner_id, order.id, shown)
                for order in orders
            ]
        )
        return company

    def of(self, company, record_or_model):
        """As the manager sees it who has chosen `company`."""
        return record_or_model.with_user(self.manager).with_context(
            allowed_company_ids=company.ids
        )

    def assertSame(self, function, prepare=None):
        """One or two more are nobody's fault: which of several equal customers comes
        first decides what Odoo reads along with him.

        :param function: called with each of the companies
        :param prepare: called with it before, uncounted
        """
        few, many = (
            fewest_queries(
                self.env,
                function,
                partial(prepare or (lambda company: company), company),
                rounds=2,
            )
            for company in (self.few, self.many)
        )
        self.assertLessEqual(many, few + 2)

    def customers(self, company):
        return self.env["res.partner"].search([("company_id", "=", company.id)])

    # --- screens

    def assertSameList(self, model, view_type, view_id=False):
        """A list or kanban with all its columns, of everybody at once."""

        def show(company):
            records = self.of(company, self.env[model])
            view = records.get_views([(view_id, view_type)])["views"][view_type]
            shown = {}
            for node in etree.fromstring(view["arch"]).iter("field"):
                field = records._fields[node.get("name")]
                shown[field.name] = {"fields": {}} if field.relational else {}
                if field.type == "many2one":
                    shown[field.name]["fields"]["display_name"] = {}
            own = [("company_id", "=", company.id)]
            found = records.web_search_read(own, shown, limit=1000)
            lengths[company] = found["length"]

        lengths = {}
        self.assertSame(show)
        self.assertGreater(lengths[self.many], lengths[self.few])

    def test_menus(self):
        """The lists and kanbans that the menus of the addon open."""
        for name in ("profile", "transition", "gap", "suggestion_report"):
            action = self.env.ref(f"crm_lifecycle.crm_lifecycle_{name}_action")
            for view_id, view_type in action.views:
                if view_type in ("list", "kanban"):
                    with self.subTest(name, view_type=view_type):
                        self.assertSameList(action.res_model, view_type, view_id)

    def test_contacts(self):
        for view_type in ("list", "kanban"):
            with self.subTest(view_type):
                self.assertSameList("res.partner", view_type)

    def test_stages(self):
        """Their figures are about everybody."""

        def show(company):
            stages = self.of(company, self.env["crm.lifecycle.stage"]).search([])
            names = [name for name in stages._fields if name.endswith("_count")]
            stages.read([*names, "customer_share", "typical_days"])

        self.assertSame(show)

    def test_matrix(self):
        for axis in ("stage", "loyalty_band"):
            with self.subTest(axis):
                self.assertSame(
                    lambda company, axis=axis: self.of(
                        company, self.env["crm.lifecycle.segment"]
                    ).get_matrix(axis)
                )

    def test_forms(self):
        """Of one customer among many."""

        def opened(model, find):
            def show(company):
                record = self.of(company, find(company))
                self.assertTrue(Form(record).id)

            with self.subTest(model):
                self.assertSame(show)

        def order(company):
            return self.env["sale.order"].search(
                [("company_id", "=", company.id)], limit=1
            )

        opened("sale.order", order)
        opened("res.partner", lambda company: order(company).partner_id)
        opened(
            "crm.lifecycle.profile",
            lambda company: (
                order(company).partner_id.with_company(company).lifecycle_id
            ),
        )

    # --- runs

    def test_live_queue(self):
        Dirty = self.env["crm.lifecycle.dirty"]

        def note(company):
            Dirty._mark({(each.id, company.id) for each in self.customers(company)})
            self.env.cr.precommit.run()
            return company

        self.assertSame(lambda _company: Dirty._process(), note)

    def test_one_customer(self):
        """Facts, scores and stage of one who stays where he is: lock, model, stages,
        facts, the same for the engine, scores, what differs, and who moves."""
        customer = self.customers(self.many)[0]
        as_of = self.many._lifecycle_as_of()
        Profile = self.env["crm.lifecycle.profile"]
        self.assertTrue(self.env["crm.lifecycle.model"]._get_current(self.many))
        spent = fewest_queries(
            self.env, lambda: Profile._refresh(self.many, customer.ids, as_of)
        )
        self.assertEqual(spent, 8)

    def test_night(self):
        """Whatever moves the passing of a day makes. Each company has other nights in
        which it learns: here neither does."""
        nights = {
            company: company._lifecycle_as_of() for company in self.few | self.many
        }

        def next_night(company):
            nights[company] += timedelta(days=1)
            today = company._lifecycle_today(nights[company]).isoformat()
            company.lifecycle_learned = {**company.lifecycle_learned, "last": today}
            return company

        def night(company):
            self.env["crm.lifecycle.profile"]._refresh_company(company, nights[company])

        self.assertSame(night, next_night)
