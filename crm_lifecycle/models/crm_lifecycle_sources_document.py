from odoo import models
from odoo.tools import SQL


class CrmLifecycleSourcesDocument(models.AbstractModel):
    """RECORDS to FACTS: invoices and deliveries.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_invoice(self, parameters):
        """Posted customer invoices, credit notes and receipts."""
        return SQL(
            """
            SELECT *
              FROM (
                  SELECT id, commercial_partner_id AS partner_id, invoice_date,
                         move_type = 'out_refund' AS is_refund, reversed_entry_id,
                         invoice_currency_rate
                    FROM account_move
                   WHERE commercial_partner_id = ANY(%(partners)s)
                     AND company_id = ANY(%(companies)s)
                     AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                     AND state = 'posted'
                  OFFSET 0
              ) AS invoice
             WHERE invoice_date <= %(today)s
            """,
            **parameters,
        )

    def _sql_item(self, parameters):
        """Product and receivable lines of the invoices. Odoo takes a line for a debit
        when one of its amounts is above zero, for a credit when one is below."""
        return SQL(
            """
            SELECT invoice.partner_id, invoice.invoice_date, invoice.is_refund, line.*
              FROM %(parcels)s
        CROSS JOIN LATERAL (
                  SELECT id, move_id, display_type = 'product' AS is_product,
                         balance > 0 OR amount_currency > 0 AS is_debit,
                         balance < 0 OR amount_currency < 0 AS is_credit,
                         COALESCE(date_maturity, date) AS due, product_id,
                         product_uom_id, currency_id, balance, amount_currency,
                         quantity, price_unit, discount
                    FROM account_move_line
                   WHERE move_id = ANY(parcel.ids)
                     AND display_type IN ('product', 'payment_term')
                  OFFSET 0
              ) AS line
              JOIN invoice ON invoice.id = line.move_id
            """,
            parcels=self._sql_parcels(parameters, "invoice"),
        )

    def _sql_invoiced(self, parameters):
        """Net invoiced: minus the balance of the product lines, as in Odoo's invoice
        analysis."""
        return SQL(
            """
            SELECT partner_id,
                   -SUM(balance) FILTER (WHERE invoice_date > %(today)s::date - 365)
                       AS net_invoiced_12m,
                   MAX(invoice_date) FILTER (WHERE NOT is_refund) AS last_invoice_date,
                   SUM(balance) FILTER (WHERE is_refund) AS credited,
                   -SUM(balance) FILTER (WHERE NOT is_refund) AS invoiced
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
                    FROM %(parcels)s
              CROSS JOIN LATERAL (
                        SELECT id, sale_id, state, date_deadline, date_done,
                               location_id, location_dest_id
                          FROM stock_picking
                         WHERE sale_id = ANY(parcel.ids)
                           AND state NOT IN ('draft', 'cancel')
                        OFFSET 0
                    ) AS picking
                    JOIN placed ON placed.id = picking.sale_id
                    JOIN stock_location source ON source.id = picking.location_id
                    JOIN stock_location destination
                      ON destination.id = picking.location_dest_id
              ) AS transfer
            """,
            **parameters,
            parcels=self._sql_parcels(parameters, "placed", "is_sold"),
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
