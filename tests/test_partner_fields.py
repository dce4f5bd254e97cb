from functools import partial

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tests.common import TransactionCase

from .common import fewest_queries


@tagged("post_install", "-at_install")
class TestPartnerFields(TransactionCase):
    """A contact shows the profile of its customer in the current company, and can be
    searched, sorted and grouped by it, by each reader as far as he may read it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.other_company = cls.env["res.company"].create({"name": "Other Company"})
        cls.stage_new = cls.env.ref("crm_lifecycle.stage_new")
        cls.stage_loyal = cls.env.ref("crm_lifecycle.stage_loyal")
        cls.stage_lost = cls.env.ref("crm_lifecycle.stage_lost")
        cls.owner = cls.new_user("own", "sales_team.group_sale_salesman")
        cls.colleague = cls.new_user("all", "sales_team.group_sale_salesman_all_leads")
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Lifecycle {name}", "is_company": True} for name in "ABCDE"]
        )
        cls.a, cls.b, cls.c, cls.prospect, cls.stranger = cls.partners
        cls.a.user_id = cls.owner
        cls.contact = cls.env["res.partner"].create(
            {"name": "Lifecycle F", "parent_id": cls.a.id}
        )
        cls.everybody = cls.partners + cls.contact
        cls.new_profile(cls.a, cls.stage_loyal, loyalty_score=90, expected_value=500)
        cls.new_profile(cls.b, cls.stage_new, loyalty_score=50, expected_value=900)
        cls.new_profile(cls.c, cls.stage_lost, loyalty_score=10, expected_value=1)
        cls.new_profile(cls.prospect, cls.env.ref("crm_lifecycle.stage_potential"))
        cls.env["crm.lifecycle.profile"].flush_model()

    @classmethod
    def new_user(cls, login, *groups):
        return new_test_user(
            cls.env,
            f"lifecycle_{login}",
            ",".join(groups),
            company_ids=[Command.set((cls.company + cls.other_company).ids)],
        )

    @classmethod
    def new_profile(cls, partner, stage, company=None, **values):
        """A profile as a recompute leaves it: what is not known is NULL."""
        profile = cls.env["crm.lifecycle.profile"].create(
            {
                "partner_id": partner.id,
                "company_id": (company or cls.company).id,
                "stage_id": stage.id,
                **values,
            }
        )
        profile.flush_recordset()
        if "loyalty_score" not in values:
            cls.env.cr.execute(
                "UPDATE crm_lifecycle_profile SET loyalty_score = NULL WHERE id = %s",
                [profile.id],
            )
            profile.invalidate_recordset()
        return profile

    def found(self, *domain, user=None, order="id", company=None):
        """:return: which of our contacts a search finds, in its order"""
        Partner = self.env["res.partner"].with_user(user or self.colleague)
        if company:
            Partner = Partner.with_company(company)
        return Partner.search(
            [("id", "in", self.everybody.ids), *domain], order=order
        ).sudo(False)

    def names(self, *domain, **options):
        found = self.found(*domain, **options)
        return "".join(name[-1] for name in found.mapped("name"))

    def test_values(self):
        """Contacts of a company show the profile of their company."""
        a, contact = (self.a + self.contact).with_user(self.colleague)
        for partner in (a, contact):
            self.assertEqual(partner.lifecycle_stage_id, self.stage_loyal)
            self.assertEqual(partner.lifecycle_phase, "loyalty")
            self.assertEqual(partner.loyalty_score, 90)
            self.assertEqual(partner.lifecycle_expected_value, 500)
        self.assertFalse(self.stranger.with_user(self.colleague).lifecycle_id)

    def test_search(self):
        """A score that is not known counts as 0; who has no profile has no score."""
        loyal = self.stage_loyal.id
        for domain, expected in (
            ([("lifecycle_stage_id", "=", loyal)], "AF"),
            ([("lifecycle_stage_id", "!=", loyal)], "BCDE"),
            ([("lifecycle_stage_id", "in", [loyal, self.stage_lost.id])], "ACF"),
            ([("lifecycle_stage_id", "not in", [loyal, self.stage_lost.id])], "BDE"),
            ([("lifecycle_stage_id", "=", False)], "E"),
            ([("lifecycle_stage_id", "!=", False)], "ABCDF"),
            ([("lifecycle_stage_id", "in", [False, loyal])], "AEF"),
            ([("lifecycle_stage_id", "ilike", "oyal")], "AF"),
            ([("lifecycle_stage_id.phase", "=", "retention")], "C"),
            ([("lifecycle_phase", "=", "loyalty")], "AF"),
            ([("lifecycle_phase", "!=", "loyalty")], "BCDE"),
            ([("loyalty_score", ">", 50)], "AF"),
            ([("loyalty_score", ">=", 50)], "ABF"),
            ([("loyalty_score", "=", 50)], "B"),
            ([("loyalty_score", ">", 0)], "ABCF"),
            ([("loyalty_score", "<", 50)], "CD"),
            ([("loyalty_score", "=", False)], "DE"),
            ([("loyalty_score", "!=", False)], "ABCF"),
            ([("lifecycle_id", "=", False)], "E"),
            ([("lifecycle_id", "!=", False)], "ABCDF"),
            ([("lifecycle_id", "=", self.a.lifecycle_id.id)], "AF"),
            ([("lifecycle_id", "any", [("loyalty_score", ">", 80)])], "AF"),
            ([("lifecycle_id.loyalty_score", ">", 80)], "AF"),
            ([("parent_id.lifecycle_stage_id", "=", loyal)], "F"),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self.names(*domain), expected)

    def test_sort(self):
        """What is not known comes last, both ways."""
        self.assertEqual(self.names(order="loyalty_score desc, id"), "AFBCDE")
        self.assertEqual(self.names(order="loyalty_score, id"), "CBAFDE")
        self.assertEqual(
            self.names(order="lifecycle_stage_id, id"), "DBAFCE", "sequence of stages"
        )
        self.assertEqual(self.names(order="lifecycle_stage_id desc, id"), "CAFBDE")

    def test_group(self):
        Partner = self.env["res.partner"].with_user(self.colleague)
        ours = [("id", "in", self.everybody.ids)]
        groups = Partner._read_group(
            ours, ["lifecycle_stage_id"], ["__count", "loyalty_score:avg"]
        )
        self.assertEqual(
            {stage.name: values for stage, *values in groups},
            {
                "Potential": [1, False],
                "New": [1, 50],
                "Loyal": [2, 90],
                "Lost": [1, 10],
                False: [1, False],
            },
        )
        phases = Partner._read_group(ours, ["lifecycle_phase"], ["__count"])
        self.assertIn(("loyalty", 2), phases)
        ((average,),) = Partner._read_group(ours, [], ["loyalty_score:avg"])
        self.assertEqual(average, (90 + 90 + 50 + 10) / 4)

    def test_companies(self):
        """The same contact in two companies, by turns."""
        self.new_profile(
            self.a, self.stage_lost, company=self.other_company, loyalty_score=5
        )
        here = self.a.with_user(self.colleague)
        there = here.with_company(self.other_company)
        self.assertEqual(here.loyalty_score, 90)
        self.assertEqual(there.loyalty_score, 5)
        self.assertEqual(here.loyalty_score, 90)
        low = [("loyalty_score", "<", 20)]
        self.assertEqual(self.names(*low), "CD")
        self.assertEqual(self.names(*low, company=self.other_company), "AF")
        self.assertEqual(
            self.names(order="loyalty_score, id", company=self.other_company)[0], "A"
        )
        both = here.with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        )
        self.assertEqual(both.loyalty_score, 90, "of the first of the companies")

    def test_own_customers_only(self):
        """Who sees only own documents finds, sorts and groups only own customers."""
        own = {"user": self.owner}
        self.assertEqual(self.a.with_user(self.owner).loyalty_score, 90)
        self.assertFalse(self.b.with_user(self.owner).loyalty_score)
        self.assertFalse(self.b.with_user(self.owner).lifecycle_stage_id)
        self.assertEqual(self.names(("lifecycle_id", "!=", False), **own), "AF")
        self.assertEqual(self.names(("lifecycle_stage_id", "=", False), **own), "BCDE")
        self.assertEqual(self.names(("loyalty_score", ">", 1), **own), "AF")
        self.assertEqual(self.names(order="loyalty_score desc, id", **own), "AFBCDE")
        groups = (
            self.env["res.partner"]
            .with_user(self.owner)
            ._read_group(
                [("id", "in", self.everybody.ids)],
                ["lifecycle_stage_id"],
                ["__count", "loyalty_score:avg"],
            )
        )
        self.assertEqual(len(groups), 2)
        self.assertIn((self.stage_loyal, 2, 90), groups)

    def test_code_as_superuser_on_behalf_of_a_user(self):
        """Values do not widen with sudo(): what a user's page shows is his."""
        self.assertFalse(self.b.with_user(self.owner).sudo().loyalty_score)
        self.assertEqual(
            self.b.with_user(self.owner).sudo(False).sudo().name, self.b.name
        )
        self.assertEqual(self.b.sudo().loyalty_score, 50)

    def test_amounts_of_others(self):
        """Amounts cannot be read, found, sorted or summed without the right to."""
        Partner = self.env["res.partner"].with_user(self.owner)
        domain = [("id", "in", self.everybody.ids)]
        for field in ("lifecycle_expected_value", "lifecycle_value_tier"):
            with self.subTest(field=field):
                with self.assertRaises(AccessError):
                    Partner.browse(self.a.id).read([field])
                with self.assertRaises(AccessError):
                    Partner.search([*domain, (field, "!=", False)])
                with self.assertRaises(AccessError):
                    Partner.search(domain, order=field)
                with self.assertRaises(AccessError):
                    Partner._read_group(domain, [field], ["__count"])
        with self.assertRaises(AccessError):
            Partner._read_group(domain, [], ["lifecycle_expected_value:sum"])
        self.owner.group_ids += self.env.ref("base.group_allow_export")
        with self.assertRaises(AccessError):
            Partner.browse(self.a.id).export_data(["lifecycle_expected_value"])

    def test_orders_and_leads(self):
        """An order and a lead show, find and group by the stage of their customer."""
        order = self.env["sale.order"].create({"partner_id": self.contact.id})
        lead = self.env["crm.lead"].create(
            {"name": "Lead", "partner_id": self.contact.id}
        )
        for record in (order, lead):
            record = record.with_user(self.colleague)
            self.assertEqual(record.lifecycle_stage_id, self.stage_loyal)
            self.assertEqual(record.loyalty_score, 90)
            mine = [("id", "=", record.id)]
            found = [*mine, ("lifecycle_stage_id", "=", self.stage_loyal.id)]
            self.assertEqual(record.search(found), record)
            not_found = [*mine, ("lifecycle_stage_id", "=", False)]
            self.assertFalse(record.search(not_found))
            self.assertEqual(
                record._read_group(mine, ["lifecycle_stage_id"]), [(self.stage_loyal,)]
            )

    def test_quotation_not_saved(self):
        """A quotation shows the stage as soon as the customer is chosen."""
        order = self.env["sale.order"].with_user(self.colleague).new({})
        order.partner_id = self.contact
        self.assertEqual(order.lifecycle_stage_id._origin, self.stage_loyal)

    def test_query_count(self):
        """One query shows a list, however long: profiles with their stages."""
        shown = ["lifecycle_stage_id", "lifecycle_stage_color", "loyalty_score"]
        partners = self.env["res.partner"].create(
            [{"name": f"Lifecycle {n}"} for n in range(200)]
        )
        for partner in partners:
            self.new_profile(partner, self.stage_new, loyalty_score=50)

        def read(number, names):
            few = partners[:number].with_user(self.colleague)
            return fewest_queries(self.env, partial(few.read, names))

        own = ["name", "commercial_partner_id"]
        for number in (10, 200):
            self.assertEqual(read(number, own + shown), read(number, own) + 1)
        profiles = self.env["crm.lifecycle.profile"].with_user(self.colleague)
        view = profiles.get_views([(False, "list")])["views"]["list"]
        fields = etree.fromstring(view["arch"]).iter("field")
        shown = {field.get("name"): {} for field in fields}

        def search_read(number):
            found = profiles.web_search_read([], shown, limit=number)
            self.assertEqual(len(found["records"]), number)

        few, many = (
            fewest_queries(self.env, partial(search_read, number))
            for number in (10, 200)
        )
        self.assertEqual(few, many, "a list of profiles")

    def test_no_stored_column(self):
        """Nothing computed is stored on contacts: only what people set by hand."""
        names = [
            name
            for name, field in self.env["res.partner"]._fields.items()
            if field.store
            and ("lifecycle" in name or "loyalty" in name)
            and field._module == "crm_lifecycle"
        ]
        self.assertEqual(
            sorted(names),
            [
                "lifecycle_excluded",
                "lifecycle_excluded_reason",
                "lifecycle_prospect",
                "lifecycle_quiet",
                "lifecycle_referrer_id",
            ],
        )

    def test_moves_are_tracked_on_the_profile_only(self):
        """Else every write of an order would look up the profile of its customer."""
        for model in ("res.partner", "sale.order", "crm.lead"):
            self.assertNotIn("lifecycle_stage_id", self.env[model]._track_get_fields())
        self.assertIn("stage_id", self.env["crm.lifecycle.profile"]._track_get_fields())
