from odoo import models
from odoo.tools import SQL


class CrmLifecycleSourcesLine(models.AbstractModel):
    """RECORDS to FACTS: what was bought, line by line, and what it cost.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_line(self, parameters):
        """What was bought on which day: lines of orders, of invoices without an order
        and of the point of sale, and what was credited of them, on the day of the
        purchase.

        - ``listed``: the amount before discounts. A line with a negative price is a
          discount on the whole order: none of it was listed.
        - ``cost``: what the document keeps of it, else the cost of the product as it is
          today; a cost of 0 is one that is not known. Nothing of a discount.
        """
        Product = self.env["product.product"].with_company(parameters["company"])
        return SQL(
            """
            SELECT bought.partner_id, bought.day, bought.product_id, bought.amount,
                   bought.price < 0 AS is_discount,
                   template.id AS template_id, template.categ_id,
                   CASE WHEN bought.price < 0 THEN 0
                        WHEN bought.discount = 0 THEN bought.amount
                        WHEN bought.discount < 100
                        THEN bought.amount * 100 / (100 - bought.discount)
                        ELSE bought.quantity * bought.price / bought.rate
                   END AS listed,
                   CASE WHEN bought.price < 0 THEN NULL
                        WHEN bought.cost != 0
                        THEN bought.cost * bought.quantity / bought.rate
                        ELSE bought.quantity * NULLIF(%(cost)s::numeric, 0) * CASE
                            WHEN bought.product_uom_id != template.uom_id
                            THEN (SELECT factor FROM uom_uom
                                   WHERE id = bought.product_uom_id)
                                 / (SELECT factor FROM uom_uom
                                     WHERE id = template.uom_id)
                            ELSE 1
                        END
                   END AS cost
              FROM (%(lines)s) AS bought (
                       partner_id, day, product_id, product_uom_id, quantity, price,
                       discount, cost, rate, amount
                   )
         LEFT JOIN product_product product ON product.id = bought.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
            """,
            cost=Product._field_to_sql("product", "standard_price"),
            lines=self._sql_lines(parameters),
        )

    def _sql_lines(self, parameters, credited=True):
        """The lines themselves, for all who ask what was bought; ``credited``: with
        what was credited of orders."""
        lines = [
            self._sql_line_ordered(parameters),
            self._sql_line_invoiced(parameters),
        ]
        if credited:
            lines.append(self._sql_line_credited(parameters))
        if "pos.order" in self.env:
            lines.append(self._sql_line_point_of_sale(parameters))
        return SQL(" UNION ALL ").join(lines)

    def _sql_ordered(self, parameters):
        """Lines of confirmed orders. What was only delivered, and not ordered, has no
        other quantity."""
        has_cost = "purchase_price" in self.env["sale.order.line"]._fields
        return SQL(
            """
            SELECT line.id, line.product_id, line.price_subtotal, line.currency_id,
                   line.display_type, placed.partner_id, placed.day, placed.rate,
                   line.product_uom_id, line.discount, line.price_unit,
                   COALESCE(NULLIF(line.product_uom_qty, 0), line.qty_delivered)
                       AS quantity,
                   %(cost)s AS cost
              FROM placed
              JOIN sale_order_line line ON line.order_id = placed.id
             WHERE placed.state = 'sale'
               AND line.is_downpayment IS NOT TRUE
            """,
            cost=SQL("line.purchase_price" if has_cost else "NULL::numeric"),
        )

    def _sql_line_ordered(self, parameters):
        return SQL(
            """
            SELECT partner_id, day, product_id, product_uom_id, quantity,
                   price_unit, discount, cost, rate, price_subtotal / rate
              FROM ordered
             WHERE display_type IS NULL
            """
        )

    def _sql_billed(self, parameters):
        """What was invoiced of each order line, negative when credited. Amounts in the
        currency of the order are at its own rate, so that what is credited in full
        leaves no exchange difference.

        Nearly always the invoice is one of the customer's; ``stranger`` is an item of
        one that is not, looked up only then.

        The order line comes along whole: PostgreSQL cannot guess how few are credited,
        and would look for each of them among all lines."""
        return SQL(
            """
            SELECT ordered.id, ordered.partner_id, ordered.day, ordered.product_id,
                   ordered.product_uom_id, ordered.quantity, ordered.price_unit,
                   ordered.discount, ordered.cost, ordered.price_subtotal, ordered.rate,
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
            SELECT partner_id, day, product_id, product_uom_id, quantity * -share,
                   price_unit, discount, cost, rate, price_subtotal / rate * -share
              FROM (
                  SELECT settled.*,
                         GREATEST(0, credited - GREATEST(0, invoiced - worth)) / worth
                             AS share
                    FROM (
                        SELECT %(line)s,
                               NULLIF(abs(price_subtotal) / rate, 0) AS worth,
                               COALESCE(SUM(amount) FILTER (WHERE amount > 0), 0)
                                   AS invoiced,
                               -SUM(amount) FILTER (WHERE amount < 0) AS credited
                          FROM billed
                         WHERE id IN (SELECT id FROM billed WHERE amount < 0)
                      GROUP BY %(line)s
                    ) AS settled
              ) AS taken
             WHERE share > 0
            """,
            line=SQL(
                "id, partner_id, day, product_id, product_uom_id, quantity,"
                " price_unit, discount, cost, price_subtotal, rate"
            ),
        )

    def _sql_line_invoiced(self, parameters):
        """Invoice lines without an order line; a credit note counts against the invoice
        that it reverses, at its rate, and not at all when it reverses none."""
        return SQL(
            """
            SELECT item.partner_id,
                   COALESCE(reversed.invoice_date, item.invoice_date) AS day,
                   item.product_id, item.product_uom_id,
                   CASE WHEN item.move_type = 'out_refund' THEN -item.quantity
                        ELSE item.quantity
                   END AS quantity,
                   item.price_unit, item.discount, NULL::numeric AS cost,
                   COALESCE(NULLIF(item.invoice_currency_rate, 0), 1) AS rate,
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
                   line.product_id, NULL::integer AS product_uom_id, line.qty,
                   line.price_unit, line.discount,
                   line.total_cost::numeric / NULLIF(line.qty, 0) AS cost, held.rate,
                   line.price_subtotal / held.rate AS amount
              FROM pos_order
              JOIN contact ON contact.id = pos_order.partner_id
              JOIN pos_order_line line ON line.order_id = pos_order.id
        CROSS JOIN LATERAL (
                  SELECT COALESCE(NULLIF(pos_order.currency_rate, 0), 1)::numeric
                         AS rate
                   ) AS held
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
