from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from ..models.crm_lifecycle_buttons import notify


class CrmLifecycleWhatIf(models.TransientModel):
    """Other rules for the stages, and who would move: nothing changes before they are
    applied. Counted are the customers of one company, without archived ones; pinned
    ones stay where they are."""

    _name = "crm.lifecycle.what.if"
    _description = "Change the Rules of the Lifecycle Stages"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    line_ids = fields.One2many(
        "crm.lifecycle.what.if.line",
        "what_if_id",
        "Stage",
        default=lambda self: self._default_lines(),
    )
    version_id = fields.Many2one(
        "crm.lifecycle.rule.version", compute="_compute_version_id"
    )

    @api.model
    def _default_lines(self):
        stages = self.env["crm.lifecycle.stage"].with_context(active_test=False)
        return [
            Command.create(
                {
                    "stage_id": stage.id,
                    "sequence": position,
                    "domain": stage.domain,
                    "is_used": stage.active,
                }
            )
            for position, stage in enumerate(
                stages.search([("company_id", "in", [self.env.company.id, False])])
            )
        ]

    @api.depends("company_id")
    def _compute_display_name(self):
        self.display_name = self.env._("Change the Rules")

    @api.depends("company_id")
    def _compute_version_id(self):
        Version = self.env["crm.lifecycle.rule.version"]
        for what_if in self:
            what_if.version_id = Version.search(
                [("company_id", "=", what_if.company_id.id)], limit=1
            )

    def _get_rules(self):
        """:return: list of (id of a stage, :class:`Domain`), in order"""
        Stage = self.env["crm.lifecycle.stage"]
        rules = [
            (line.stage_id.id, Stage._check_rule(line.stage_id.name, line.domain))
            for line in self.line_ids.sorted("sequence")
            if line.is_used
        ]
        if not rules:
            raise ValidationError(self.env._("At least one stage has to be used."))
        return rules

    def _open(self):
        """:return: action that shows this what-if"""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crm_lifecycle.crm_lifecycle_what_if_action"
            ),
            "res_id": self.id,
        }

    def action_restore_previous(self):
        """Put the rules in force before the last change into the lines."""
        self._load(self.version_id)

    def _load(self, version):
        """Put the rules of `version` into the lines; a stage that did not exist then is
        not used."""
        rules = {rule["stage_id"]: rule for rule in version.rules}
        order = list(rules)
        for line in self.line_ids:
            rule = rules.get(line.stage_id.id)
            if rule:
                line.domain = rule["domain"]
                line.sequence = order.index(line.stage_id.id)
            else:
                line.sequence = len(order)
            line.is_used = bool(rule and rule["is_used"])

    def action_apply(self):
        """Write the rules; customers move as a baseline, which acts on nobody."""
        self.ensure_one()
        self._get_rules()  # may raise
        moved = sum(move["count"] for move in self.preview["moves"])
        self.env["crm.lifecycle.rule.version"]._remember(self.company_id, moved)
        lines = self.line_ids.sorted("sequence")
        in_order = lines.stage_id.ids == lines.stage_id.sorted().ids
        for position, line in enumerate(lines, 1):
            stage = line.stage_id
            values = {
                "domain": line.domain,
                "active": line.is_used,
                "sequence": stage.sequence if in_order else 10 * position,
            }
            if any(stage[name] != value for name, value in values.items()):
                stage.write(values)
        is_done = lines.stage_id._judge_at_once(self.company_id)
        return notify(
            self.env._("The rules are in force, and customers moved.")
            if is_done
            else self.env._(
                "The rules are in force. Customers move within the next minutes."
            ),
            self.env["ir.actions.act_window"]._for_xml_id(
                "crm_lifecycle.crm_lifecycle_stage_action"
            ),
        )
