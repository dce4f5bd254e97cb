from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.i18n import format_list


class CrmLifecycleWhatIf(models.TransientModel):
    """Who would move, and what is wrong with the rules: computed as they change."""

    _inherit = "crm.lifecycle.what.if"

    preview = fields.Json(compute="_compute_preview")
    summary = fields.Char(compute="_compute_preview")
    error = fields.Char(compute="_compute_preview")
    warning = fields.Text(compute="_compute_preview")

    @api.depends_context("lang")
    @api.depends(
        "company_id", "line_ids.domain", "line_ids.sequence", "line_ids.is_used"
    )
    def _compute_preview(self):
        for what_if in self:
            what_if.error = what_if.warning = what_if.summary = what_if.preview = False
            try:
                rules = what_if._get_rules()
            except ValidationError as error:
                what_if.error = error.args[0]
                continue
            counts = what_if._count_moves(rules)
            what_if.preview = what_if._get_preview(rules, counts)
            what_if.summary = what_if._get_summary()
            what_if.warning = "\n".join(what_if._get_warnings(rules)) or False

    @api.onchange("line_ids")
    def _onchange_line_ids(self):
        """A change of one rule changes the counts of other stages, too."""
        self.line_ids._set_counts(self.preview)

    def _count_moves(self, rules):
        """:return: list of (stage, whether pinned, stage by `rules` or 0 when none
        matches, number of customers)"""
        self.ensure_one()
        Profile = self.env["crm.lifecycle.profile"].sudo()
        Profile.flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT stage_id, is_pinned IS TRUE, %s, count(*)
                  FROM crm_lifecycle_profile
                 WHERE company_id = %s AND active AND stage_id IS NOT NULL
              GROUP BY 1, 2, 3
                """,
                self.env["crm.lifecycle.stage"]._sql_stage(
                    Profile._table, [*rules, (0, Domain.TRUE)]
                ),
                self.company_id.id,
            )
        )

    def _get_preview(self, rules, counts):
        """:return: what the screen shows: customers by stage now and then, moves with
        the customers of each as a domain, and how many match no rule"""
        now, then, moves = Counter(), Counter(), Counter()
        unmatched = 0
        for stage_id, is_pinned, target_id, count in counts:
            unmatched += count if not target_id else 0
            target_id = stage_id if is_pinned else target_id or rules[0][0]
            now[stage_id] += count
            then[target_id] += count
            if target_id != stage_id:
                moves[stage_id, target_id] += count
        Stage = self.env["crm.lifecycle.stage"].with_context(active_test=False)
        return {
            "now": {str(stage_id): count for stage_id, count in now.items()},
            "then": {str(stage_id): count for stage_id, count in then.items()},
            "unmatched": unmatched,
            "moves": [
                {
                    "from": Stage.browse(stage_id).name,
                    "from_color": Stage.browse(stage_id).color,
                    "to": Stage.browse(target_id).name,
                    "to_color": Stage.browse(target_id).color,
                    "count": count,
                    "domain": list(self._get_move_domain(rules, stage_id, target_id)),
                }
                for (stage_id, target_id), count in moves.most_common()
            ],
        }

    def _get_move_domain(self, rules, stage_id, target_id):
        """:return: the customers who would move from one stage to another"""
        position = [rule[0] for rule in rules].index(target_id)
        earlier = Domain.OR(domain for _id, domain in rules[:position])
        there = rules[position][1] & ~earlier
        if not position:  # the first stage is also that of those whom nothing matches
            there |= ~Domain.OR(domain for _id, domain in rules)
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("stage_id", "=", stage_id)
            & Domain("is_pinned", "=", False)
            & there
        )

    def _get_summary(self):
        moved = sum(move["count"] for move in self.preview["moves"])
        if not moved:
            return self.env._("Nobody would change stage.")
        return self.env._(
            "%(moved)s of %(everybody)s customers would change stage.",
            moved=moved,
            everybody=sum(self.preview["now"].values()),
        )

    def _get_warnings(self, rules):
        """:return: generator of sentences"""
        Stage = self.env["crm.lifecycle.stage"]
        contradictions, hidden, example = Stage._check_rules(rules)
        yield from Stage._get_rule_warnings(
            Stage.browse(contradictions), Stage.browse(hidden)
        )
        first = Stage.browse(rules[0][0]).name
        if example:
            yield self.env._(
                "Some customers would match no rule, for example one with %(example)s. "
                "They would be in the first stage, “%(stage)s”.",
                example=format_list(
                    self.env,
                    [
                        Stage._describe_condition(Domain(name, "=", value))
                        for name, value in example.items()
                    ],
                ),
                stage=first,
            )
        if self.preview["unmatched"]:
            yield self.env._(
                "Customers whom no rule matches: %(count)s. They are in the first "
                "stage, “%(stage)s”.",
                count=self.preview["unmatched"],
                stage=first,
            )
        if any(not line.stage_id.company_id for line in self.line_ids) and (
            self.env["res.company"].sudo().search_count([], limit=2) > 1
        ):
            yield self.env._(
                "These stages are used by other companies, too. Their customers are "
                "judged by the new rules as well. Counted here: %(company)s.",
                company=self.company_id.name,
            )
