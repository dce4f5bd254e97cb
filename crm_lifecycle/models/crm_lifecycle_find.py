from odoo import api, models
from odoo.tools import SQL

from ..engine import defaults

# Beside scores below 1: what people decided and declared goes before what was learned.
ALWAYS, PROMOTED, DECLARED = 100, 10, 5
# One place in so many, at the latest, is for something that the customer does not have
# yet, and for a new product of a category that he buys.
FRESH_PLACE, NEW_PLACE = 3, 5
# Links to products that he does not have yet.
FRESH_KINDS = ("cross_sell", "similar")
# Fields of a product in which people declare what goes with it and what replaces it.
DECLARED_FIELDS = [
    ("optional_product_ids", "cross_sell"),
    ("accessory_product_ids", "cross_sell"),
    ("alternative_product_ids", "up_sell"),
]


class CrmLifecycleFind(models.Model):
    """SUGGESTIONS, found by look-ups: what the customer bought and what is on the
    order, joined with the links and figures of these products.

    The arithmetic is that of ``engine.quotation``, where it is graded.
    """

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _find(self, company, partner_id, ordered_ids, variants, limit):
        """The best suggestions for an order: better choices, and others.

        Others are in order of their score::

            what is on the same orders as the products of this one
            + his own habit, for what he bought before
            + what the customers of his products bought, for what he did not

        On an empty order the habit is that of the reorder model. A suggestion is of the
        kind that adds most to its score. At the latest every third place is something
        that he does not have yet, every fifth a new product of a category that he buys.
        Manual rules go before declared links, and these before all that was learned.

        A better choice is sought for what is on the order: dearer products of its
        category, by what else the customers of his products of the category bought;
        what he has bought already comes last.

        :param partner_id: the commercial partner
        :param ordered_ids: product templates on the order
        :param variants: Query of the variants (product.product) that may be suggested;
            of a product with several, the one the customer bought most often is
        :param limit: how many better choices, and how many others
        :return: list of dicts, better choices first, each with the best first:

            - kind, product_id (variant), weight (score)
            - source (bought template that contributes most, or None), on_order (whether
              that is on the order), support and confidence of that link
            - quantity: his usual one of what he bought before, else that of all
              customers for consumables
            - last_date, pause (his usual days between two purchases of it, else those
              of all customers) and due_days, by how many days that has passed
            - origin (learned, declared or manual), and rule_id of a manual one
        """
        settings = self.env["crm.lifecycle.suggestion.model"]._get_settings(company)
        as_of = company._lifecycle_as_of()
        habit = {"habit": 1.0, "popular": 0.0, **settings["reorder"]}
        if ordered_ids:
            habit = {"demand": 0.0, "due": 0.0, "days": 0.0, **settings["basket"]}
        Facts = self.env["crm.lifecycle.facts"]
        parameters = Facts._get_parameters(company, [partner_id], as_of)
        parameters |= {
            "ordered": list(ordered_ids),
            "bought": self._sql_purchases(parameters),
            "limit": limit,
        }
        parts = [
            self._sql_owned(parameters, habit),
            self._sql_rules(parameters),
            self._sql_links(parameters, settings["cross"]),
            self._sql_scored(parameters, settings["cross"], habit),
            self._sql_better(parameters, settings["upsell"]),
        ]
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH %(parts)s,
                favourite AS MATERIALIZED (
                    SELECT DISTINCT ON (product_tmpl_id) product_id
                      FROM purchase
                  GROUP BY product_tmpl_id, product_id
                  ORDER BY product_tmpl_id, COUNT(*) DESC, product_id
                ),
                candidate AS (
                    SELECT DISTINCT ON (is_better, found.product_tmpl_id)
                           found.*, variant.id AS product_id
                      FROM (SELECT * FROM scored UNION ALL SELECT * FROM better)
                           AS found
                      JOIN product_product variant USING (product_tmpl_id)
                     WHERE variant.id IN %(variants)s
                       AND variant.id != ALL(%(non_products)s)
                       AND found.product_tmpl_id NOT IN (
                           SELECT product_tmpl_id FROM rule
                            WHERE mode = 'never' AND holds
                       )
                  ORDER BY is_better, found.product_tmpl_id,
                           variant.id NOT IN (SELECT product_id FROM favourite),
                           variant.id
                ),
                placed AS (
                    SELECT *, ROW_NUMBER() OVER (
                                  PARTITION BY is_better, is_owned, kind = 'novelty'
                                  ORDER BY weight DESC, product_id
                              ) AS place
                      FROM candidate
                )
                SELECT placed.is_better, placed.is_owned, placed.kind,
                       placed.product_id, placed.source, placed.support,
                       placed.confidence, placed.origin, placed.rule_id,
                       placed.weight::float8 AS weight,
                       COALESCE(placed.source = ANY(%(ordered)s), FALSE) AS on_order,
                       CASE WHEN placed.is_owned THEN owned.quantity
                            WHEN placed.kind = 'consumable'
                            THEN COALESCE(NULLIF(supply.usual_quantity, 0),
                                          figure.quantity)
                       END::float8 AS quantity,
                       owned.last AS last_date,
                       CASE WHEN placed.is_owned THEN known.pause END AS pause,
                       CASE WHEN %(today)s - owned.last >= known.pause
                            THEN (%(today)s - owned.last - known.pause)::int
                       END AS due_days
                  FROM placed
             LEFT JOIN owned ON owned.template_id = placed.product_tmpl_id
             LEFT JOIN crm_lifecycle_product figure
                    ON figure.company_id = %(company)s
                   AND figure.product_tmpl_id = placed.product_tmpl_id
             LEFT JOIN crm_lifecycle_affinity supply
                    ON supply.company_id = %(company)s
                   AND supply.kind = 'consumable'
                   AND supply.source_tmpl_id = placed.source
                   AND supply.product_tmpl_id = placed.product_tmpl_id
            CROSS JOIN LATERAL (
                          SELECT COALESCE(owned.pause, NULLIF(figure.pause, 0)) AS pause
                       ) AS known
                 WHERE placed.place <= %(limit)s
              ORDER BY placed.is_better DESC, placed.weight DESC, placed.product_id
                """,
                **parameters,
                parts=SQL(", ").join(parts),
                variants=variants.subselect(),
            )
        )
        better = [row for row in rows if row["is_better"]]
        return better[:limit] + self._mix(rows[len(better) :], limit)

    def _mix(self, rows, limit):
        """:param rows: suggestions that are no better choices, best first
        :return: the first of them, with places for what he does not have yet and for
        new products"""
        mixed, left = [], list(rows)
        while left and len(mixed) < limit:
            wanted, place = left, len(mixed) + 1
            if not place % NEW_PLACE:
                wanted = [row for row in left if row["kind"] == "novelty"] or wanted
            elif all(row["is_owned"] for row in mixed[1 - FRESH_PLACE :]) and mixed[1:]:
                wanted = [row for row in left if not row["is_owned"]] or wanted
            mixed.append(wanted[0])
            left.remove(wanted[0])
        return mixed

    def _sql_owned(self, parameters, habit):
        """His purchases, and of each product how often and when, with his habit: the
        share of his orders that have it, see ``engine.reorder.weights``. And what the
        links start from: products on the order, and those that he bought last."""
        half_life = habit["half_life"]
        return SQL(
            """
            purchase AS MATERIALIZED (%(bought)s),
            visit AS MATERIALIZED (
                SELECT product_tmpl_id AS template_id, categ_id, day,
                       SUM(quantity) AS quantity,
                       DENSE_RANK() OVER (ORDER BY day DESC) - 1 AS later
                  FROM purchase
              GROUP BY product_tmpl_id, categ_id, day
            ),
            owned AS MATERIALIZED (
                SELECT *, (last - first) / NULLIF(times - 1, 0)::float8 AS pause
                  FROM (
                      SELECT template_id, MIN(categ_id) AS categ_id,
                             COUNT(*) AS times, MIN(day) AS first, MAX(day) AS last,
                             SUM(0.5 ^ (later / %(half_life)s::float8))
                                 / (SELECT (1 - %(factor)s ^ (MAX(later) + 1))
                                           / (1 - %(factor)s::float8) FROM visit)
                                 AS habit,
                             percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity)
                                 AS quantity
                        FROM visit
                    GROUP BY template_id
                  ) AS bought
            ),
            ordered AS MATERIALIZED (
                SELECT template.id, template.categ_id,
                       COALESCE(NULLIF(figure.price, 0), template.list_price::float8)
                           AS price
                  FROM product_template template
             LEFT JOIN crm_lifecycle_product figure
                    ON figure.company_id = %(company)s
                   AND figure.product_tmpl_id = template.id
                 WHERE template.id = ANY(%(ordered)s)
            ),
            source AS MATERIALIZED (
                SELECT id, categ_id, TRUE AS on_order, NULL::date AS last FROM ordered
             UNION ALL (
                SELECT template_id, categ_id, FALSE, last
                  FROM owned
                 WHERE template_id != ALL(%(ordered)s)
              ORDER BY last DESC, template_id
                 LIMIT %(latest)s
             )
            )
            """,
            half_life=half_life,
            factor=0.5 ** (1 / half_life),
            latest=defaults.LATEST,
            **parameters,
        )

    def _sql_rules(self, parameters):
        """Manual rules, the categories that they hold for, and whether they hold for
        this order: always, or because of one of its products."""
        return SQL(
            """
            rule AS MATERIALIZED (
                SELECT rule.*, rule.open OR trigger.id IS NOT NULL AS holds,
                       trigger.id AS trigger_id
                  FROM (
                      SELECT rule.id, rule.mode, rule.product_tmpl_id,
                             rule.source_tmpl_id,
                             COALESCE(rule.source_tmpl_id, rule.source_categ_id) IS NULL
                                 AS open,
                             ARRAY(
                                 SELECT below.id
                                   FROM product_category categ
                                   JOIN product_category below
                                     ON below.parent_path
                                        LIKE categ.parent_path || '%%'
                                  WHERE categ.id = rule.source_categ_id
                             ) AS categ_ids
                        FROM crm_lifecycle_suggestion_rule rule
                       WHERE rule.active
                         AND (rule.company_id IS NULL
                              OR rule.company_id = %(company)s)
                  ) AS rule
             LEFT JOIN LATERAL (
                          SELECT id FROM ordered
                           WHERE id = rule.source_tmpl_id
                              OR categ_id = ANY(rule.categ_ids)
                        ORDER BY id LIMIT 1
                       ) AS trigger ON TRUE
            )
            """,
            **parameters,
        )

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
            learned AS (
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
                  JOIN crm_lifecycle_affinity link ON link.source_tmpl_id = source.id
                 WHERE link.company_id = %(company)s
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
                  JOIN crm_lifecycle_affinity link
                    ON link.source_categ_id = kind.categ_id
                 WHERE link.company_id = %(company)s
                   AND link.kind = 'category'
                   AND (kind.categ_id, link.product_tmpl_id) NOT IN (
                       SELECT banned.categ_id, rule.product_tmpl_id
                         FROM rule
                   CROSS JOIN unnest(rule.categ_ids) AS banned (categ_id)
                        WHERE rule.mode = 'ban'
                   )
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
            link AS (
                SELECT learned.kind, learned.product_tmpl_id, learned.source,
                       learned.support, learned.confidence, learned.fresh,
                       learned.weight,
                       CASE WHEN promoted.id IS NULL THEN 'learned' ELSE 'manual' END
                           AS origin,
                       promoted.id AS rule_id,
                       CASE WHEN promoted.id IS NULL THEN 0 ELSE %(promoted)s END
                           AS lead
                  FROM learned
             LEFT JOIN rule AS promoted
                    ON promoted.mode = 'promote' AND %(is_promoted)s
                 WHERE NOT EXISTS (
                           SELECT FROM rule AS banned
                            WHERE banned.mode = 'ban' AND %(is_banned)s
                       )
             UNION ALL
                SELECT 'cross_sell', product_tmpl_id, trigger_id, 0, NULL, FALSE, 0,
                       'manual', id, %(always)s
                  FROM rule
                 WHERE mode = 'always' AND holds
             %(declared)s
             %(supplies)s
            )
            """,
            fresh=FRESH_KINDS,
            new=defaults.NEW,
            fade=SQL(
                "COALESCE(0.5 ^ ((%s + 1 - source.last) / %s::float8), 1)",
                parameters["today"],
                cross["half_life"],
            )
            if cross["half_life"]
            else SQL("1"),
            is_promoted=self._sql_rule_meets("promoted"),
            is_banned=self._sql_rule_meets("banned"),
            promoted=PROMOTED,
            always=ALWAYS,
            declared=self._sql_declared("cross_sell"),
            supplies=self._sql_declared_supplies(parameters["today"], DECLARED),
            **parameters,
        )

    def _sql_rule_meets(self, alias):
        """:return: condition that a rule is about a learned link"""
        rule = SQL.identifier(alias)
        return SQL(
            """
            %(rule)s.product_tmpl_id = learned.product_tmpl_id
            AND (%(rule)s.open OR %(rule)s.source_tmpl_id = learned.source
                 OR learned.categ_id = ANY(%(rule)s.categ_ids))
            """,
            rule=rule,
        )

    def _sql_declared(self, kind):
        """:return: rows like those of ``link`` of one kind, from the fields of the
        products on the order in which people declare what goes with them"""
        Template = self.env["product.template"]
        rows = []
        for name, declared_kind in DECLARED_FIELDS:
            field = Template._fields.get(name)
            if not field or declared_kind != kind:
                continue
            other = SQL("relation.%s", SQL.identifier(field.column2, to_flush=field))
            join = SQL()
            if field.comodel_name == "product.product":
                join = SQL("JOIN product_product variant ON variant.id = %s", other)
                other = SQL("variant.product_tmpl_id")
            rows.append(
                SQL(
                    """
                    UNION ALL
                    SELECT %(kind)s, %(other)s, ordered.id, 0, NULL, FALSE, 0,
                           'declared', NULL, %(declared)s
                      FROM ordered
                      JOIN %(relation)s AS relation ON relation.%(source)s = ordered.id
                      %(join)s
                    """,
                    kind=kind,
                    other=other,
                    declared=DECLARED,
                    relation=SQL.identifier(field.relation),
                    source=SQL.identifier(field.column1),
                    join=join,
                )
            )
        return SQL(" ").join(rows)

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
            said AS (
                SELECT DISTINCT ON (product_tmpl_id) *
                  FROM reason
              ORDER BY product_tmpl_id, speaks DESC, source
            ),
            scored AS (
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

    def _sql_better(self, parameters, upsell):
        """Dearer products of the categories on the order, and declared alternatives."""
        return SQL(
            """
            sibling AS (
                SELECT source.id, kind.categ_id,
                       %(shrink)s::float8
                           / (COALESCE(figure.buyers, 0) + %(shrink)s) AS unknown
                  FROM (SELECT DISTINCT categ_id FROM ordered) AS kind
                  JOIN (
                      SELECT id, categ_id FROM ordered
                       UNION
                      SELECT template_id, categ_id FROM owned
                  ) AS source USING (categ_id)
             LEFT JOIN crm_lifecycle_product figure
                    ON figure.company_id = %(company)s
                   AND figure.product_tmpl_id = source.id
            ),
            kin AS (
                SELECT figure.product_tmpl_id, figure.categ_id, figure.price,
                       figure.category_share * kind.unknown
                           + COALESCE(linked.weight, 0) AS weight
                  FROM (
                      SELECT categ_id, SUM(unknown) AS unknown
                        FROM sibling
                    GROUP BY categ_id
                  ) AS kind
                  JOIN crm_lifecycle_product figure
                    ON figure.company_id = %(company)s
                   AND figure.categ_id = kind.categ_id
             LEFT JOIN (
                      SELECT link.product_tmpl_id, SUM(link.weight) AS weight
                        FROM sibling
                        JOIN crm_lifecycle_affinity link
                          ON link.source_tmpl_id = sibling.id
                       WHERE link.company_id = %(company)s
                         AND link.kind IN ('up_sell', 'alike')
                    GROUP BY link.product_tmpl_id
                  ) AS linked USING (product_tmpl_id)
            ),
            learned_better AS (
                SELECT DISTINCT ON (kin.product_tmpl_id)
                       'up_sell' AS kind, kin.product_tmpl_id, ordered.id AS source,
                       ordered.categ_id, COALESCE(link.support, 0) AS support,
                       link.confidence, FALSE AS fresh, kin.weight
                  FROM kin
                  JOIN ordered
                    ON ordered.categ_id = kin.categ_id
                   AND kin.price >= %(dearer)s::float8 * ordered.price
                   AND kin.price <= %(much_dearer)s::float8 * ordered.price
             LEFT JOIN crm_lifecycle_affinity link
                    ON link.company_id = %(company)s
                   AND link.kind = 'up_sell'
                   AND link.source_tmpl_id = ordered.id
                   AND link.product_tmpl_id = kin.product_tmpl_id
                 WHERE kin.product_tmpl_id != ALL(%(ordered)s)
              ORDER BY kin.product_tmpl_id, link.weight DESC NULLS LAST,
                       ordered.price DESC, ordered.id
            ),
            better AS (
                SELECT DISTINCT ON (product_tmpl_id)
                       TRUE AS is_better, kind, product_tmpl_id, source, support,
                       confidence, origin, rule_id,
                       known.is_owned, lead + weight - known.is_owned::int AS weight
                  FROM (
                      SELECT learned.kind, learned.product_tmpl_id, learned.source,
                             learned.support, learned.confidence, learned.fresh,
                             learned.weight,
                             CASE WHEN promoted.id IS NULL THEN 'learned'
                                  ELSE 'manual' END AS origin,
                             promoted.id AS rule_id,
                             CASE WHEN promoted.id IS NULL THEN 0
                                  ELSE %(promoted)s END AS lead
                        FROM learned_better AS learned
                   LEFT JOIN rule AS promoted
                          ON promoted.mode = 'promote' AND %(is_promoted)s
                       WHERE NOT EXISTS (
                                 SELECT FROM rule AS banned
                                  WHERE banned.mode = 'ban' AND %(is_banned)s
                             )
                       %(declared)s
                  ) AS found
            CROSS JOIN LATERAL (
                          SELECT product_tmpl_id IN (SELECT template_id FROM owned)
                                 AS is_owned
                       ) AS known
                 WHERE product_tmpl_id != ALL(%(ordered)s)
              ORDER BY product_tmpl_id, lead DESC
            )
            """,
            shrink=upsell["shrink"],
            dearer=defaults.DEARER,
            much_dearer=defaults.MUCH_DEARER,
            promoted=PROMOTED,
            is_promoted=self._sql_rule_meets("promoted"),
            is_banned=self._sql_rule_meets("banned"),
            declared=self._sql_declared("up_sell"),
            **parameters,
        )
