from collections.abc import Collection
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, Query
from odoo.tools.i18n import format_list

# A search that takes longer than so many looks (seconds) is given up: nothing is said.
MOST_LOOKS = 20000
NEGATIVE = {"payment_delay"}  # besides amounts; no other number is below 0
SHARES = ("probability", "refund_ratio", "discount_ratio")  # at most 1


class CrmLifecycleStage(models.Model):
    """STAGE, checked: can a rule match anybody at all, and somebody match none?

    A condition compares one fact or score with fixed values, so all values between two
    neighbouring constants are alike. A few values of each field therefore stand for
    all: just below, at and just above each constant, and unknown. PostgreSQL says which
    conditions each of them meets, as it does for real customers; a search with
    backtracking then looks for a combination.

    When there is none, it is certain that no customer can be there. When there is one,
    it may still be one that does not occur: the search takes every fact for itself,
    and does not know that who never bought has no last purchase.
    """

    _inherit = "crm.lifecycle.stage"

    rule_warning = fields.Char(compute="_compute_rule_warning")

    @api.depends_context("company", "lang")
    @api.depends("domain", "sequence", "active", "company_id")
    def _compute_rule_warning(self):
        rules = self._get_company_stages(self.env.company)._get_rules()
        contradictions, hidden, _example = self._check_rules(rules)
        for stage in self:
            stage.rule_warning = "\n".join(
                self._get_rule_warnings(
                    self.browse({stage.id} & set(contradictions)),
                    self.browse({stage.id} & set(hidden)),
                )
            )

    @api.model
    def _get_rule_warnings(self, contradictions, hidden):
        """:return: generator of sentences about stages in which nobody can be"""
        if contradictions:
            yield self.env._(
                "Nobody can ever be in: %(stages)s. The conditions contradict each "
                "other.",
                stages=format_list(self.env, contradictions.mapped("name")),
            )
        if hidden:
            yield self.env._(
                "Nobody can ever be in: %(stages)s. Whoever matches the rule is taken "
                "by a stage before.",
                stages=format_list(self.env, hidden.mapped("name")),
            )

    @api.model
    def _check_rules(self, rules):
        """:param list rules: (id of a stage, :class:`Domain`), in order
        :return: ids of stages whose rule contradicts itself, ids of those whose rule
            only matches customers whom earlier stages take, and a customer who matches
            none, as a dict of values by field, or None when there can be nobody
        """
        formulas, classes = self._get_formulas(rules)
        contradictions, hidden, others = [], [], []
        for (stage_id, _domain), formula in zip(rules, formulas, strict=True):
            if _find(["&", formula, *others], classes) is None:
                alone = _find(formula, classes)
                (contradictions if alone is None else hidden).append(stage_id)
            others.append(["!", formula])
        nobody = _find(["&", *others], classes)
        if nobody is None or "" in nobody:
            return contradictions, hidden, None
        example = {name: classes[name][truths] for name, truths in nobody.items()}
        return contradictions, hidden, example

    @api.model
    def _get_formulas(self, rules):
        """:return: the rules as nested lists, an operator or "" for a condition first,
        which is followed by its field and its position among the conditions on it;
        and for each field the truths of its conditions, with a value that has them
        """
        Profile = self.env["crm.lifecycle.profile"].sudo()
        conditions = {}

        def formula(domain):
            if domain.is_true() or domain.is_false():
                return domain.is_true()
            if hasattr(domain, "children"):
                return [domain.OPERATOR, *map(formula, domain.children)]
            if hasattr(domain, "child"):
                return [domain.OPERATOR, formula(domain.child)]
            known = conditions.setdefault(domain.field_expr, [])
            known.append(domain)
            return ["", domain.field_expr, len(known) - 1]

        formulas = [formula(domain.optimize_full(Profile)) for _id, domain in rules]
        classes = {
            name: self._get_classes(Profile._fields[name], known)
            for name, known in conditions.items()
        }
        return formulas, classes

    @api.model
    def _get_classes(self, field, conditions):
        """:return: dict of a value by the truths of `conditions` on `field`"""
        Profile = self.env["crm.lifecycle.profile"].sudo()
        alias = Profile._table
        query = Query(self.env, alias, SQL.identifier(alias))
        rows = self.env.execute_query(
            SQL(
                "SELECT %(column)s, %(truths)s"
                "  FROM unnest(%(values)s::%(type)s[]) AS %(alias)s (%(column)s)",
                column=SQL.identifier(field.name),
                truths=SQL(", ").join(
                    SQL("(%s) IS TRUE", condition._to_sql(Profile, alias, query))
                    for condition in conditions
                ),
                values=self._get_values(field, conditions),
                type=SQL(field.column_type[1]),
                alias=SQL.identifier(alias),
            )
        )
        classes = {}
        for value, *truths in rows:
            classes.setdefault(tuple(truths), value)
        return classes

    @api.model
    def _get_values(self, field, conditions):
        """:return: list of values of `field` that stand for all there are"""
        constants = set()
        for condition in conditions:
            value = condition.value
            is_list = isinstance(value, Collection) and not isinstance(value, str)
            constants.update(value if is_list else [value])
        constants -= {False, None}
        if field.type == "boolean":
            return [True, False, None]
        if field.type == "selection":
            return [*field.get_values(self.env), None]
        if field.type == "many2one":
            return [*constants, max(constants, default=0) + 1, None]
        if field.type == "date":
            day = timedelta(days=1)
            return [near for c in constants for near in (c, c + day, c - day)] + [None]
        if field.type not in ("integer", "float", "monetary"):
            return [*constants, "?", None]
        decimals = 0 if field.type == "integer" else 4
        step = 10**-decimals
        numbers = {
            round(near, decimals)
            for c in {0, *constants}
            for near in (c, c + step, c - step)
        }
        if field.type != "monetary" and field.name not in NEGATIVE:
            numbers = {number for number in numbers if number >= 0}
        if field.name.startswith(SHARES):
            numbers = {number for number in numbers if number <= 1}
        if field.name.startswith("loyalty"):
            numbers = {number for number in numbers if number <= 100}
        return [*sorted(numbers), None]


def _judge(formula, chosen):
    """:param dict chosen: truths of the conditions on a field, by field, so far
    :return: True or False, or the name of a field on which it depends"""
    if isinstance(formula, bool):
        return formula
    operator, *parts = formula
    if not operator:
        name, position = parts
        return chosen[name][position] if name in chosen else name
    if operator == "!":
        verdict = _judge(parts[0], chosen)
        return verdict if isinstance(verdict, str) else not verdict
    decisive = operator == "|"  # one true part decides "or", one false part "and"
    undecided = None
    for part in parts:
        verdict = _judge(part, chosen)
        if verdict is decisive:
            return decisive
        if isinstance(verdict, str):
            undecided = undecided or verdict
    return undecided or not decisive


def _find(formula, classes):
    """Look for a customer who fulfils `formula`.

    :param dict classes: the truths to choose from, by field
    :return: dict of truths by field; None when there can be nobody; {"": ()} when the
        search was given up
    """
    waiting = [{}]
    for _look in range(MOST_LOOKS):
        if not waiting:
            return None
        chosen = waiting.pop()
        verdict = _judge(formula, chosen)
        if verdict is True:
            return chosen
        if verdict is not False:
            waiting += [
                {**chosen, verdict: truths} for truths in reversed(classes[verdict])
            ]
    return {"": ()}
