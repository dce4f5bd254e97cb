from odoo import models
from odoo.tools import SQL


class CrmLifecycleFindVariant(models.Model):
    """SUGGESTIONS, found by look-ups: the variants to suggest of the products found,
    and what is told of them."""

    _inherit = "crm.lifecycle.affinity"

    def _sql_placed(self, parameters, variants):
        """The variant of each product found, of the best of each sort, with what is
        told of it. Only variants of these products are looked at."""
        template_id = SQL.identifier(variants.table, "product_tmpl_id")
        variant_id = SQL.identifier(variants.table, "id")
        variants.add_where(
            SQL(
                "%s IN (SELECT product_tmpl_id FROM found) AND %s != ALL(%s)",
                template_id,
                variant_id,
                parameters["non_products"],
            )
        )
        return SQL(
            """
            variant AS MATERIALIZED (%(variants)s),
            favourite AS MATERIALIZED (
                SELECT DISTINCT ON (product_tmpl_id) product_id
                  FROM purchase
              GROUP BY product_tmpl_id, product_id
              ORDER BY product_tmpl_id, COUNT(*) DESC, product_id
            ),
            candidate AS MATERIALIZED (
                SELECT DISTINCT ON (is_better, product_tmpl_id)
                       found.*, variant.id AS product_id
                  FROM found
                  JOIN variant USING (product_tmpl_id)
                 WHERE %(may_be)s
              ORDER BY is_better, product_tmpl_id,
                       variant.id NOT IN (SELECT product_id FROM favourite), variant.id
            ),
            placed AS MATERIALIZED (
                SELECT *, ROW_NUMBER() OVER (
                              PARTITION BY is_better, is_owned, kind = 'novelty'
                              ORDER BY weight DESC, product_id
                          ) AS place
                  FROM candidate
            )
            SELECT placed.is_better, placed.is_owned, placed.kind, placed.product_id,
                   placed.source, placed.support, placed.confidence, placed.origin,
                   placed.rule_id, placed.weight::float8 AS weight,
                   COALESCE(placed.source = ANY(%(ordered)s), FALSE) AS on_order,
                   CASE WHEN placed.is_owned THEN owned.quantity
                        WHEN placed.kind = 'consumable'
                        THEN COALESCE(NULLIF(supply.usual_quantity, 0), figure.quantity)
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
            """,
            variants=variants.select(variant_id, template_id),
            may_be=SQL(
                """
                product_tmpl_id NOT IN (
                    SELECT product_tmpl_id FROM rule WHERE mode = 'never' AND holds
                )
                """
            )
            if parameters["has_rules"]
            else SQL("TRUE"),
            **parameters,
        )
