from odoo import models
from odoo.tools import SQL


class CrmLifecycleSourcesDocument(models.AbstractModel):
    """RECORDS to FACTS: invoices, deliveries, quotations and leads.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_invoiced(self, parameters):
        """Net invoiced: minus the balance of the product lines of posted customer
        invoices, credit notes and receipts, as in Odoo's invoice analysis."""
        return SQL(
            """
            SELECT move.commercial_partner_id AS partner_id,
                   -SUM(line.balance) AS net_invoiced,
                   -SUM(line.balance)
                       FILTER (WHERE move.invoice_date > %(today)s::date - 365)
                       AS net_invoiced_12m,
                   MAX(move.invoice_date) FILTER (WHERE move.move_type != 'out_refund')
                       AS last_invoice_date,
                   SUM(line.balance) FILTER (WHERE move.move_type = 'out_refund')
                       AS credited,
                   -SUM(line.balance) FILTER (WHERE move.move_type != 'out_refund')
                       AS invoiced
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
             WHERE move.commercial_partner_id = ANY(%(partners)s)
               AND move.company_id = ANY(%(companies)s)
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.state = 'posted'
               AND move.invoice_date <= %(today)s
               AND line.display_type = 'product'
          GROUP BY move.commercial_partner_id
            """,
            **parameters,
        )

    def _sql_delivered(self, parameters):
        """Transfers of orders to the customer, and back. The promise is the deadline;
        a delivery is late from the day after it."""
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) FILTER (WHERE outgoing AND done_day IS NOT NULL)
                       AS delivery_count,
                   COUNT(*) FILTER (WHERE outgoing AND done_day > promised_day)
                       AS delivery_late_count,
                   COUNT(*) FILTER (
                       WHERE outgoing AND done_day IS NULL AND promised_day < %(today)s
                   ) AS delivery_overdue_count,
                   COUNT(*) FILTER (WHERE incoming AND done_day IS NOT NULL)
                       AS return_count
              FROM (
                  SELECT placed.partner_id,
                         destination.usage = 'customer' AS outgoing,
                         source.usage = 'customer' AS incoming,
                         CASE WHEN picking.state = 'done'
                               AND picking.date_done < %(as_of)s
                              THEN (picking.date_done
                                  AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                         END AS done_day,
                         (picking.date_deadline
                             AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                             AS promised_day
                    FROM placed
                    JOIN stock_picking picking ON picking.sale_id = placed.id
                    JOIN stock_location source ON source.id = picking.location_id
                    JOIN stock_location destination
                      ON destination.id = picking.location_dest_id
                   WHERE placed.state = 'sale'
                     AND picking.state NOT IN ('draft', 'cancel')
              ) AS transfer
          GROUP BY partner_id
            """,
            **parameters,
        )

    def _sql_quoted(self, parameters):
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) FILTER (WHERE state != 'sale') AS quotation_count,
                   MAX(day) FILTER (WHERE state != 'sale') AS last_quotation_date
              FROM placed
          GROUP BY partner_id
            """,
            **parameters,
        )

    def _sql_lead(self, parameters):
        """Leads and opportunities, lost ones too."""
        return SQL(
            """
            SELECT contact.partner_id,
                   COUNT(*) AS lead_count,
                   COUNT(*) FILTER (WHERE lead.active AND lead.won_status = 'pending')
                       AS lead_open_count,
                   COUNT(*) FILTER (WHERE lead.won_status = 'won') AS lead_won_count,
                   COUNT(*) FILTER (WHERE lead.won_status = 'lost') AS lead_lost_count,
                   MAX((lead.create_date
                       AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date) AS last_lead_date
              FROM crm_lead lead
              JOIN contact ON contact.id = lead.partner_id
              JOIN res_partner partner ON partner.id = contact.id
         LEFT JOIN res_users salesperson ON salesperson.id = lead.user_id
             WHERE lead.create_date < %(as_of)s
               AND %(lead_company)s = ANY(%(companies)s)
          GROUP BY contact.partner_id
            """,
            **parameters,
            lead_company=self._sql_lead_company(),
        )

    def _sql_lead_company(self):
        """The company of a ``lead``: its own, else that of its ``salesperson``, else of
        its ``partner``, else the main company."""
        return SQL(
            """COALESCE(
                lead.company_id, salesperson.company_id, partner.company_id, %s
            )""",
            self.env["res.company"]._get_main_company().id,
        )
