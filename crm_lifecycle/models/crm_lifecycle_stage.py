import ast
import zlib

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, Query

PHASES = [
    ("acquisition", "Acquisition"),
    ("development", "Development"),
    ("loyalty", "Loyalty"),
    ("retention", "Retention"),
]


class CrmLifecycleStage(models.Model):
    _name = "crm.lifecycle.stage"
    _description = "Customer Lifecycle Stage"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=lambda self: self._default_sequence(),
        help="A customer is in the first stage whose rule matches.",
    )
    phase = fields.Selection(
        PHASES,
        required=True,
        default="development",
        help="What the company does for customers of this stage: win them, sell "
        "more to them, make them loyal, or keep them and win them back.",
    )
    description = fields.Text(
        "Meaning", translate=True, help="What this stage means, in words."
    )
    domain = fields.Char(
        "Rule",
        required=True,
        default="[]",
        help="Conditions on the facts and scores of the customer.",
    )
    color = fields.Integer()
    fold = fields.Boolean("Folded in Kanban")
    is_customer = fields.Boolean(
        "Counts as Customer", help="Customers of this stage have bought at least once."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: this stage exists in every company."
    )

    @api.model
    def _default_sequence(self):
        """A new stage is tried last: as long as it has no rule, which every customer
        matches, it takes nobody from the others.
        """
        return self.search([], order="sequence desc", limit=1).sequence + 10

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        Profile = self.env["crm.lifecycle.profile"].sudo()
        Transition = self.env["crm.lifecycle.transition"].sudo()
        there = Domain("stage_id", "in", self.ids)
        moved = Domain("from_stage_id", "in", self.ids)
        moved |= Domain("to_stage_id", "in", self.ids)
        if Transition.search(moved, limit=1) or Profile.with_context(
            active_test=False
        ).search(there, limit=1):
            raise UserError(
                self.env._(
                    "Customers have been in a stage that is to be deleted, and their "
                    "history tells it. Archive it instead: nobody will be in it any "
                    "more."
                )
            )

    @api.constrains("domain")
    def _check_domain(self):
        """A stage is a pure function of facts and scores: nothing else may decide."""
        allowed = set(self.env["crm.lifecycle.profile"]._get_rule_fields())
        for stage in self:
            try:
                domain = stage._get_domain()
            except (ValueError, SyntaxError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "The rule of stage “%(stage)s” cannot be read. It is a list of "
                        "conditions, each a field, an operator and a fixed value, as "
                        "in [('order_count', '>', 3)].",
                        stage=stage.name,
                    )
                ) from error
            unknown = {
                condition.field_expr for condition in domain.iter_conditions()
            } - allowed
            if unknown:
                raise ValidationError(
                    self.env._(
                        "The rule of stage “%(stage)s” may only use facts and scores "
                        "of the customer; it uses: %(fields)s",
                        stage=stage.name,
                        fields=", ".join(sorted(unknown)),
                    )
                )
            try:
                stage._check_fixed_dates(domain)
                stage._to_sql("profile")
            except (ValueError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "The rule of stage “%(stage)s” cannot be applied: %(error)s",
                        stage=stage.name,
                        error=error,
                    )
                ) from error

    def _check_fixed_dates(self, domain):
        """Odoo also takes “today” and “-30d”, which give another stage every day."""
        known = self.env["crm.lifecycle.profile"]._fields
        for condition in domain.iter_conditions():
            is_date = known[condition.field_expr].type == "date"
            if is_date and isinstance(condition.value, str):
                fields.Date.to_date(condition.value)

    def _get_domain(self):
        """:return: the rule of this stage as a :class:`Domain`."""
        self.ensure_one()
        return Domain(ast.literal_eval(self.domain))

    @api.model
    def _get_company_stages(self, company):
        """:return: the stages of `company` in the order in which they are tried."""
        return self.sudo().search_fetch(
            [("company_id", "in", [company.id, False])], ["domain"]
        )

    def _get_configuration(self, model):
        """What the stage of a customer rests on besides his facts: when it changes, he
        may move without anything having happened to him.

        :param model: the current ``crm.lifecycle.model`` of the company, may be empty
        :return: text, empty as long as there is no model
        """
        rules = [(stage.id, stage.domain) for stage in self]
        return model and f"{model.id}-{zlib.crc32(repr(rules).encode()):08x}" or None

    def _to_sql(self, alias):
        """The stages in `self` as one SQL expression over the facts and scores in
        the columns of `alias`: the id of the first stage that matches, else of the
        first stage of all, so that everybody has exactly one.
        """
        Profile = self.env["crm.lifecycle.profile"].sudo()
        query = Query(self.env, alias, SQL.identifier(alias))
        cases = SQL(" ").join(
            SQL(
                "WHEN %s THEN %s",
                stage._get_domain()
                .optimize_full(Profile)
                ._to_sql(Profile, alias, query),
                stage.id,
            )
            for stage in self
        )
        return SQL("(CASE %s ELSE %s END)", cases, self[:1].id)
