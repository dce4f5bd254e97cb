from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tests.common import TransactionCase

HIDDEN = {"lifecycle_currency_id"}


@tagged("post_install", "-at_install")
class TestPartnerList(TransactionCase):
    """A list of contacts shows what the profiles say, in one query more than without
    the addon, whatever its length."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._user("all", "sales_team.group_sale_salesman_all_leads")
        cls.owner = cls._user("own", "sales_team.group_sale_salesman")
        partners = cls.env["res.partner"].create(
            [{"name": f"Lifecycle {n:02}", "is_company": True} for n in range(80)]
        )
        partners[1].user_id = cls.owner
        stages = [cls.env.ref(f"crm_lifecycle.stage_{n}") for n in ("new", "loyal")]
        cls.env["crm.lifecycle.profile"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": cls.env.company.id,
                    "stage_id": stages[n % 2].id,
                    "risk_level": ("low", False, "high")[n % 3],
                    "loyalty_score": n,
                    "money_at_stake": 100.5 * n,
                    "next_order_date": n % 2 and f"2026-03-{n % 28 + 1:02}",
                }
                for n, partner in enumerate(partners)
                if n % 10  # every tenth is no customer
            ]
        )
        contact = cls.env["res.partner"].create(
            {"name": "Lifecycle Contact", "parent_id": partners[1].id}
        )
        cls.partners = contact + partners
        view = cls.env["res.partner"].get_views([(False, "list")])["views"]["list"]
        columns = [
            field.get("name") for field in etree.fromstring(view["arch"]).iter("field")
        ]
        cls.columns = [
            name for name in columns if cls.partners._is_lifecycle_value(name)
        ]
        cls.others = [name for name in columns if name not in cls.columns]
        cls.shown = list(dict.fromkeys(["name", "loyalty_score", *cls.columns]))

    @classmethod
    def _user(cls, login, group):
        return new_test_user(
            cls.env,
            f"lifecycle_list_{login}",
            group,
            company_ids=[Command.set(cls.env.company.ids)],
        )

    def _specification(self, records, names):
        """As the web client does: with the names of what is not hidden."""
        specification = {name: {} for name in names}
        for name in names:
            if records._fields[name].type == "many2one":
                named = {} if name in HIDDEN else {"display_name": {}}
                specification[name] = {"fields": named}
        return specification

    def _read(self, user, columns, limit=80):
        specification = self._specification(self.partners, columns)
        self.env.invalidate_all()
        partners = self.env["res.partner"].with_user(user)
        return partners.web_search_read(
            [("id", "in", self.partners.ids)], specification, limit=limit, order="name"
        )["records"]

    def test_values(self):
        """Those of the profile, or none."""
        rows = self._read(self.colleague, self.shown, limit=None)
        self.assertEqual(len(rows), 81)
        found = []
        for row in rows:
            partner = self.partners.browse(row["id"])
            profile = partner.lifecycle_id
            found.append(bool(profile))
            for name in self.columns:
                with self.subTest(partner=row["name"], name=name):
                    expected = profile.mapped(
                        partner._fields[name].related.partition(".")[2]
                    )
                    if isinstance(expected, list):
                        self.assertEqual(
                            row[name] or False, expected and expected[0] or False
                        )
                    else:
                        self.assertEqual(row[name] and row[name]["id"], expected.id)
        self.assertEqual(found.count(True), 73)
        self.assertEqual(rows[0]["lifecycle_stage_id"], False)
        self.assertEqual(rows[1]["lifecycle_stage_id"]["display_name"], "Loyal")

    def test_each_reader(self):
        """Own customers only, and no amounts, for who sees own documents only; also
        after somebody else has read the same list."""
        amounts = ["lifecycle_money_at_stake", "lifecycle_expected_value"]
        self.assertLessEqual(set(amounts), set(self.columns))
        columns = ["loyalty_score", "lifecycle_stage_id", "lifecycle_risk_level"]
        specification = {name: {} for name in ["name", *columns]}
        self.env.invalidate_all()
        for user, count in ((self.colleague, 73), (self.owner, 2)):
            rows = self.partners.with_user(user).web_read(specification)
            for name in columns[:2]:
                self.assertEqual(sum(bool(row[name]) for row in rows), count)
        for name in amounts:
            with self.assertRaises(AccessError):
                self.partners.with_user(self.owner).web_read({name: {}})
            with self.assertRaises(AccessError):
                self.partners.with_user(self.owner)._read_format([name])

    def test_profiles(self):
        """A list of profiles shows what each of them shows alone."""
        view = self.env["crm.lifecycle.profile"].get_views([(False, "list")])
        arch = etree.fromstring(view["views"]["list"]["arch"])
        names = [field.get("name") for field in arch.iter("field")]
        profiles = self.partners.lifecycle_id.with_user(self.colleague)
        self.env.invalidate_all()
        rows = profiles.read(names, load=None)
        for profile, row in list(zip(profiles, rows, strict=True))[:5]:
            self.env.invalidate_all()
            alone = self.env[profile._name].with_user(self.colleague).browse(profile.id)
            for name in names:
                with self.subTest(name=name):
                    value = alone._fields[name].convert_to_read(
                        alone[name], alone, use_display_name=False
                    )
                    self.assertEqual(row[name], value)
        for name in ("money_at_stake", "expected_value"):
            with self.assertRaises(AccessError):
                profiles[0].with_user(self.owner)._read_format([name])

    def test_changed_while_shown(self):
        """What is in memory is forgotten when the profile changes."""
        partner = self.partners[2]
        self.assertEqual(partner.loyalty_score, 1)
        self.assertEqual(partner.lifecycle_risk_level, False)
        partner.lifecycle_id.write({"loyalty_score": 7, "risk_level": "high"})
        self.assertEqual(partner.loyalty_score, 7)
        self.assertEqual(partner.lifecycle_risk_level, "high")

    def test_no_stage(self):
        """A profile that has no stage yet, among others."""
        self.partners[2].lifecycle_id.stage_id = False
        rows = {row["name"]: row for row in self._read(self.colleague, self.shown)}
        row = rows["Lifecycle 01"]
        self.assertFalse(row["lifecycle_stage_id"])
        self.assertEqual(row["loyalty_score"], 1)
        self.assertTrue(rows["Lifecycle 02"]["lifecycle_stage_id"])

    def test_deleted(self):
        """Who has been deleted meanwhile is left out, whatever is read."""
        deleted = self.env["res.partner"].create({"name": "Lifecycle Deleted"})
        deleted.unlink()
        for names in (self.shown, ["lifecycle_quiet"], ["loyalty_score"]):
            rows = (self.partners[:2] | deleted).read(names)
            self.assertEqual([row["id"] for row in rows], self.partners[:2].ids)

    def test_translated_stage(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        stage = self.partners[2].lifecycle_stage_id
        for name in ("Fidèle", "Très fidèle"):
            stage.update_field_translations("name", {"fr_FR": name})
            self.env.invalidate_all()
            partners = self.partners.with_context(lang="fr_FR")
            self.assertEqual(partners[2].lifecycle_stage_id.display_name, name)
            self.assertNotEqual(self.partners[2].lifecycle_stage_id.name, name)

    def test_queries_of_forms(self):
        """The profile with its stage: one, on the form of a contact and of an order."""
        order = self.env["sale.order"].create({"partner_id": self.partners[2].id})
        on_order = ["lifecycle_stage_color", "lifecycle_stage_id", "loyalty_score"]
        for record, others, own in (
            (self.partners[2], ["name"], [*self.columns, "lifecycle_summary"]),
            (order, ["name", "partner_id"], on_order),
        ):
            record, spent = record.with_user(self.colleague), []
            record.read(others + own)  # fills the caches of the registry
            for names in (others, others + own):
                specification = self._specification(record, names)
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                record.web_read(specification)
                spent.append(self.env.cr.sql_log_count - before)
            self.assertEqual(spent[1], spent[0] + 1, record)

    def test_queries(self):
        """Profiles with their stages: one, for 10 contacts as for 80."""
        shown = self.others + self.columns
        self._read(self.colleague, shown)  # fills the caches of the registry
        added = []
        for limit in (10, 80):
            spent = []
            for columns in (self.others, shown):
                before = self.env.cr.sql_log_count
                self._read(self.colleague, columns, limit)
                spent.append(self.env.cr.sql_log_count - before)
            added.append(spent[1] - spent[0])
        self.assertEqual(added, [1, 1])
