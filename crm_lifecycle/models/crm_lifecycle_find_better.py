from odoo import models
from odoo.tools import SQL

from ..engine import defaults
from .crm_lifecycle_find_links import LINK_SOURCE


class CrmLifecycleFindBetter(models.Model):
    """SUGGESTIONS, found by look-ups: better choices for what is on the order."""

    _inherit = "crm.lifecycle.affinity"

    def _sql_better(self, parameters, upsell):
        """Dearer products of the categories on the order, and declared alternatives.
        Of those about as likely to be bought, the one with the better margin by its
        mean price, where the cost is known."""
        Product = self.env["product.product"].with_company(parameters["company"])
        return SQL(
            """
            sibling AS MATERIALIZED (
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
            kin AS MATERIALIZED (
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
                          ON %(link_source)s = sibling.id
                       WHERE link.company_id = %(company)s
                         AND link.kind IN ('up_sell', 'alike')
                    GROUP BY link.product_tmpl_id
                  ) AS linked USING (product_tmpl_id)
            ),
            chosen AS MATERIALIZED (
                SELECT ordered.id, link.product_tmpl_id, link.support, link.confidence,
                       link.weight
                  FROM ordered
                  JOIN crm_lifecycle_affinity link ON %(link_source)s = ordered.id
                 WHERE link.company_id = %(company)s
                   AND link.kind = 'up_sell'
            ),
            learned_better AS MATERIALIZED (
                SELECT DISTINCT ON (kin.product_tmpl_id)
                       'up_sell' AS kind, kin.product_tmpl_id, ordered.id AS source,
                       ordered.categ_id, COALESCE(link.support, 0) AS support,
                       link.confidence, FALSE AS fresh,
                       kin.weight * (1 + %(margin)s::float8 * earned.share) AS weight
                  FROM kin
                  JOIN ordered
                    ON ordered.categ_id = kin.categ_id
                   AND kin.price >= %(dearer)s::float8 * ordered.price
                   AND kin.price <= %(much_dearer)s::float8 * ordered.price
             LEFT JOIN chosen AS link
                    ON link.id = ordered.id
                   AND link.product_tmpl_id = kin.product_tmpl_id
            CROSS JOIN LATERAL (
                          SELECT GREATEST(0, COALESCE(1 - AVG(NULLIF(%(cost)s, 0))
                                                          / kin.price, 0)) AS share
                            FROM product_product variant
                           WHERE variant.product_tmpl_id = kin.product_tmpl_id
                       ) AS earned
                 WHERE kin.product_tmpl_id != ALL(%(ordered)s)
              ORDER BY kin.product_tmpl_id, link.weight DESC NULLS LAST,
                       ordered.price DESC, ordered.id
            ),
            better AS MATERIALIZED (
                SELECT DISTINCT ON (product_tmpl_id)
                       TRUE AS is_better, kind, product_tmpl_id, source, support,
                       confidence, origin, rule_id,
                       known.is_owned, lead + weight - known.is_owned::int AS weight
                  FROM (
                       %(ruled)s
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
            link_source=LINK_SOURCE,
            shrink=upsell["shrink"],
            dearer=defaults.DEARER,
            much_dearer=defaults.MUCH_DEARER,
            margin=defaults.MARGIN,
            cost=Product._field_to_sql("variant", "standard_price")
            if Product._has_field_access(Product._fields["standard_price"], "read")
            else SQL("NULL::numeric"),  # the order would tell of it
            ruled=self._sql_ruled(parameters, "learned_better"),
            declared=self._sql_declared("up_sell"),
            **parameters,
        )
