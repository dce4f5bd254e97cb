from odoo import models
from odoo.tools import SQL


class CrmLifecycleSourcesDocument(models.AbstractModel):
    """RECORDS to FACTS: invoices and deliveries.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_item(self, parameters):
        """Product and receivable lines of posted customer invoices, credit notes and
        receipts."""
        return SQL(
            """
            SELECT line.id, line.move_id, line.display_type = 'product' AS is_product,
                   line.product_id,
                   line.balance, line.amount_currency, line.currency_id,
                   line.product_uom_id, line.quantity, line.price_unit, line.discount,
                   COALESCE(line.date_maturity, line.date) AS due,
                   move.commercial_partner_id AS partner_id, move.invoice_date,
                   move.move_type, move.reversed_entry_id, move.invoice_currency_rate
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
             WHERE move.commercial_partner_id = ANY(%(partners)s)
               AND move.company_id = ANY(%(companies)s)
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.state = 'posted'
               AND move.invoice_date <= %(today)s
               AND line.display_type IN ('product', 'payment_term')
            """,
            **parameters,
        )

    def _sql_invoiced(self, parameters):
        """Net invoiced: minus the balance of the product lines, as in Odoo's invoice
        analysis."""
        return SQL(
            """
            SELECT partner_id,
                   -SUM(balance) AS net_invoiced,
                   -SUM(balance) FILTER (WHERE invoice_date > %(today)s::date - 365)
                       AS net_invoiced_12m,
                   MAX(invoice_date) FILTER (WHERE move_type != 'out_refund')
                       AS last_invoice_date,
                   SUM(balance) FILTER (WHERE move_type = 'out_refund') AS credited,
                   -SUM(balance) FILTER (WHERE move_type != 'out_refund') AS invoiced
              FROM item
             WHERE is_product
          GROUP BY partner_id
            """,
            **parameters,
        )

    def _sql_transfer(self, parameters):
        """Transfers of orders to the customer, and back. The promise is the deadline;
        a delivery is late from the day after it."""
        return SQL(
            """
            SELECT transfer.*, outgoing AND done_day > promised_day AS is_late
              FROM (
                  SELECT picking.id, placed.partner_id,
                         destination.usage = 'customer' AS outgoing,
                         source.usage = 'customer' AS incoming,
                         (picking.date_deadline
                             AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                             AS promised_day,
                         CASE WHEN picking.state = 'done'
                               AND picking.date_done < %(as_of)s
                              THEN (picking.date_done
                                  AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                         END AS done_day
                    FROM placed
                    JOIN stock_picking picking ON picking.sale_id = placed.id
                    JOIN stock_location source ON source.id = picking.location_id
                    JOIN stock_location destination
                      ON destination.id = picking.location_dest_id
                   WHERE placed.is_sold
                     AND picking.state NOT IN ('draft', 'cancel')
              ) AS transfer
            """,
            **parameters,
        )

    def _sql_delivered(self, parameters):
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) FILTER (WHERE outgoing AND done_day IS NOT NULL)
                       AS delivery_count,
                   COUNT(*) FILTER (WHERE is_late) AS delivery_late_count,
                   COUNT(*) FILTER (
                       WHERE outgoing AND done_day IS NULL AND promised_day < %(today)s
                   ) AS delivery_overdue_count,
                   COUNT(*) FILTER (WHERE incoming AND done_day IS NOT NULL)
                       AS return_count,
                   COUNT(*) FILTER (WHERE (incoming OR is_late) AND years_ago = 0)
                       AS service_count_12m,
                   COUNT(*) FILTER (WHERE (incoming OR is_late) AND years_ago = 1)
                       AS service_count_before
              FROM transfer
        CROSS JOIN LATERAL (
                  SELECT (%(today)s::date - done_day) / 365 AS years_ago
              ) AS measured
          GROUP BY partner_id
            """,
            **parameters,
        )
