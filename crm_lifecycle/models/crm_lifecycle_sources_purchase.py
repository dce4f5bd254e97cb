from odoo import models
from odoo.tools import SQL

# What a season and a project are: the same numbers as in ``engine.purchases``.
YEAR, OFF_SEASON = 365.25, 182
LONG, LONG_DAYS = 8, 60


class CrmLifecycleSourcesPurchase(models.AbstractModel):
    """RECORDS to FACTS: purchases, how often and of what.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_purchase(self, parameters):
        """Purchases: days with a positive net, numbered from the last one, with the
        pause before each and the days to the last.

        ``known_amount`` is what was paid for products whose cost is known: a discount
        on the whole order lowers each product's amount in the same proportion.
        """
        return SQL(
            """
            SELECT partner_id, day, day - lag(day) OVER customer AS gap,
                   lead(day) OVER customer IS NULL AS is_last,
                   amount, amount + rebate AS listed, cost,
                   CASE WHEN cost IS NOT NULL
                        THEN amount * (amount - unknown) / NULLIF(amount - taken_off, 0)
                   END AS known_amount
              FROM (
                  SELECT partner_id, day, SUM(amount) AS amount, SUM(cost) AS cost,
                         COALESCE(SUM(rebate), 0) AS rebate,
                         COALESCE(SUM(amount) FILTER (WHERE cost IS NULL), 0)
                             AS unknown,
                         COALESCE(SUM(amount) FILTER (WHERE is_discount), 0)
                             AS taken_off
                    FROM (
                        SELECT *
                          FROM line
                         WHERE day <= %(today)s
                      ORDER BY partner_id, day
                    ) AS line
                GROUP BY partner_id, day
                  HAVING round(SUM(amount), %(decimals)s) > 0
              ) AS event
            WINDOW customer AS (PARTITION BY partner_id ORDER BY day)
            """,
            **parameters,
        )

    def _sql_rhythm(self, parameters):
        """How often, when in the year, and in which bursts: as ``engine.purchases``
        tells it of the past."""
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) AS order_count,
                   COUNT(*) FILTER (WHERE years_ago = 0) AS order_count_12m,
                   MIN(day) AS first_order_date,
                   MAX(day) AS last_order_date,
                   COUNT(*) FILTER (WHERE years_ago = 1) AS order_count_before,
                   SUM(amount) AS order_value,
                   SUM(amount) FILTER (WHERE years_ago = 0) AS order_value_12m,
                   SUM(amount) FILTER (WHERE years_ago = 1) AS order_value_before,
                   SUM(known_amount) AS margin_known_value,
                   SUM(known_amount - cost) AS margin,
                   1 - SUM(amount) FILTER (WHERE years_ago = 0)
                       / GREATEST(
                           SUM(listed) FILTER (WHERE years_ago = 0),
                           SUM(amount) FILTER (WHERE years_ago = 0)
                       )
                       AS discount_ratio,
                   1 - SUM(amount) FILTER (WHERE years_ago = 1)
                       / GREATEST(
                           SUM(listed) FILTER (WHERE years_ago = 1),
                           SUM(amount) FILTER (WHERE years_ago = 1)
                       )
                       AS discount_ratio_before,
                   MIN(median_gap) AS median_gap,
                   MAX(gap) FILTER (WHERE is_last) AS last_gap,
                   SUM(0.5::float8 ^ (before_last / 30::float8))::numeric
                       AS order_decay_30,
                   SUM(0.5::float8 ^ (before_last / 90::float8))::numeric
                       AS order_decay_90,
                   1 + COUNT(*) FILTER (WHERE gap > %(off_season)s) AS season_count,
                   sqrt(power(SUM(cos(angle)), 2) + power(SUM(sin(angle)), 2))
                       / COUNT(*) AS season_strength,
                   round(
                       (atan2(SUM(sin(angle)), SUM(cos(angle))) / (2 * pi()) + 1)
                           ::numeric %% 1 * %(year)s
                   ) AS season_day,
                   1 + COUNT(*) FILTER (WHERE gap > long) AS project_count,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)
                       FILTER (WHERE gap > long) AS project_gap
              FROM purchase
              JOIN (
                  SELECT partner_id, MAX(day) AS last_day,
                         percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)
                             FILTER (WHERE gap IS NOT NULL) AS median_gap
                    FROM purchase
                GROUP BY partner_id
              ) AS usual USING (partner_id)
        CROSS JOIN LATERAL (
                  SELECT (day - DATE '1970-01-01') * 2 * pi() / %(year)s AS angle,
                         GREATEST(%(long_days)s, %(long)s * median_gap) AS long,
                         last_day - day AS before_last,
                         (%(today)s::date - day) / 365 AS years_ago
              ) AS measured
          GROUP BY partner_id
            """,
            year=YEAR,
            off_season=OFF_SEASON,
            long=LONG,
            long_days=LONG_DAYS,
            **parameters,
        )

    def _sql_breadth(self, parameters):
        """Different products (variants counted together) and categories, without
        deliveries, discounts and the like, and without what was credited; and the
        category on which most was spent."""
        return SQL(
            """
            SELECT partner_id, SUM(product_count)::integer AS product_count,
                   COUNT(*) AS category_count,
                   (array_agg(categ_id ORDER BY amount DESC, categ_id))[1]
                       AS main_category_id
              FROM (
                  SELECT partner_id, categ_id, COUNT(*) AS product_count,
                         SUM(amount) AS amount
                    FROM (
                        SELECT partner_id, categ_id, template_id, SUM(amount) AS amount
                          FROM (
                              SELECT partner_id, categ_id, template_id, amount
                                FROM line
                               WHERE product_id != ALL(%(non_products)s)
                            ORDER BY partner_id, categ_id, template_id
                          ) AS product
                      GROUP BY partner_id, categ_id, template_id
                        HAVING round(SUM(amount), %(decimals)s) > 0
                    ) AS bought
                GROUP BY partner_id, categ_id
              ) AS category
          GROUP BY partner_id
            """,
            **parameters,
        )
