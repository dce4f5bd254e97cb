from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmLifecycleWhatIfLine(models.TransientModel):
    """One stage with the rule that it would have."""

    _name = "crm.lifecycle.what.if.line"
    _description = "Rule of a Stage to Try"
    _order = "sequence, id"
    _rec_name = "stage_id"

    what_if_id = fields.Many2one(
        "crm.lifecycle.what.if", required=True, ondelete="cascade"
    )
    stage_id = fields.Many2one(
        "crm.lifecycle.stage", required=True, readonly=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    domain = fields.Char("Rule", required=True)
    is_used = fields.Boolean(
        "Used", help="Nobody can be in a stage that is not used. Its history stays."
    )
    rule_text = fields.Text("Rule in Words", compute="_compute_rule_text")
    description = fields.Text(related="stage_id.description")
    color = fields.Integer(related="stage_id.color")
    customer_count = fields.Integer("Now", compute="_compute_counts")
    expected_count = fields.Integer("Then", compute="_compute_counts")

    @api.depends_context("lang")
    @api.depends("domain")
    def _compute_rule_text(self):
        for line in self:
            line.rule_text = line._get_rule_text()

    def _get_rule_text(self):
        Stage = self.env["crm.lifecycle.stage"]
        try:
            rule = Stage._check_rule(self.stage_id.name, self.domain)
        except ValidationError:  # told above the list
            return self.domain
        return Stage._describe_rule(rule)

    def _compute_counts(self):
        """Without a dependency: the screen would take counts that follow by themselves
        for those that it shows already. See ``_onchange_line_ids``."""
        for line in self:
            line._set_counts(line.what_if_id.preview)

    def _set_counts(self, preview):
        """:param dict preview: see :meth:`CrmLifecycleWhatIf._get_preview`; empty when
        a rule cannot be read"""
        for line in self:
            stage_id = str(line.stage_id.id)
            line.customer_count = preview["now"].get(stage_id) if preview else 0
            line.expected_count = preview["then"].get(stage_id) if preview else 0
