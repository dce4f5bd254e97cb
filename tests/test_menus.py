from ast import literal_eval
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tests.common import TransactionCase
from odoo.tools.safe_eval import datetime, dateutil, safe_eval, time

from .shop_common import ShopMixin

ROLES = {
    "own": "sales_team.group_sale_salesman",
    "all": "sales_team.group_sale_salesman_all_leads",
    "manager": "sales_team.group_sale_manager",
    "administrator": "sales_team.group_sale_manager,base.group_system",
    "accountant": "base.group_user,account.group_account_invoice",
}


@tagged("post_install", "-at_install")
class TestMenus(ShopMixin, TransactionCase):
    """Whatever a menu or a button of the addon offers to somebody opens: its views, its
    records, its filters and its groups."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: cls.new_seller(f"lifecycle_{role}", groups)
            for role, groups in ROLES.items()
        }
        desk, chair = cls.new_products(Desk=100, Chair=30)
        for number, days in enumerate((10, 20, 30, 90)):
            partner = cls.env["res.partner"].create({"name": f"Customer {number}"})
            for ago in (days, days + 12):
                cls.new_order(partner, ago, desk + chair, user_id=cls.users["own"].id)
        cls.env["crm.lifecycle.profile"]._refresh_company(cls.env.company)
        cls.env["crm.lifecycle.profile"]._refresh_company(
            cls.env.company, cls.env.company._lifecycle_as_of() + timedelta(days=1)
        )
        cls.env.flush_all()

    def menus(self, user):
        """:return: menus of the addon that `user` sees"""
        menus = self.env["ir.ui.menu"].with_user(user)
        names = menus.search([])._get_external_ids()
        shown = menus.browse(menus._visible_menu_ids())
        return shown.filtered(
            lambda menu: any(
                name.startswith("crm_lifecycle.") for name in names.get(menu.id, ())
            )
        )

    def test_every_menu(self):
        """What each role finds, and that it opens. Nobody else finds anything."""
        found = {}
        for role, user in self.users.items():
            menus = self.menus(user)
            found[role] = menus.sudo()
            for menu in menus.filtered(lambda menu: not menu.action):
                self.assertTrue(menu.child_id & menus, menu.complete_name)
            if role == "administrator":  # sees what a manager sees
                continue
            opening = menus.sudo().filtered("action").grouped("action")
            for action, (menu, *_others) in opening.items():
                with self.subTest(role, menu=menu.complete_name):
                    self.open(user, action)
        self.assertFalse(found["accountant"])
        self.assertTrue(found["own"])
        self.assertLess(found["own"], found["all"])
        self.assertLess(found["all"], found["manager"])
        self.assertEqual(found["manager"], found["administrator"])

    def open(self, user, action):
        """Do with an action of a menu what the browser does."""
        if action._name == "ir.actions.client":
            self.assertEqual(action.tag, "crm_lifecycle_matrix")
            for axis in ("loyalty_band", "stage_id"):
                self.env["crm.lifecycle.segment"].with_user(user).get_matrix(axis)
            return
        if action._name == "ir.actions.server":
            action = action.with_user(user).run()
            self.assertTrue(action["views"])
            model = self.env[action["res_model"]].with_user(user)
            model.get_views(action["views"])
            model.browse(action["res_id"]).read(["display_name"])
            return
        values = self.values(user)
        model = (
            self.env[action.res_model]
            .with_user(user)
            .with_context(**safe_eval(action.context or "{}", values))
        )
        domain = Domain(safe_eval(action.domain or "[]", values))
        views = model.get_views([*action.views, (False, "search")])["views"]
        self.search(model, domain, etree.fromstring(views["search"]["arch"]), values)
        for kind, view in views.items():
            if kind not in ("search", "activity"):
                self.show(kind, model, domain, etree.fromstring(view["arch"]), user)

    def values(self, user):
        """What a browser knows when it reads a domain."""
        return {
            "uid": user.id,
            "time": time,
            "datetime": datetime,
            "relativedelta": dateutil.relativedelta.relativedelta,
            "context_today": lambda: fields.Date.today(),
            "allowed_company_ids": user.company_ids.ids,
            "current_company_id": user.company_id.id,
        }

    def search(self, model, domain, view, values):
        """Every filter and every group of a search view."""
        for node in view.iter("filter"):
            if node.get("domain"):
                model.search(domain & Domain(safe_eval(node.get("domain"), values)))
            group = literal_eval(node.get("context", "{}")).get("group_by")
            if group:
                field = model._fields[group.split(":")[0]]
                if field.type in ("date", "datetime") and ":" not in group:
                    group += ":month"
                model.web_read_group(domain, [group], ["__count"])

    def show(self, kind, model, domain, view, user):
        """What the browser reads for a view."""
        names = [
            node.get("name")
            for node in view.iter("field")
            if not any(parent.tag == "field" for parent in node.iterancestors())
        ]
        if kind in ("graph", "pivot"):
            groups = [
                f"{node.get('name')}:{node.get('interval')}"
                if node.get("interval")
                else node.get("name")
                for node in view.iter("field")
                if node.get("type") in ("row", "col")
            ]
            measures = [
                f"{node.get('name')}:{model._fields[node.get('name')].aggregator}"
                for node in view.iter("field")
                if node.get("type") == "measure"
                and model._fields[node.get("name")].aggregator
            ]
            model.formatted_read_group(domain, groups, ["__count", *measures])
        elif kind == "form":
            records = model.search(domain, limit=1)
            if records:
                records.web_read({name: {} for name in names})
                self.press(records, view)
            elif model.has_access("create"):
                model.onchange({}, [], {name: {} for name in names})
        else:
            model.web_search_read(domain, {name: {} for name in names}, limit=80)
            if view.get("default_group_by"):
                model.web_read_group(
                    domain, [view.get("default_group_by")], ["__count"]
                )

    def press(self, record, view):
        """Buttons that open something."""
        for button in view.iter("button"):
            name = button.get("name") or ""
            if button.get("type") == "object" and name.startswith("action_open"):
                action = getattr(record, name)()
                self.assertTrue(action, name)
                target = record.env[action["res_model"]]
                target.search(action.get("domain") or [], limit=1).read(
                    ["display_name"]
                )
            elif button.get("type") == "action":
                action = self.env["ir.actions.actions"].browse(int(name))
                window = self.env[action.sudo().type].sudo().browse(action.id)
                if window._name == "ir.actions.act_window":
                    target = record.env[window.res_model]
                    self.assertTrue(target.has_access("read"), name)
