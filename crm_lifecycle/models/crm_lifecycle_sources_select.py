from odoo import models
from odoo.tools import SQL


class CrmLifecycleSourcesSelect(models.AbstractModel):
    """RECORDS to FACTS: the facts that come out of the sources, and of whom.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_select(self, parameters):
        """Facts as they are shown: amounts in the precision of the currency, days to
        one decimal, shares to four."""
        return SQL(
            """
            SELECT partner.id AS partner_id,
                   partner.active,
                   COALESCE(rhythm.order_count, 0) AS order_count,
                   COALESCE(rhythm.order_count_12m, 0) AS order_count_12m,
                   COALESCE(rhythm.order_count_before, 0) AS order_count_before,
                   rhythm.first_order_date,
                   rhythm.last_order_date,
                   round(COALESCE(rhythm.order_value, 0), %(decimals)s) AS order_value,
                   round(COALESCE(rhythm.order_value_12m, 0), %(decimals)s)
                       AS order_value_12m,
                   round(COALESCE(rhythm.order_value_before, 0), %(decimals)s)
                       AS order_value_before,
                   CASE WHEN rhythm.first_order_date <= %(today)s::date - 730
                             AND rhythm.order_count_12m + rhythm.order_count_before > 0
                        THEN CASE
                            WHEN COALESCE(rhythm.order_value_12m, 0)
                                 > 1.2 * COALESCE(rhythm.order_value_before, 0)
                            THEN 'up'
                            WHEN COALESCE(rhythm.order_value_12m, 0)
                                 < 0.8 * COALESCE(rhythm.order_value_before, 0)
                            THEN 'down'
                            ELSE 'stable'
                        END
                   END AS value_trend,
                   round(rhythm.margin_known_value, %(decimals)s)
                       AS margin_known_value,
                   round(rhythm.margin, %(decimals)s) AS margin,
                   round(rhythm.discount_ratio, 4)::float8
                       AS discount_ratio,
                   round(rhythm.discount_ratio_before, 4)::float8
                       AS discount_ratio_before,
                   round(rhythm.median_gap::numeric, 1) AS median_gap,
                   rhythm.last_gap,
                   round(COALESCE(rhythm.order_decay_30, 0), 6)::float8
                       AS order_decay_30,
                   round(COALESCE(rhythm.order_decay_90, 0), 6)::float8
                       AS order_decay_90,
                   COALESCE(rhythm.season_count, 0) AS season_count,
                   round(rhythm.season_strength::numeric, 4)::float8
                       AS season_strength,
                   rhythm.season_day,
                   COALESCE(rhythm.project_count, 0) AS project_count,
                   round(rhythm.project_gap::numeric, 1) AS project_gap,
                   COALESCE(breadth.product_count, 0) AS product_count,
                   COALESCE(breadth.category_count, 0) AS category_count,
                   breadth.main_category_id,
                   round(
                       COALESCE(invoiced.invoiced, 0) - COALESCE(invoiced.credited, 0),
                       %(decimals)s
                   ) AS net_invoiced,
                   round(COALESCE(invoiced.net_invoiced_12m, 0), %(decimals)s)
                       AS net_invoiced_12m,
                   invoiced.last_invoice_date,
                   round(
                       COALESCE(invoiced.credited, 0) / NULLIF(invoiced.invoiced, 0), 4
                   )::float8 AS refund_ratio,
                   COALESCE(receivable.invoice_paid_count, 0) AS invoice_paid_count,
                   round(receivable.payment_delay, 1) AS payment_delay,
                   round(COALESCE(receivable.amount_due, 0), %(decimals)s)
                       AS amount_due,
                   round(COALESCE(receivable.amount_overdue, 0), %(decimals)s)
                       AS amount_overdue,
                   COALESCE(delivered.delivery_count, 0) AS delivery_count,
                   COALESCE(delivered.delivery_late_count, 0) AS delivery_late_count,
                   COALESCE(delivered.delivery_overdue_count, 0)
                       AS delivery_overdue_count,
                   COALESCE(delivered.return_count, 0) AS return_count,
                   COALESCE(delivered.service_count_12m, 0)
                       + COALESCE(receivable.service_count_12m, 0)
                       + COALESCE(meeting.service_count_12m, 0)
                       + COALESCE(activity.service_count_12m, 0) AS service_count_12m,
                   COALESCE(delivered.service_count_before, 0)
                       + COALESCE(receivable.service_count_before, 0)
                       + COALESCE(meeting.service_count_before, 0)
                       + COALESCE(activity.service_count_before, 0)
                       AS service_count_before,
                   COALESCE(lead.lead_count, 0) AS lead_count,
                   COALESCE(lead.lead_open_count, 0) AS lead_open_count,
                   COALESCE(lead.lead_won_count, 0) AS lead_won_count,
                   COALESCE(lead.lead_lost_count, 0) AS lead_lost_count,
                   COALESCE(lead.opportunity_open_count, 0) AS opportunity_open_count,
                   lead.last_lead_date,
                   COALESCE(quoted.quotation_count, 0) AS quotation_count,
                   COALESCE(quoted.quotation_sent_count, 0) AS quotation_sent_count,
                   COALESCE(quoted.quotation_expired_count, 0)
                       AS quotation_expired_count,
                   quoted.last_quotation_date,
                   COALESCE(meeting.meeting_count, 0) AS meeting_count,
                   COALESCE(activity.activity_count, 0) AS activity_count,
                   COALESCE(quoted.round_count, 0) + COALESCE(meeting.round_count, 0)
                       AS round_count,
                   outcome.last_outcome,
                   outcome.last_outcome_date,
                   outcome.lost_reason_id
              FROM contact partner
         LEFT JOIN rhythm ON rhythm.partner_id = partner.id
         LEFT JOIN breadth ON breadth.partner_id = partner.id
         LEFT JOIN invoiced ON invoiced.partner_id = partner.id
         LEFT JOIN receivable ON receivable.partner_id = partner.id
         LEFT JOIN delivered ON delivered.partner_id = partner.id
         LEFT JOIN quoted ON quoted.partner_id = partner.id
         LEFT JOIN lead ON lead.partner_id = partner.id
         LEFT JOIN meeting ON meeting.partner_id = partner.id
         LEFT JOIN activity ON activity.partner_id = partner.id
        CROSS JOIN LATERAL (%(outcome)s) AS outcome
             WHERE partner.is_customer
               AND partner.lifecycle_excluded IS NOT TRUE
               AND NOT EXISTS (
                   SELECT FROM ir_model_data
                    WHERE ir_model_data.res_id = partner.id
                      AND ir_model_data.model = 'res.partner'
                      AND (ir_model_data.module, ir_model_data.name) IN %(nobody)s
               )
               AND (COALESCE(
                       rhythm.partner_id, invoiced.partner_id, quoted.partner_id,
                       lead.partner_id
                   ) IS NOT NULL
                   OR partner.lifecycle_prospect
                      AND (partner.company_id IS NULL
                           OR partner.company_id = ANY(%(companies)s)))
               AND NOT EXISTS (
                   SELECT FROM res_company WHERE res_company.partner_id = partner.id
               )
               AND NOT EXISTS (
                   SELECT FROM res_users
                    WHERE res_users.partner_id = partner.id
                      AND res_users.share IS NOT TRUE
               )
            """,
            **parameters,
            outcome=self._sql_outcome(),
        )
