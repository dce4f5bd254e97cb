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

        - ``rebate``: by how much discounts lowered the amount; empty without. A line
          with a negative price is a discount on the whole order: it was nothing before.
        - ``cost``: what the document keeps of it, else the cost of the product as it is
          today; a cost of 0 is one that is not known. Nothing of a discount.
        """
        Product = self.env["product.product"].with_company(parameters["company"])
        return SQL(
            """
            SELECT bought.partner_id, bought.day, bought.product_id, bought.amount,
                   bought.price < 0 AS is_discount,
                   product.template_id, product.categ_id,
                   CASE WHEN bought.price < 0 THEN -bought.amount
                        WHEN bought.discount = 0 THEN NULL
                        WHEN bought.discount < 100
                        THEN bought.amount * 100 / (100 - bought.discount)
                             - bought.amount
                        ELSE bought.quantity * bought.price / bought.rate
                             - bought.amount
                   END AS rebate,
                   CASE WHEN bought.price < 0 THEN NULL
                        WHEN bought.cost != 0
                        THEN bought.cost * bought.quantity / bought.rate
                        WHEN bought.product_uom_id != product.uom_id
                        THEN bought.quantity * product.cost * (
                            (SELECT factor FROM uom_uom
                              WHERE id = bought.product_uom_id)
                            / (SELECT factor FROM uom_uom WHERE id = product.uom_id)
                        )
                        ELSE bought.quantity * product.cost
                   END AS cost
              FROM (%(lines)s) AS bought (
                       partner_id, day, product_id, product_uom_id, quantity, price,
                       discount, cost, rate, amount
                   )
         LEFT JOIN (
                  SELECT product.id, template.id AS template_id, template.categ_id,
                         template.uom_id, NULLIF(%(cost)s::numeric, 0) AS cost
                    FROM product_product product
                    JOIN product_template template
                      ON template.id = product.product_tmpl_id
              ) AS product ON product.id = bought.product_id
            """,
            cost=Product._field_to_sql("product", "standard_price"),
            lines=self._sql_lines(parameters),
        )

    def _sql_lines(self, parameters, credited=True):
        """The lines themselves, for all who ask what was bought; ``credited``: with
        what was credited of orders."""
        lines = [
            self._sql_line_ordered(parameters),
            self._sql_line_invoiced(parameters, credited),
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
            SELECT line.id, line.product_id, line.currency_id,
                   line.price_subtotal / placed.rate AS amount,
                   placed.partner_id, placed.day, placed.rate,
                   line.product_uom_id, line.discount, line.price_unit,
                   COALESCE(NULLIF(line.product_uom_qty, 0), line.qty_delivered)
                       AS quantity,
                   %(cost)s AS cost
              FROM placed
              JOIN sale_order_line line ON line.order_id = placed.id
             WHERE placed.is_sold
               AND line.display_type IS NULL
               AND line.is_downpayment IS NOT TRUE
            """,
            cost=SQL("line.purchase_price" if has_cost else "NULL::numeric"),
        )

    def _sql_line_ordered(self, parameters):
        return SQL(
            """
            SELECT partner_id, day, product_id, product_uom_id, quantity,
                   price_unit, discount, cost, rate, amount
              FROM ordered
            """
        )

    def _sql_billed(self, parameters):
        """What was invoiced of each order line, negative when credited. Amounts in the
        currency of the order are at its own rate, so that what is credited in full
        leaves no exchange difference.

        Nearly always the invoice is one of the customer's: an item. One that is not is
        looked up only then; it may count for nothing."""
        return SQL(
            """
            SELECT ordered.id, item.id AS item_id, ordered.amount AS ordered,
                   -sign(ordered.amount) * CASE
                       WHEN item.currency_id = ordered.currency_id
                       THEN item.amount_currency / ordered.rate
                       WHEN item.id IS NOT NULL
                       THEN item.balance
                       ELSE (
                           SELECT CASE
                                      WHEN line.currency_id = ordered.currency_id
                                      THEN line.amount_currency / ordered.rate
                                      ELSE line.balance
                                  END
                             FROM account_move_line line
                             JOIN account_move move ON move.id = line.move_id
                            WHERE line.id = rel.invoice_line_id
                              AND line.display_type = 'product'
                              AND move.move_type IN (
                                  'out_invoice', 'out_refund', 'out_receipt'
                              )
                              AND move.state = 'posted'
                              AND move.invoice_date <= %(today)s
                       )
                   END AS amount
              FROM ordered
              JOIN sale_order_line_invoice_rel rel
                ON rel.order_line_id = ordered.id
         LEFT JOIN item ON item.id = rel.invoice_line_id
            """,
            **parameters,
        )

    def _sql_line_credited(self, parameters):
        """What was credited of each order line, by credit notes and by negative lines
        of a later invoice; less what was invoiced in excess of the order, because an
        invoice that was credited and made anew takes nothing back."""
        return SQL(
            """
            SELECT ordered.partner_id, ordered.day, ordered.product_id,
                   ordered.product_uom_id, ordered.quantity * -taken.share,
                   ordered.price_unit, ordered.discount, ordered.cost, ordered.rate,
                   ordered.amount * -taken.share
              FROM (
                  SELECT id,
                         GREATEST(0, credited - GREATEST(0, invoiced - worth)) / worth
                             AS share
                    FROM (
                        SELECT id, NULLIF(abs(ordered), 0) AS worth,
                               COALESCE(SUM(amount) FILTER (WHERE amount > 0), 0)
                                   AS invoiced,
                               -SUM(amount) FILTER (WHERE amount < 0) AS credited
                          FROM billed
                         WHERE id IN (SELECT id FROM billed WHERE amount < 0)
                      GROUP BY id, ordered
                    ) AS settled
              ) AS taken
              JOIN ordered ON ordered.id = taken.id
             WHERE taken.share > 0
            """,
            **parameters,
        )

    def _sql_line_invoiced(self, parameters, known):
        """Invoice lines without an order line; a credit note counts against the invoice
        that it reverses, at its rate, and not at all when it reverses none.

        :param known: whether ``billed`` tells of most of them that there is one
        """
        billed = SQL("LEFT JOIN billed ON billed.item_id = item.id") if known else SQL()
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
            %(billed)s
         LEFT JOIN account_move reversed ON reversed.id = item.reversed_entry_id
             WHERE item.is_product
               AND (item.move_type != 'out_refund' OR reversed.id IS NOT NULL)
               AND COALESCE(
                   %(item)s,
                   (SELECT rel.order_line_id
                      FROM sale_order_line_invoice_rel rel
                     WHERE rel.invoice_line_id = item.id
                     LIMIT 1)
               ) IS NULL
            """,
            **parameters,
            billed=billed,
            item=SQL("billed.item_id" if known else "NULL::integer"),
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
