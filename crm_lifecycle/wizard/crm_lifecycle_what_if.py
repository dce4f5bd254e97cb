from collections import Counter

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.i18n import format_list

# So many customers are judged again while the user waits, which takes seconds.
AT_ONCE = 1000


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
    preview = fields.Json(compute="_compute_preview")
    summary = fields.Char(compute="_compute_preview")
    error = fields.Char(compute="_compute_preview")
    warning = fields.Text(compute="_compute_preview")

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
        is_done = self._judge_at_once()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The rules are in force, and customers moved.")
                if is_done
                else self.env._(
                    "The rules are in force. Customers move within the next minutes."
                ),
                "next": {
                    **self.env["ir.actions.act_window"]._for_xml_id(
                        "crm_lifecycle.crm_lifecycle_stage_action"
                    ),
                    "target": "main",
                },
            },
        }

    def _judge_at_once(self):
        """Judge the customers of a small company now; the others are waiting for the
        job that changed rules have started.

        :return: whether it is done
        """
        Profile = self.env["crm.lifecycle.profile"].sudo()
        as_of = self.company_id._lifecycle_as_of()
        due = Profile._get_due_partner_ids(self.company_id, as_of)
        if len(due) > AT_ONCE:
            return False
        Profile._refresh_all_but_bad(self.company_id, due, as_of)
        return True
