from odoo import models
from odoo.tools import SQL

# What a season and a project are: the same numbers as in ``engine.purchases``.
YEAR, OFF_SEASON = 365.25, 182
LONG, LONG_DAYS = 8, 60


class CrmLifecycleSourcesPurchase(models.AbstractModel):
    """RECORDS to FACTS: what was bought, and when.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_line(self, parameters):
        """What was bought on which day: lines of orders, of invoices without an order
        and of the point of sale, and what was credited of them, on the day of the
        purchase."""
        lines = [
            self._sql_line_ordered(parameters),
            self._sql_line_credited(parameters),
            self._sql_line_invoiced(parameters),
        ]
        if "pos.order" in self.env:
            lines.append(self._sql_line_point_of_sale(parameters))
        return SQL(" UNION ALL ").join(lines)

    def _sql_ordered(self, parameters):
        """Lines of confirmed orders."""
        return SQL(
            """
            SELECT line.id, line.product_id, line.price_subtotal, line.currency_id,
                   line.display_type, placed.partner_id, placed.day, placed.rate
              FROM placed
              JOIN sale_order_line line ON line.order_id = placed.id
             WHERE placed.state = 'sale'
               AND line.is_downpayment IS NOT TRUE
            """
        )

    def _sql_line_ordered(self, parameters):
        return SQL(
            """
            SELECT partner_id, day, product_id, price_subtotal / rate AS amount
              FROM ordered
             WHERE display_type IS NULL
            """
        )

    def _sql_billed(self, parameters):
        """What was invoiced of each order line, negative when credited. Amounts in the
        currency of the order are at its own rate, so that what is credited in full
        leaves no exchange difference.

        Nearly always the invoice is one of the customer's; ``stranger`` is an item of
        one that is not, looked up only then."""
        return SQL(
            """
            SELECT ordered.*,
                   -sign(ordered.price_subtotal) * CASE
                       WHEN COALESCE(item.currency_id, stranger.currency_id)
                            = ordered.currency_id
                       THEN COALESCE(
                           item.amount_currency, stranger.amount_currency
                       ) / ordered.rate
                       ELSE COALESCE(item.balance, stranger.balance)
                   END AS amount
              FROM ordered
              JOIN sale_order_line_invoice_rel rel
                ON rel.order_line_id = ordered.id
         LEFT JOIN item ON item.id = rel.invoice_line_id
         LEFT JOIN LATERAL (
                  SELECT line.balance, line.amount_currency, line.currency_id
                    FROM account_move_line line
                    JOIN account_move move ON move.id = line.move_id
                   WHERE line.id = CASE WHEN item.id IS NULL
                                        THEN rel.invoice_line_id END
                     AND line.display_type = 'product'
                     AND move.move_type IN (
                         'out_invoice', 'out_refund', 'out_receipt'
                     )
                     AND move.state = 'posted'
                     AND move.invoice_date <= %(today)s
                   ) AS stranger ON TRUE
            """,
            **parameters,
        )

    def _sql_line_credited(self, parameters):
        """What was credited of each order line, by credit notes and by negative lines
        of a later invoice; less what was invoiced in excess of the order, because an
        invoice that was credited and made anew takes nothing back."""
        return SQL(
            """
            SELECT partner_id, day, product_id,
                   -sign(price_subtotal) * GREATEST(
                       0, credited - GREATEST(0, invoiced - abs(price_subtotal) / rate)
                   ) AS amount
              FROM (
                  SELECT partner_id, day, product_id, price_subtotal, rate,
                         COALESCE(SUM(amount) FILTER (WHERE amount > 0), 0) AS invoiced,
                         -SUM(amount) FILTER (WHERE amount < 0) AS credited
                    FROM billed
                   WHERE id IN (SELECT id FROM billed WHERE amount < 0)
                GROUP BY id, partner_id, day, product_id, price_subtotal, rate
              ) AS settled
            """,
            **parameters,
        )

    def _sql_line_invoiced(self, parameters):
        """Invoice lines without an order line; a credit note counts against the invoice
        that it reverses, at its rate, and not at all when it reverses none."""
        return SQL(
            """
            SELECT item.partner_id,
                   COALESCE(reversed.invoice_date, item.invoice_date) AS day,
                   item.product_id,
                   -CASE
                       WHEN reversed.currency_id = item.currency_id
                       THEN round(
                           item.amount_currency
                               / COALESCE(NULLIF(reversed.invoice_currency_rate, 0), 1),
                           %(decimals)s
                       )
                       ELSE item.balance
                   END AS amount
              FROM item
         LEFT JOIN account_move reversed ON reversed.id = item.reversed_entry_id
             WHERE item.display_type = 'product'
               AND (item.move_type != 'out_refund' OR reversed.id IS NOT NULL)
               AND (SELECT rel.order_line_id
                      FROM sale_order_line_invoice_rel rel
                     WHERE rel.invoice_line_id = item.id
                     LIMIT 1) IS NULL
            """,
            **parameters,
        )

    def _sql_line_point_of_sale(self, parameters):
        """Lines of point of sale orders, once only: not when the order was invoiced
        and not when the line settles a sale order."""
        pos_line = self.env["pos.order.line"]
        settles = (
            SQL("line.sale_order_line_id IS NULL")
            if "sale_order_line_id" in pos_line._fields
            else SQL("TRUE")
        )
        return SQL(
            """
            SELECT contact.partner_id,
                   (COALESCE(origin.date_order, pos_order.date_order)
                       AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
                   line.product_id,
                   line.price_subtotal
                       / COALESCE(NULLIF(pos_order.currency_rate, 0), 1)::numeric
                       AS amount
              FROM pos_order
              JOIN contact ON contact.id = pos_order.partner_id
              JOIN pos_order_line line ON line.order_id = pos_order.id
         LEFT JOIN pos_order_line refunded ON refunded.id = line.refunded_orderline_id
         LEFT JOIN pos_order origin ON origin.id = refunded.order_id
             WHERE pos_order.company_id = ANY(%(companies)s)
               AND pos_order.state IN ('paid', 'done')
               AND pos_order.date_order < %(as_of)s
               AND pos_order.account_move IS NULL
               AND %(settles)s
            """,
            **parameters,
            settles=settles,
        )

    def _sql_purchase(self, parameters):
        """Purchases: days with a positive net, numbered from the last one, with the
        pause before each and the days to the last."""
        return SQL(
            """
            SELECT partner_id, day, amount,
                   day - lag(day) OVER (PARTITION BY partner_id ORDER BY day) AS gap,
                   row_number() OVER (PARTITION BY partner_id ORDER BY day DESC)
                       AS from_last,
                   MAX(day) OVER (PARTITION BY partner_id) - day AS before_last
              FROM (
                  SELECT partner_id, day, SUM(amount) AS amount
                    FROM line
                   WHERE day <= %(today)s
                GROUP BY partner_id, day
                  HAVING round(SUM(amount), %(decimals)s) > 0
              ) AS event
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
                   COUNT(*) FILTER (WHERE day > %(today)s::date - 365)
                       AS order_count_12m,
                   MIN(day) AS first_order_date,
                   MAX(day) AS last_order_date,
                   SUM(amount) AS order_value,
                   MIN(median_gap) AS median_gap,
                   MAX(gap) FILTER (WHERE from_last = 1) AS last_gap,
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
                  SELECT partner_id,
                         percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS median_gap
                    FROM purchase
                GROUP BY partner_id
              ) AS usual USING (partner_id)
        CROSS JOIN LATERAL (
                  SELECT (day - DATE '1970-01-01') * 2 * pi() / %(year)s AS angle,
                         GREATEST(%(long_days)s, %(long)s * median_gap) AS long
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
        deliveries, discounts and the like, and without what was credited."""
        return SQL(
            """
            SELECT partner_id, COUNT(*) AS product_count,
                   COUNT(DISTINCT categ_id) AS category_count
              FROM (
                  SELECT line.partner_id, template.id, template.categ_id
                    FROM line
                    JOIN product_product product ON product.id = line.product_id
                    JOIN product_template template
                      ON template.id = product.product_tmpl_id
                   WHERE line.product_id != ALL(%(non_products)s)
                GROUP BY line.partner_id, template.id
                  HAVING round(SUM(line.amount), %(decimals)s) > 0
              ) AS bought
          GROUP BY partner_id
            """,
            **parameters,
        )
