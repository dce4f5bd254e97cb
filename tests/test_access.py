from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tests.common import TransactionCase

AMOUNTS = (
    *("order_value", "net_invoiced", "expected_value", "value_tier", "amount_due"),
    *("order_value_12m", "order_value_before", "margin", "margin_known_value"),
    "money_at_stake",
)


@tagged("post_install", "-at_install")
class TestAccess(TransactionCase):
    """Who may read, change and recompute what: one user for each group, with that
    group only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.other_company = cls.env["res.company"].create({"name": "Other Company"})
        cls.own = cls.new_user("own", "sales_team.group_sale_salesman")
        cls.all = cls.new_user("all", "sales_team.group_sale_salesman_all_leads")
        cls.manager = cls.new_user("manager", "sales_team.group_sale_manager")
        cls.accountant = cls.new_user("accountant", "account.group_account_invoice")
        cls.auditor = cls.new_user("auditor", "account.group_account_readonly")
        cls.internal = cls.new_user("internal", "base.group_user")
        cls.portal = cls.new_user("portal", "base.group_portal")
        cls.other = cls.new_user(
            "other",
            "sales_team.group_sale_salesman_all_leads",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        cls.readers = (cls.all, cls.manager, cls.accountant, cls.auditor)
        cls.mine = cls.new_profile("Mine", user_id=cls.own.id)
        cls.ordered = cls.new_profile("Ordered from me")
        cls.theirs = cls.new_profile("Theirs", user_id=cls.all.id)
        cls.profiles = cls.mine + cls.ordered + cls.theirs
        contact = cls.env["res.partner"].create(
            {"name": "Contact", "parent_id": cls.ordered.partner_id.id}
        )
        cls.env["sale.order"].create({"partner_id": contact.id, "user_id": cls.own.id})
        cls.elsewhere = cls.new_profile("Elsewhere", company=cls.other_company)

    @classmethod
    def new_user(cls, login, group, **values):
        # an accountant of Odoo reads contacts only as an internal user
        groups = group if "portal" in group else f"base.group_user,{group}"
        return new_test_user(cls.env, f"lifecycle_{login}", groups, **values)

    @classmethod
    def new_profile(cls, name, company=None, **values):
        profile = cls.env["crm.lifecycle.profile"].create(
            {
                "partner_id": cls.env["res.partner"]
                .create({"name": name, **values})
                .id,
                "company_id": (company or cls.company).id,
                "stage_id": cls.env.ref("crm_lifecycle.stage_active").id,
                "order_count": 3,
                "order_value": 1234.56,
                "net_invoiced": 1234.56,
                "expected_value": 1234.56,
                "amount_overdue": 1234.56,
                "value_tier": "A",
                "loyalty_score": 60,
            }
        )
        cls.env["crm.lifecycle.transition"].create(
            {
                "profile_id": profile.id,
                "date": "2026-01-01",
                "to_stage_id": profile.stage_id.id,
                "expected_value": 1234.56,
            }
        )
        cls.env.flush_all()
        return profile

    def seen(self, user, model="crm.lifecycle.profile"):
        """:return: those of our profiles that `user` finds, or whose transitions"""
        field = "profile_id" if model == "crm.lifecycle.transition" else "id"
        ours = (self.profiles + self.elsewhere).ids
        found = self.env[model].with_user(user).search([(field, "in", ours)])
        return (found.sudo().profile_id if field == "profile_id" else found).sudo(False)

    # --- reading

    def test_own_documents(self):
        """Own customers, without amounts."""
        own = self.mine + self.ordered
        self.assertEqual(self.seen(self.own), own)
        self.assertEqual(self.seen(self.own, "crm.lifecycle.transition"), own)
        mine = self.mine.with_user(self.own)
        self.assertEqual(mine.stage_id.name, "Active")
        self.assertEqual(mine.loyalty_score, 60)
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.own).read(["stage_id"])
        with self.assertRaises(AccessError):
            self.theirs.transition_ids.with_user(self.own).read(["date"])

    def test_own_documents_no_amounts(self):
        """Neither read, nor found, sorted, grouped, summed or exported by."""
        Profile = self.env["crm.lifecycle.profile"].with_user(self.own)
        self.own.group_ids += self.env.ref("base.group_allow_export")
        for name in AMOUNTS:
            with self.subTest(name):
                self.assertNotIn(name, Profile.fields_get())
                with self.assertRaises(AccessError):
                    self.mine.with_user(self.own).read([name])
                with self.assertRaises(AccessError):
                    Profile.search([(name, "!=", False)])
                with self.assertRaises(AccessError):
                    Profile.search([], order=name)
                with self.assertRaises(AccessError):
                    Profile._read_group([], [name])
                with self.assertRaises(AccessError):
                    self.mine.with_user(self.own).export_data([name])
        with self.assertRaises(AccessError):
            Profile._read_group([], [], ["expected_value:sum"])
        with self.assertRaises(AccessError):
            self.mine.transition_ids.with_user(self.own).read(["expected_value"])

    def test_own_documents_words_without_amounts(self):
        """The score is explained, without an amount."""
        explained = self.mine.with_user(self.own).loyalty_explanation
        self.assertIn("compared with those of other customers", explained)
        self.assertIn("overdue invoices", explained)
        self.assertNotIn("1,234.56", explained)
        self.assertIn("1,234.56", self.mine.with_user(self.all).loyalty_explanation)
        self.assertNotIn("1,234.56", self.mine.with_user(self.own).loyalty_explanation)

    def test_all_documents(self):
        """All customers of the company, with amounts: salespeople with all documents,
        sales managers, accountants and auditors."""
        for user in self.readers:
            with self.subTest(user.login):
                self.assertEqual(self.seen(user), self.profiles)
                self.assertEqual(
                    self.seen(user, "crm.lifecycle.transition"), self.profiles
                )
                theirs = self.theirs.with_user(user)
                self.assertEqual(theirs.expected_value, 1234.56)
                self.assertEqual(theirs.value_tier, "A")
                self.assertIn("1,234.56", theirs.loyalty_explanation)
                self.assertEqual(theirs.partner_id.lifecycle_net_invoiced, 1234.56)

    def test_internal_and_portal(self):
        """Nothing, neither on the profile nor on the contact."""
        for user in (self.internal, self.portal):
            for model in ("profile", "transition", "stage", "model", "affinity"):
                with (
                    self.subTest(user.login, model=model),
                    self.assertRaises(AccessError),
                ):
                    self.env[f"crm.lifecycle.{model}"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.mine.partner_id.with_user(user).read(["lifecycle_stage_id"])
            with self.assertRaises(AccessError):
                user.partner_id.with_user(user).read(["loyalty_score"])
            found = self.env["res.partner"].with_user(user)
            self.assertFalse(found.search([("loyalty_score", ">", 1)]))

    def test_portal_reads_no_flags(self):
        """Nor who is followed as a prospect, nor why somebody has no profile."""
        for name in (
            "lifecycle_prospect",
            "lifecycle_excluded",
            "lifecycle_excluded_reason",
        ):
            with self.assertRaises(AccessError):
                self.portal.partner_id.with_user(self.portal).read([name])

    def test_other_company(self):
        """Profiles, transitions, models and stages of one's own companies only."""
        self.assertEqual(self.seen(self.other), self.elsewhere)
        self.assertEqual(
            self.seen(self.other, "crm.lifecycle.transition"), self.elsewhere
        )
        self.assertFalse(self.mine.partner_id.with_user(self.other).loyalty_score)
        stages = self.env["crm.lifecycle.stage"].create(
            [
                {"name": "Ours", "company_id": self.company.id},
                {"name": "Everybody's"},
            ]
        )
        found = stages.with_user(self.other).search([("id", "in", stages.ids)])
        self.assertEqual(found.mapped("name"), ["Everybody's"])
        models = self.env["crm.lifecycle.model"].create(
            [
                {"company_id": company.id, "as_of": "2026-01-01", "parameters": {}}
                for company in self.company + self.other_company
            ]
        )
        found = models.with_user(self.other).search([("id", "in", models.ids)])
        self.assertEqual(found.company_id, self.other_company)

    # --- changing

    def test_nobody_writes_what_is_computed(self):
        for user in (self.own, *self.readers):
            for record in (self.mine, self.mine.transition_ids):
                for operation in ("create", "write", "unlink"):
                    with self.subTest(user.login, model=record._name, op=operation):
                        self.assertFalse(record.with_user(user).has_access(operation))

    def test_stages(self):
        """Sales managers change stages, the others read them."""
        stage = self.mine.stage_id
        stage.with_user(self.manager).name = "Buying"
        self.assertTrue(stage.with_user(self.manager).has_access("create"))
        for user in (self.own, self.all, self.accountant, self.auditor):
            self.assertEqual(stage.with_user(user).name, "Buying")
            with self.subTest(user.login), self.assertRaises(AccessError):
                stage.with_user(user).name = "Mine"

    def test_chatter_and_activities(self):
        """Who sees a profile may discuss it and plan activities on it."""
        for user in (self.own, *self.readers):
            with self.subTest(user.login):
                mine = self.mine.with_user(user)
                self.assertTrue(mine.message_post(body="Called").body)
                activity = mine.activity_schedule(
                    "mail.mail_activity_data_call", user_id=user.id
                )
                activity.action_feedback(feedback="Done")
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.own).message_post(body="Called")

    # --- acting

    def test_recompute(self):
        """Salespeople recompute the customers that they see; whoever no longer has a
        profile loses it."""
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.own).action_lifecycle_recompute()
        for user in (self.accountant, self.auditor, self.internal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.mine.partner_id.with_user(user).action_lifecycle_recompute()
        partner = self.ordered.partner_id
        action = self.ordered.with_user(self.own).action_lifecycle_recompute()
        self.assertIn("up to date", action["params"]["message"])
        self.assertEqual(self.ordered.order_count, 0)
        self.assertEqual(self.ordered.quotation_count, 1)
        self.assertEqual(self.ordered.stage_id.name, "Qualified")
        partner.lifecycle_excluded = True
        partner.with_user(self.own).action_lifecycle_recompute()
        self.assertFalse(self.ordered.exists())
        action = self.env.ref("crm_lifecycle.res_partner_action_recompute")
        selection = (self.mine + self.theirs).partner_id
        action.with_user(self.all).with_context(
            active_model="res.partner", active_ids=selection.ids
        ).run()
        self.assertFalse((self.mine + self.theirs).exists(), "they have no documents")

    def test_open_documents(self):
        """Each opens what his own rights allow, and only the customer's."""
        order = self.env["sale.order"].search(
            [("partner_id", "child_of", self.ordered.partner_id.id)]
        )
        self.env["sale.order"].create({"partner_id": self.theirs.partner_id.id})
        for user in (self.own, self.all, self.manager):
            ordered = self.ordered.with_user(user)
            for button in ("orders", "invoices", "deliveries", "leads"):
                with self.subTest(user.login, button=button):
                    action = getattr(ordered, f"action_open_{button}")()
                    found = ordered.env[action["res_model"]].search(action["domain"])
                    self.assertEqual(found.ids, order.ids if button == "orders" else [])
        for user in (self.accountant, self.auditor):
            self.ordered.with_user(user).action_open_invoices()
            with self.assertRaises(AccessError):
                self.ordered.with_user(user).action_open_leads()

    def test_open_profile(self):
        action = self.mine.partner_id.with_user(self.own).action_open_lifecycle()
        self.assertEqual(action["res_model"], "crm.lifecycle.profile")
        self.assertEqual(action["res_id"], self.mine.id)

    def test_views(self):
        """Every view loads for everybody who may open it."""
        views = self.env["ir.ui.view"].search(
            [("model", "in", ["crm.lifecycle.profile", "crm.lifecycle.stage"])]
        )
        self.assertGreater(len(views), 7)
        for user in (self.own, *self.readers):
            for view in views:
                with self.subTest(user.login, view=view.name):
                    self.env[view.model].with_user(user).get_view(view.id, view.type)
            for view_type in ("form", "list", "kanban", "search"):
                self.env["res.partner"].with_user(user).get_view(None, view_type)
