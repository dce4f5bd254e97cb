import ast

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime


class CrmLifecycleRuleVersion(models.Model):
    """Rules that were in force until somebody changed them, to be read and restored."""

    _name = "crm.lifecycle.rule.version"
    _description = "Earlier Rules of the Lifecycle Stages"
    _order = "id desc"

    create_date = fields.Datetime("In Force until", readonly=True)
    create_uid = fields.Many2one("res.users", "Changed by", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    rules = fields.Json(
        "Rules as Data",
        required=True,
        readonly=True,
        help="Stages in order: id, name, rule, and whether it was in use.",
    )
    rules_text = fields.Text("Rules", compute="_compute_rules_text")
    moved_count = fields.Integer(
        "Customers Who Then Moved",
        readonly=True,
        help="How many customers changed stage when these rules were replaced.",
    )

    @api.depends_context("lang", "tz")
    @api.depends("create_date")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "Rules until %s", format_datetime(self.env, version.create_date)
            )

    @api.depends_context("lang")
    @api.depends("rules")
    def _compute_rules_text(self):
        Stage = self.env["crm.lifecycle.stage"]
        for version in self:
            version.rules_text = "\n".join(
                "{}: {}".format(
                    rule["name"],
                    Stage._describe_rule(Domain(ast.literal_eval(rule["domain"]))),
                )
                for rule in version.rules
                if rule["is_used"]
            )

    @api.model
    def _remember(self, company, moved_count):
        """Keep the rules of `company` as they are now, before they change."""
        stages = self.env["crm.lifecycle.stage"].sudo().with_context(active_test=False)
        stages = stages.search([("company_id", "in", [company.id, False])])
        self.sudo().create(
            {
                "company_id": company.id,
                "moved_count": moved_count,
                "rules": [
                    {
                        "stage_id": stage.id,
                        "name": stage.name,
                        "domain": stage.domain,
                        "is_used": stage.active,
                    }
                    for stage in stages
                ],
            }
        )

    def action_restore(self):
        """Show who would move if these rules came back, ready to be applied."""
        self.ensure_one()
        what_if = self.env["crm.lifecycle.what.if"].create({})
        what_if._load(self)
        return what_if._open()
