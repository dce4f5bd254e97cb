from odoo import models
from odoo.tools import SQL


class CrmLifecycleSourcesProspect(models.AbstractModel):
    """RECORDS to FACTS: what has not been bought yet. Quotations, leads, meetings and
    activities, and how the last attempt to sell ended.

    See ``crm_lifecycle_sources.py`` for what the methods share.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_quoted(self, parameters):
        """A quotation can be accepted up to the last day of its validity. ``ended_day``
        is the last day of one that came to nothing, ``ended_quoted_day`` when the last
        of them was made."""
        return SQL(
            """
            SELECT quotation.partner_id,
                   COUNT(*) FILTER (WHERE is_open) AS quotation_count,
                   COUNT(*) FILTER (WHERE is_open AND state = 'sent')
                       AS quotation_sent_count,
                   COUNT(ended_day) AS quotation_expired_count,
                   MAX(quoted_day) FILTER (WHERE state IN ('draft', 'sent'))
                       AS last_quotation_date,
                   MAX(ended_day) AS ended_day,
                   MAX(quoted_day) FILTER (WHERE ended_day IS NOT NULL)
                       AS ended_quoted_day,
                   COUNT(*) FILTER (
                       WHERE quoted_day <= COALESCE(rhythm.first_order_date, quoted_day)
                   ) AS round_count
              FROM (
                  SELECT partner_id, state, quoted_day,
                         state IN ('draft', 'sent')
                             AND COALESCE(validity_date >= %(today)s, TRUE) AS is_open,
                         CASE
                             WHEN state = 'cancel'
                             THEN LEAST(cancelled_day, validity_date)
                             WHEN state IN ('draft', 'sent')
                              AND validity_date < %(today)s
                             THEN validity_date
                         END AS ended_day
                    FROM placed
              ) AS quotation
         LEFT JOIN rhythm ON rhythm.partner_id = quotation.partner_id
          GROUP BY quotation.partner_id
            """,
            **parameters,
        )

    def _sql_lead(self, parameters):
        """Leads and opportunities as they stood at ``as_of``: open until the day when
        they were won, lost or put away (archived without being lost)."""
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) AS lead_count,
                   COUNT(*) FILTER (WHERE status = 'open') AS lead_open_count,
                   COUNT(*) FILTER (
                       WHERE status = 'open' AND opportunity_since < %(as_of)s
                   ) AS opportunity_open_count,
                   COUNT(*) FILTER (WHERE status = 'won') AS lead_won_count,
                   COUNT(*) FILTER (WHERE status = 'lost') AS lead_lost_count,
                   MAX((create_date AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date)
                       AS last_lead_date,
                   MAX((closed_at AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date)
                       FILTER (WHERE status = 'won') AS won_day,
                   MAX((closed_at AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date)
                       FILTER (WHERE status = 'lost') AS lost_day,
                   (array_agg(lost_reason_id ORDER BY closed_at DESC, id DESC)
                       FILTER (WHERE status = 'lost'))[1] AS lost_reason_id
              FROM (
                  SELECT partner.partner_id, lead.id, lead.create_date,
                         lead.lost_reason_id, closed.closed_at,
                         CASE
                             WHEN lead.active AND lead.won_status = 'pending'
                               OR closed.closed_at >= %(as_of)s
                             THEN 'open'
                             ELSE lead.won_status
                         END AS status,
                         CASE
                             WHEN lead.type = 'opportunity'
                             THEN COALESCE(lead.date_conversion, lead.create_date)
                         END AS opportunity_since
                    FROM crm_lead lead
                    JOIN contact partner ON partner.id = lead.partner_id
               LEFT JOIN res_users salesperson ON salesperson.id = lead.user_id
              CROSS JOIN LATERAL (
                        SELECT COALESCE(lead.date_closed, lead.create_date) AS closed_at
                         ) AS closed
                   WHERE lead.create_date < %(as_of)s
                     AND %(lead_company)s = ANY(%(companies)s)
              ) AS held
          GROUP BY partner_id
            """,
            **parameters,
            lead_company=self._sql_lead_company(),
        )

    def _sql_meeting(self, parameters):
        """Meetings that a contact of the customer was invited to, or about one of his
        leads. Each counts once, in the company of the lead or of who organised it."""
        return SQL(
            """
            SELECT meeting.partner_id,
                   COUNT(*) AS meeting_count,
                   COUNT(*) FILTER (
                       WHERE day <= COALESCE(rhythm.first_order_date, %(today)s::date)
                   ) AS round_count,
                   COUNT(*) FILTER (WHERE years_ago = 0) AS service_count_12m,
                   COUNT(*) FILTER (WHERE years_ago = 1) AS service_count_before
              FROM (
                  SELECT event.id, event.start, partner.partner_id
                    FROM calendar_event event
                    JOIN calendar_event_res_partner_rel invited
                      ON invited.calendar_event_id = event.id
                    JOIN contact partner ON partner.id = invited.res_partner_id
               LEFT JOIN res_users salesperson ON salesperson.id = event.user_id
                   WHERE event.active
                     AND event.start < %(as_of)s
                     AND %(user_company)s = ANY(%(companies)s)
                   UNION
                  SELECT event.id, event.start, partner.partner_id
                    FROM calendar_event event
                    JOIN crm_lead lead ON lead.id = event.opportunity_id
                    JOIN contact partner ON partner.id = lead.partner_id
               LEFT JOIN res_users salesperson ON salesperson.id = event.user_id
                   WHERE event.active
                     AND event.start < %(as_of)s
                     AND %(lead_company)s = ANY(%(companies)s)
              ) AS meeting
        CROSS JOIN LATERAL (
                  SELECT (start AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day
                   ) AS dated
        CROSS JOIN LATERAL (
                  SELECT (%(today)s::date - day) / 365 AS years_ago
                   ) AS measured
         LEFT JOIN rhythm ON rhythm.partner_id = meeting.partner_id
          GROUP BY meeting.partner_id
            """,
            **parameters,
            user_company=self._sql_user_company(),
            lead_company=self._sql_lead_company(),
        )

    def _sql_activity(self, parameters):
        """Activities that a colleague planned on a contact, done ones too. What Odoo
        plans by itself is left out: otherwise an action on entering a stage would move
        the customer to the next one."""
        return SQL(
            """
            SELECT partner.partner_id, COUNT(*) AS activity_count,
                   COUNT(*) FILTER (WHERE years_ago = 0) AS service_count_12m,
                   COUNT(*) FILTER (WHERE years_ago = 1) AS service_count_before
              FROM mail_activity activity
              JOIN contact partner ON partner.id = activity.res_id
         LEFT JOIN res_users salesperson
                ON salesperson.id = COALESCE(activity.user_id, activity.create_uid)
        CROSS JOIN LATERAL (
                  SELECT (%(today)s::date - (activity.create_date
                             AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date) / 365
                         AS years_ago
                   ) AS measured
             WHERE activity.res_model = 'res.partner'
               AND activity.automated IS NOT TRUE
               AND activity.create_date < %(as_of)s
               AND %(user_company)s = ANY(%(companies)s)
          GROUP BY partner.partner_id
            """,
            **parameters,
            user_company=self._sql_user_company(),
        )

    def _sql_outcome(self):
        """How the last attempt to sell ended, of one who has a row of ``rhythm``,
        ``quoted`` and ``lead`` each, or none.

        Quotations that came to nothing are "no decision" when nothing is open and they
        were made after the last purchase and the last won or lost opportunity. An older
        one was decided with these: Odoo knows of no decision about a single quotation.
        """
        return SQL(
            """
            SELECT CASE
                       WHEN is_undecided THEN 'no_decision'
                       WHEN is_lost THEN 'lost'
                       WHEN won_day IS NOT NULL THEN 'won'
                   END AS last_outcome,
                   CASE
                       WHEN is_undecided THEN quoted.ended_day
                       ELSE GREATEST(won_day, lead.lost_day)
                   END AS last_outcome_date,
                   CASE
                       WHEN is_lost AND is_undecided IS NOT TRUE
                       THEN lead.lost_reason_id
                   END AS lost_reason_id
              FROM (SELECT GREATEST(rhythm.last_order_date, lead.won_day) AS won_day)
                   AS won
        CROSS JOIN LATERAL (
                  SELECT lead.lost_day > COALESCE(won_day, '-infinity') AS is_lost,
                         quoted.quotation_count = 0
                             AND COALESCE(lead.lead_open_count, 0) = 0
                             AND quoted.ended_quoted_day > COALESCE(
                                 GREATEST(won_day, lead.lost_day), '-infinity'
                             ) AS is_undecided
                   ) AS attempt
            """
        )

    def _sql_lead_company(self):
        """The company of a ``lead``: its own, else as :meth:`_sql_user_company`."""
        return SQL("COALESCE(lead.company_id, %s)", self._sql_user_company())

    def _sql_user_company(self):
        """The company that a record without one belongs to: that of its
        ``salesperson``, else of its ``partner``, else the main company."""
        return SQL(
            "COALESCE(salesperson.company_id, partner.company_id, %s)",
            self.env["ir.model.data"]._xmlid_to_res_id("base.main_company"),
        )
