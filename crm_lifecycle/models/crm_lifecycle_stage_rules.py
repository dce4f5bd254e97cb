import ast
import zlib

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.orm.utils import COLLECTION_TYPES
from odoo.tools import SQL, Query, ormcache

from . import crm_lifecycle_model

# What decides who is in which stage, besides facts and scores.
RULE_FIELDS = {"sequence", "domain", "active", "company_id"}
# So many customers are judged again while the user waits, which takes seconds.
AT_ONCE = 1000


class CrmLifecycleStage(models.Model):
    """STAGE, decided: rules as domains on facts and scores, evaluated in SQL.

    Every rule here is a pair of the id of a stage and a :class:`Domain`, in the order
    in which they are tried: those that are in force, those of a day in the past, or
    those that somebody only thinks about.
    """

    _inherit = "crm.lifecycle.stage"

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create(vals_list)
        self._judge_soon()
        return stages

    def write(self, vals):
        result = super().write(vals)
        if RULE_FIELDS.intersection(vals):
            self._judge_soon()
        return result

    @api.model
    def _judge_soon(self):
        """Rules may have changed: everybody is judged again, as a baseline."""
        nightly = self.env.ref("crm_lifecycle.ir_cron_nightly", False)
        if nightly:  # not there yet while the first stages are loaded
            nightly.sudo()._trigger()

    @api.model
    def _judge_at_once(self, company):
        """Judge the customers of a small company now, after its rules or weights
        changed; more wait for the job that :meth:`_judge_soon` has started.

        :return: whether it is done
        """
        Profile = self.env["crm.lifecycle.profile"].sudo()
        as_of = company._lifecycle_as_of()
        due = Profile._get_due_partner_ids(company, as_of)
        if len(due) > AT_ONCE:
            return False
        Profile._refresh_all_but_bad(company, due, as_of)
        return True

    @api.constrains("domain")
    def _check_domain(self):
        for stage in self:
            self._check_rule(stage.name, stage.domain)

    @api.model
    def _check_rule(self, name, rule):
        """A stage is a pure function of facts and scores: nothing else may decide.

        :param str name: name of the stage, for messages
        :param str rule: the list of conditions
        :return: the rule as a :class:`Domain`
        """
        allowed = self.env["crm.lifecycle.profile"]._get_rule_fields()
        try:
            domain = Domain(ast.literal_eval(rule))
        except (ValueError, SyntaxError, TypeError) as error:
            raise ValidationError(
                self.env._(
                    "The rule of “%(stage)s” cannot be read. It is a list of "
                    "conditions, each a field, an operator and a fixed value, as "
                    "in [('order_count', '>', 3)].",
                    stage=name,
                )
            ) from error
        unknown = {
            condition.field_expr for condition in domain.iter_conditions()
        }.difference(allowed)
        if unknown:
            raise ValidationError(
                self.env._(
                    "The rule of “%(stage)s” may only use facts and scores "
                    "of the customer; it uses: %(fields)s",
                    stage=name,
                    fields=", ".join(sorted(unknown)),
                )
            )
        try:
            self._check_fixed_values(domain)
            self._sql_stage("profile", [(0, domain)])
        except (ValueError, TypeError) as error:
            raise ValidationError(
                self.env._(
                    "The rule of “%(stage)s” cannot be applied: %(error)s",
                    stage=name,
                    error=error,
                )
            ) from error
        return domain

    @api.model
    def _check_fixed_values(self, domain):
        """Odoo also takes “today” and “-30d”, which give another stage every day, and
        names of records, which are not among the facts."""
        known = self.env["crm.lifecycle.profile"]._fields
        for condition in domain.iter_conditions():
            field, value = known[condition.field_expr], condition.value
            if field.type == "date" and isinstance(value, str):
                fields.Date.to_date(value)
            values = value if isinstance(value, COLLECTION_TYPES) else [value]
            if field.relational and not all(isinstance(each, int) for each in values):
                raise ValueError(
                    self.env._(
                        "“%s” is to be chosen, not searched by its name.",
                        field._description_string(self.env),
                    )
                )

    def _get_domain(self):
        """:return: the rule of this stage as a :class:`Domain`."""
        self.ensure_one()
        return Domain(ast.literal_eval(self.domain))

    def _get_rules(self):
        """:return: list of (id of a stage, :class:`Domain`) in the order of `self`"""
        return [(stage.id, stage._get_domain()) for stage in self]

    @api.model
    def _get_company_stages(self, company):
        """:return: the stages of `company` in the order in which they are tried."""
        return (
            self.sudo()
            .with_context(active_test=True)
            .search_fetch([("company_id", "in", [company.id, False])], ["domain"])
        )

    def _get_configuration(self, model):
        """What the stage of a customer rests on besides his facts: what was learned,
        the version of this addon that scores by it, and the rules. When it changes, he
        may move without anything having happened to him. Names, targets or the layout
        of a rule's text are not part of it.

        :param model: the current ``crm.lifecycle.model`` of the company, may be empty
        :return: text, empty as long as there is no model
        """
        if not model:
            return None
        version = crm_lifecycle_model.engine_version()
        return f"{model.id}.{version}-{self._get_fingerprint()}"

    @ormcache("tuple((stage.id, stage.domain) for stage in self)")
    def _get_fingerprint(self):
        """:return: text that changes with the rules in `self`"""
        return f"{zlib.crc32(repr(self._get_rules()).encode()):08x}"

    @api.model
    def _sql_stage(self, alias, rules):
        """Rules as one SQL expression over the facts and scores in the columns of
        `alias`: the id of the first stage that matches, else of the first stage of
        all, so that everybody has exactly one.

        :param str alias: name of a table, query or temporary table
        :param list rules: (id of a stage, :class:`Domain`) in order, at least one
        """
        Profile = self.env["crm.lifecycle.profile"].sudo()
        query = Query(self.env, alias, SQL.identifier(alias))
        cases = SQL(" ").join(
            SQL(
                "WHEN %s THEN %s",
                domain.optimize_full(Profile)._to_sql(Profile, alias, query),
                stage_id,
            )
            for stage_id, domain in rules
        )
        return SQL("(CASE %s ELSE %s END)", cases, rules[0][0])

    @ormcache("alias", "tuple((stage.id, stage.domain) for stage in self)")
    def _to_sql(self, alias):
        """The stages in `self` as one SQL expression: see :meth:`_sql_stage`. It is
        the same for the same rules: they hold fixed values only."""
        return self._sql_stage(alias, self._get_rules())
