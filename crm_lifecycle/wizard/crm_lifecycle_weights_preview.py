from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, formatLang

from .crm_lifecycle_weights import PARTS

# A score that changes by more than so many points is worth a look.
MANY_POINTS = 5
MOVERS = 12


class CrmLifecycleWeights(models.TransientModel):
    """Whose score would change by other weights, and who would move to another stage:
    computed as the weights change. Archived customers are not counted, and pinned ones
    stay where they are."""

    _inherit = "crm.lifecycle.weights"

    error = fields.Char(compute="_compute_preview")
    summary = fields.Char(compute="_compute_preview")
    bands = fields.Char(compute="_compute_preview")
    preview = fields.Json(compute="_compute_preview")
    movers = fields.Html(compute="_compute_preview", sanitize=False)

    def _check_weights(self):
        """:raise ValidationError: when these are not the parts of 100"""
        weights = self._get_weights()
        if min(weights.values()) < 0:
            raise ValidationError(self.env._("No weight may be negative."))
        missing = 100 - self.total
        if missing > 0:
            raise ValidationError(
                self.env._("The weights must add up to 100: %s missing.", missing)
            )
        if missing < 0:
            raise ValidationError(
                self.env._("The weights must add up to 100: %s too many.", -missing)
            )
        if not 0 < self.medium_loyalty < self.high_loyalty <= 100:
            raise ValidationError(
                self.env._(
                    "High loyalty begins above medium loyalty, both between 1 and 100."
                )
            )
        if not self.env["crm.lifecycle.model"]._get_current(self.company_id):
            raise ValidationError(
                self.env._(
                    "Weights can be changed when the customers of this company were "
                    "computed for the first time."
                )
            )

    @api.depends_context("lang")
    @api.depends("company_id", "medium_loyalty", "high_loyalty", *PARTS)
    def _compute_preview(self):
        for wizard in self:
            wizard.error = wizard.summary = wizard.bands = False
            wizard.preview = wizard.movers = False
            try:
                wizard._check_weights()
            except ValidationError as error:
                wizard.error = error.args[0]
                continue
            partner_ids, points = wizard._weigh()
            changes = wizard._get_changes(partner_ids, points)
            wizard.bands = wizard._get_bands(points["loyalty_score"])
            wizard.summary = wizard._get_summary(changes)
            wizard.preview = {"moves": wizard._get_moves(changes)}
            wizard.movers = wizard._render_movers(changes)

    def _weigh(self):
        """:return: ids of the customers who ever bought, and dict of arrays of their
        points with these weights, archived ones among them"""
        model = self.env["crm.lifecycle.model"]._get_current(self.company_id)
        _learned, partner_ids, points = model._weigh(self._get_weights())
        return partner_ids, points

    def _get_bands(self, scores):
        """:return: sentence on how many have low, medium and high loyalty"""
        high = int((scores >= self.high_loyalty).sum())
        low = int((scores < self.medium_loyalty).sum())
        return self.env._(
            "Customers: %(low)s low, %(medium)s medium, %(high)s high.",
            low=low,
            medium=len(scores) - low - high,
            high=high,
        )

    def _get_thirds(self):
        """:return: limits of three groups of about the same size"""
        import numpy as np

        scores = self._weigh()[1]["loyalty_score"]
        if not len(scores):
            return 40, 70
        return [round(limit) for limit in np.quantile(scores, (1 / 3, 2 / 3))]

    def _get_changes(self, partner_ids, points):
        """:return: list of (id of a profile, score now, score then, stage now, stage
        then) of those of whom either differs"""
        Profile = self.env["crm.lifecycle.profile"].sudo()
        Profile.flush_model()
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(self.company_id)
        others = [name for name in Profile._get_rule_fields() if name not in points]
        return self.env.execute_query(
            SQL(
                """
                SELECT id, score_now, loyalty_score, stage_id, stage_then
                  FROM (
                      SELECT id, score_now, loyalty_score, stage_id,
                             CASE WHEN is_pinned THEN stage_id ELSE %(stage)s END
                                 AS stage_then
                        FROM (
                            SELECT profile.id, profile.stage_id, profile.is_pinned,
                                   profile.loyalty_score AS score_now, %(others)s,
                                   %(weighed)s
                              FROM crm_lifecycle_profile profile
                              JOIN unnest(%(partners)s::integer[], %(arrays)s)
                                   AS score (partner_id, %(points)s)
                                   USING (partner_id)
                             WHERE profile.company_id = %(company)s AND profile.active
                               AND profile.stage_id IS NOT NULL
                        ) AS %(alias)s
                  ) AS weighed
                 WHERE (score_now, stage_id)
                       IS DISTINCT FROM (loyalty_score, stage_then)
                """,
                stage=stages._to_sql(Profile._table),
                alias=SQL.identifier(Profile._table),
                others=SQL(", ").join(SQL.identifier("profile", n) for n in others),
                points=SQL(", ").join(map(SQL.identifier, points)),
                weighed=SQL(", ").join(SQL.identifier("score", n) for n in points),
                partners=partner_ids,
                arrays=SQL(", ").join(
                    SQL("%s::numeric[]", values.tolist()) for values in points.values()
                ),
                company=self.company_id.id,
            )
        )

    def _get_summary(self, changes):
        gains = [then - now for _id, now, then, *_stages in changes]
        moved = sum(1 for *_change, before, after in changes if before != after)
        if not changes:
            return self.env._("No score would change.")
        return self.env._(
            "Customers whose score would rise by more than %(points)s points: %(up)s. "
            "Fall by more: %(down)s. Change stage: %(moved)s.",
            points=MANY_POINTS,
            up=sum(1 for gain in gains if gain > MANY_POINTS),
            down=sum(1 for gain in gains if gain < -MANY_POINTS),
            moved=moved,
        )

    def _get_moves(self, changes):
        """:return: who would move from which stage to which, see
        ``CrmLifecycleWhatIf._get_preview``"""
        Stage = self.env["crm.lifecycle.stage"]
        moves = defaultdict(list)
        for profile_id, _now, _then, before, after in changes:
            if before != after:
                moves[Stage.browse(before), Stage.browse(after)].append(profile_id)
        return [
            {
                "from": before.name,
                "from_color": before.color,
                "to": after.name,
                "to_color": after.color,
                "count": len(profile_ids),
                "domain": list(Domain("id", "in", profile_ids)),
            }
            for (before, after), profile_ids in sorted(
                moves.items(), key=lambda move: -len(move[1])
            )
        ]

    def _render_movers(self, changes):
        """:return: table of the customers whose scores would change most"""
        Profile = self.env["crm.lifecycle.profile"]
        Stage = self.env["crm.lifecycle.stage"]
        most = sorted(changes, key=lambda change: -abs(change[2] - change[1]))[:MOVERS]
        rows = [
            {
                "id": profile_id,
                "name": Profile.browse(profile_id).partner_id.display_name,
                "now": formatLang(self.env, now, digits=1),
                "then": formatLang(self.env, then, digits=1),
                "gain": formatLang(self.env, then - now, digits=1),
                "rises": then > now,
                "stage": Stage.browse(before).name,
                "target": before != after and Stage.browse(after).name,
            }
            for profile_id, now, then, before, after in most
        ]
        return rows and self.env["ir.qweb"]._render(
            "crm_lifecycle.weights_movers", {"rows": rows}
        )
