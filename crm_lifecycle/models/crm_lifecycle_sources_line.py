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
            SELECT bought.partner_id, bought.day, bought.product_id,
                   product.template_id, product.categ_id,
                   bought.price < 0 AS is_discount, bought.amount,
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
            SELECT line.id, placed.partner_id, placed.day, line.product_id,
                   line.product_uom_id, line.currency_id,
                   line.price_subtotal / placed.rate AS amount, placed.rate,
                   line.discount, line.price_unit,
                   COALESCE(NULLIF(line.product_uom_qty, 0), line.qty_delivered)
                       AS quantity,
                   line.cost
              FROM %(parcels)s
        CROSS JOIN LATERAL (
                  SELECT id, order_id, product_id, product_uom_id, currency_id,
                         discount, price_unit, price_subtotal, product_uom_qty,
                         qty_delivered, %(cost)s AS cost
                    FROM sale_order_line
                   WHERE order_id = ANY(parcel.ids)
                     AND display_type IS NULL
                     AND is_downpayment IS NOT TRUE
                  OFFSET 0
              ) AS line
              JOIN placed ON placed.id = line.order_id
            """,
            parcels=self._sql_parcels(parameters, "placed", "is_sold"),
            cost=SQL("purchase_price" if has_cost else "NULL::numeric"),
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
        """What is unusual among order lines and invoice lines: an ``item_id`` without
        an order line; an ``order_line_id`` of which an item took something back, or
        whose invoice is not one of the customer's."""
        return SQL(
            """
            SELECT item.id AS item_id, rel.order_line_id,
                   rel.order_line_id IS NULL AS is_unordered
              FROM (
                  SELECT rel.*
                    FROM %(parcels)s
              CROSS JOIN LATERAL (
                        SELECT order_line_id, invoice_line_id
                          FROM sale_order_line_invoice_rel
                         WHERE order_line_id = ANY(parcel.ids)
                        OFFSET 0
                    ) AS rel
              ) AS rel
         FULL JOIN (
                  SELECT id, is_debit, is_credit
                    FROM item
                   WHERE is_product
              ) AS item ON item.id = rel.invoice_line_id
             WHERE item.id IS NULL
                OR CASE WHEN rel.order_line_id IS NULL
                        THEN %(ordered)s IS NULL
                        WHEN rel.order_line_id IN (
                            SELECT id FROM ordered WHERE amount < 0
                        )
                        THEN item.is_credit
                        ELSE item.is_debit
                   END
            """,
            parcels=self._sql_parcels(parameters, "ordered"),
            ordered=self._sql_item_ordered(),
        )

    def _sql_line_credited(self, parameters):
        """What was credited of each order line, by credit notes and by negative lines
        of a later invoice; less what was invoiced in excess of the order, because an
        invoice that was credited and made anew takes nothing back.

        Amounts in the currency of the order are at its own rate, so that what is
        credited in full leaves no exchange difference."""
        return SQL(
            """
            SELECT partner_id, day, product_id, product_uom_id, quantity * -share,
                   price_unit, discount, cost, rate, amount * -share
              FROM (
                  SELECT ordered.*,
                         GREATEST(0, credited - GREATEST(0, invoiced - abs(amount)))
                             / NULLIF(abs(amount), 0) AS share
                    FROM ordered
              CROSS JOIN LATERAL (
                        SELECT COALESCE(SUM(amount) FILTER (WHERE amount > 0), 0)
                                   AS invoiced,
                               -SUM(amount) FILTER (WHERE amount < 0) AS credited
                          FROM (
                              SELECT -sign(ordered.amount) * CASE
                                         WHEN line.currency_id = ordered.currency_id
                                         THEN line.amount_currency / ordered.rate
                                         ELSE line.balance
                                     END AS amount
                                FROM sale_order_line_invoice_rel rel
                                JOIN account_move_line line
                                  ON line.id = rel.invoice_line_id
                                JOIN account_move move ON move.id = line.move_id
                               WHERE rel.order_line_id = ordered.id
                                 AND line.display_type = 'product'
                                 AND move.move_type IN (
                                     'out_invoice', 'out_refund', 'out_receipt'
                                 )
                                 AND move.state = 'posted'
                                 AND move.invoice_date <= %(today)s
                              OFFSET 0
                          ) AS part
                     ) AS settled
                   WHERE ordered.id IN (SELECT order_line_id FROM billed)
              ) AS taken
             WHERE share > 0
            """,
            **parameters,
        )

    def _sql_line_invoiced(self, parameters, known):
        """Invoice lines without an order line; a credit note counts against the invoice
        that it reverses, at its rate, and not at all when it reverses none.

        :param known: whether ``billed`` tells which these are
        """
        unordered = (
            SQL("item.id IN (SELECT item_id FROM billed WHERE is_unordered)")
            if known
            else SQL("%s IS NULL", self._sql_item_ordered())
        )
        return SQL(
            """
            SELECT item.partner_id,
                   COALESCE(reversed.invoice_date, item.invoice_date) AS day,
                   item.product_id, item.product_uom_id,
                   CASE WHEN item.is_refund THEN -item.quantity
                        ELSE item.quantity
                   END AS quantity,
                   item.price_unit, item.discount, NULL::numeric AS cost,
                   COALESCE(NULLIF(invoice.invoice_currency_rate, 0), 1) AS rate,
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
              JOIN invoice ON invoice.id = item.move_id
         LEFT JOIN LATERAL (
                  SELECT id, invoice_date, currency_id, invoice_currency_rate
                    FROM account_move
                   WHERE id = invoice.reversed_entry_id
                  OFFSET 0
              ) AS reversed ON TRUE
             WHERE item.is_product
               AND (NOT item.is_refund OR reversed.id IS NOT NULL)
               AND %(unordered)s
            """,
            **parameters,
            unordered=unordered,
        )

    def _sql_item_ordered(self):
        """An order line of an ``item``."""
        return SQL(
            """
            (SELECT rel.order_line_id
               FROM sale_order_line_invoice_rel rel
              WHERE rel.invoice_line_id = item.id
              LIMIT 1)
            """
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
