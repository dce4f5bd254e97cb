from odoo import models
from odoo.tools import SQL

from ..engine import defaults
from .crm_lifecycle_find_rules import ALWAYS, DECLARED

# What a link starts from, as its unique index has it: with company and kind, just the
# links wanted are looked up, and not those of other companies and kinds beside them.
LINK_SOURCE = SQL("COALESCE(link.source_tmpl_id, -link.source_categ_id, 0)")
# Links to products that he does not have yet.
FRESH_KINDS = ("cross_sell", "similar")


class CrmLifecycleFindLinks(models.Model):
    """SUGGESTIONS, found by look-ups: what speaks for a product, and its score."""

    _inherit = "crm.lifecycle.affinity"

    def _sql_links(self, parameters, cross):
        """All that speaks for a product, each with its weight. ``fresh`` are links that
        count for what the customer does not have yet.

        Links of categories and popular products are no reason to give, but the last
        one: they have no bought product to name."""
        return SQL(
            """
            offered AS MATERIALIZED (
                SELECT kind, product_tmpl_id, support, confidence, weight
                  FROM crm_lifecycle_affinity
                 WHERE company_id = %(company)s AND kind IN ('popular', 'novelty')
            ),
            learned AS MATERIALIZED (
                SELECT CASE WHEN link.kind = 'together' THEN 'cross_sell'
                            ELSE link.kind END AS kind,
                       link.product_tmpl_id, link.source_tmpl_id AS source,
                       source.categ_id, link.support, link.confidence,
                       link.kind IN %(fresh)s AS fresh,
                       link.weight * CASE
                           WHEN link.kind IN %(fresh)s THEN %(new)s::float8 * %(fade)s
                           ELSE 1
                       END AS weight
                  FROM source
                  JOIN crm_lifecycle_affinity link ON %(link_source)s = source.id
                 WHERE link.company_id = %(company)s
                   AND link.kind IN ('cross_sell', 'similar', 'together', 'consumable')
                   AND (link.kind IN ('cross_sell', 'similar')
                        OR link.kind = 'together' AND source.on_order
                        OR link.kind = 'consumable' AND (
                            source.on_order OR link.product_tmpl_id NOT IN (
                                SELECT template_id FROM owned
                                 WHERE %(today)s - last < link.usual_days
                            )
                        ))
             UNION ALL
                SELECT 'similar', link.product_tmpl_id, NULL, NULL, 0, NULL, TRUE,
                       SUM(link.weight * %(new)s::float8 * ln(1 + kind.times))
                  FROM (
                      SELECT categ_id, COUNT(*) AS times FROM visit GROUP BY categ_id
                  ) AS kind
                  JOIN crm_lifecycle_affinity link ON %(link_source)s = -kind.categ_id
                 WHERE link.company_id = %(company)s
                   AND link.kind = 'category'
                   AND %(category_counts)s
              GROUP BY link.product_tmpl_id
             UNION ALL
                SELECT kind, product_tmpl_id, NULL, NULL, support, confidence, TRUE,
                       weight * 1e-9
                  FROM offered
                 WHERE kind = 'popular'
             UNION ALL
                SELECT offered.kind, offered.product_tmpl_id, NULL, NULL, 0, NULL, TRUE,
                       offered.weight * 1e-6 * kind.times
                  FROM offered
                  JOIN product_template template
                    ON template.id = offered.product_tmpl_id
                  JOIN (
                      SELECT categ_id, SUM(times) AS times
                        FROM (
                            SELECT categ_id, 1 AS times FROM ordered
                         UNION ALL
                            SELECT categ_id, times FROM owned
                        ) AS bought
                    GROUP BY categ_id
                  ) AS kind ON kind.categ_id = template.categ_id
                 WHERE offered.kind = 'novelty'
            ),
            link AS MATERIALIZED (
                %(ruled)s
                %(always)s
                %(declared)s
                %(supplies)s
            )
            """,
            link_source=LINK_SOURCE,
            fresh=FRESH_KINDS,
            new=defaults.NEW,
            fade=SQL(
                "COALESCE(0.5 ^ ((%s + 1 - source.last) / %s::float8), 1)",
                parameters["today"],
                cross["half_life"],
            )
            if cross["half_life"]
            else SQL("1"),
            category_counts=SQL(
                """
                (kind.categ_id, link.product_tmpl_id) NOT IN (
                    SELECT banned.categ_id, rule.product_tmpl_id
                      FROM rule
                CROSS JOIN unnest(rule.categ_ids) AS banned (categ_id)
                     WHERE rule.mode = 'ban'
                )
                """
            )
            if parameters["has_rules"]
            else SQL("TRUE"),
            ruled=self._sql_ruled(parameters, "learned"),
            always=SQL(
                """
                UNION ALL
                SELECT 'cross_sell', product_tmpl_id, trigger_id, 0, NULL, FALSE, 0,
                       'manual', id, %s
                  FROM rule
                 WHERE mode = 'always' AND holds
                """,
                ALWAYS,
            )
            if parameters["has_rules"]
            else SQL(),
            declared=self._sql_declared("cross_sell"),
            supplies=self._sql_declared_supplies(parameters["today"], DECLARED),
            **parameters,
        )

    def _sql_scored(self, parameters, cross, habit):
        """Scores of all products but those on the order, with the reason that adds
        most."""
        return SQL(
            """
            reason AS MATERIALIZED (
                SELECT product_tmpl_id, kind, source, support, confidence, origin,
                       rule_id, lead, fresh,
                       weight, lead + CASE WHEN source IS NULL THEN weight * 1e-9
                                           ELSE weight END AS speaks
                  FROM link
                 WHERE product_tmpl_id != ALL(%(ordered)s)
                   AND (NOT fresh
                        OR product_tmpl_id NOT IN (SELECT template_id FROM owned))
             UNION ALL
                SELECT owned.template_id, 'reorder', NULL, owned.times, NULL,
                       'learned', NULL, 0, FALSE, own.weight, own.weight
                  FROM owned
             LEFT JOIN crm_lifecycle_product figure
                    ON figure.company_id = %(company)s
                   AND figure.product_tmpl_id = owned.template_id
            CROSS JOIN LATERAL (
                          SELECT %(habit)s::float8 * owned.habit
                                 * COALESCE(figure.repeat_rate, 0.25)
                                   ^ %(repeat)s::float8
                                 * COALESCE(figure.demand, 1) ^ %(demand)s::float8
                                 * LEAST(1, GREATEST(0.1, COALESCE(
                                       (%(today)s + 1 - owned.last)
                                           / GREATEST(owned.pause, 1),
                                       1
                                   ))) ^ %(due)s::float8
                                 * %(days)s AS weight
                       ) AS own
                 WHERE owned.template_id != ALL(%(ordered)s)
            ),
            said AS MATERIALIZED (
                SELECT DISTINCT ON (product_tmpl_id) *
                  FROM reason
              ORDER BY product_tmpl_id, speaks DESC, source
            ),
            scored AS MATERIALIZED (
                SELECT FALSE AS is_better, said.kind, said.product_tmpl_id, said.source,
                       said.support, said.confidence, said.origin, said.rule_id,
                       summed.is_owned,
                       summed.lead + summed.plain
                           + %(popular)s::float8 * COALESCE(figure.order_share, 0)
                           + CASE WHEN summed.is_owned THEN 0
                                  ELSE (summed.fresh + %(new)s::float8
                                        * %(new_popular)s::float8
                                        * COALESCE(figure.buyer_share, 0))
                                       * COALESCE(figure.demand, 1) ^ %(trend)s::float8
                             END AS weight
                  FROM said
                  JOIN (
                      SELECT product_tmpl_id, MAX(lead) AS lead,
                             BOOL_OR(kind = 'reorder') AS is_owned,
                             COALESCE(SUM(weight) FILTER (WHERE NOT fresh), 0) AS plain,
                             COALESCE(SUM(weight) FILTER (WHERE fresh), 0) AS fresh
                        FROM reason
                    GROUP BY product_tmpl_id
                  ) AS summed USING (product_tmpl_id)
             LEFT JOIN crm_lifecycle_product figure
                    ON figure.company_id = %(company)s
                   AND figure.product_tmpl_id = said.product_tmpl_id
            )
            """,
            habit=habit["habit"],
            repeat=habit["repeat"],
            demand=habit["demand"],
            due=habit["due"],
            days=SQL(
                "0.5 ^ ((%s + 1 - owned.last) / %s::float8)",
                parameters["today"],
                habit["days"],
            )
            if habit["days"]
            else SQL("1"),
            popular=habit["popular"],
            new=defaults.NEW,
            new_popular=cross["popular"],
            trend=cross["trend"],
            **parameters,
        )
