from odoo import api, fields, models
from odoo.tools import format_date, formatLang
from odoo.tools.i18n import format_list

COMPARISONS = {
    "=": "=",
    "in": "=",
    "!=": "≠",
    "not in": "≠",
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
}


# Shares of 1, which screens show in percent.
PERCENTAGES = (
    "probability_30",
    "probability_90",
    "probability_365",
    "probability_kept",
    "refund_ratio",
)


class CrmLifecycleStage(models.Model):
    """SCREEN: a rule in words, in the reader's language and for everybody who sees
    stages, whatever fields he may read on customers."""

    _inherit = "crm.lifecycle.stage"

    rule_text = fields.Text("Rule in Words", compute="_compute_rule_text")

    @api.depends_context("lang")
    @api.depends("domain")
    def _compute_rule_text(self):
        for stage in self:
            stage.rule_text = self._describe_rule(stage._get_domain())

    @api.model
    def _describe_rule(self, domain):
        """:param domain: rule of a stage as a :class:`Domain`
        :return: the same in words, as in “Purchases = 1 and (Silence ≤ 2 or …)”"""
        if domain.is_true():
            return self.env._("everybody")
        if domain.is_false():
            return self.env._("nobody")
        if hasattr(domain, "children"):
            style = "standard" if domain.OPERATOR == "&" else "or"
            parts = [
                f"({self._describe_rule(part)})"
                if hasattr(part, "children")
                else self._describe_rule(part)
                for part in domain.children
            ]
            return format_list(self.env, parts, style)
        if hasattr(domain, "child"):
            return self.env._("not (%s)", self._describe_rule(domain.child))
        return self._describe_condition(domain)

    @api.model
    def _describe_condition(self, condition):
        """:return: one condition on one fact or score, in words"""
        field = self.env["crm.lifecycle.profile"]._fields[condition.field_expr]
        label = field._description_string(self.env)
        value = condition.value
        values = value if isinstance(value, (list, tuple, set)) else [value]
        return " ".join(
            [
                label,
                COMPARISONS.get(condition.operator, condition.operator),
                " / ".join(self._describe_value(field, value) for value in values),
            ]
        )

    @api.model
    def _describe_value(self, field, value):
        """:return: a value of one fact or score as the reader writes it"""
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.type in ("integer", "float", "monetary"):
            is_share = field.name in PERCENTAGES
            number = 100 * (value or 0) if is_share else value or 0
            decimals = len(f"{number:g}".partition(".")[2])
            text = formatLang(self.env, number, digits=decimals)
            return f"{text} %" if is_share else text
        if value in (False, None):
            return self.env._("not known")
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "many2one" and isinstance(value, int):
            return self.env[field.comodel_name].sudo().browse(value).display_name
        return str(value)
