import logging

from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import SQL
from odoo.tools.date_utils import start_of

_logger = logging.getLogger(__name__)


class CrmLifecycleReplay(models.Model):
    """Transitions of the past, written by SQL: nobody is contacted because of them."""

    _inherit = "crm.lifecycle.replay"

    def _rebuild(self, partner_ids):
        company = self.company_id
        self._judge_months(company, partner_ids)
        self.env["crm.lifecycle.profile"]._lock(company)
        self._write_transitions(company, partner_ids)
        self._join_first_run(company, partner_ids)
        self.env.invalidate_all(flush=False)

    def _judge_months(self, company, partner_ids):
        """Temporary table ``crm_lifecycle_past``: the stages of the customers, a row
        for the end of each month in which it was another than before."""
        Profile = self.env["crm.lifecycle.profile"].sudo().with_company(company)
        Model = self.env["crm.lifecycle.model"]
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(company)
        self.env.cr.execute(
            """
            DROP TABLE IF EXISTS pg_temp.crm_lifecycle_past;
            CREATE TEMPORARY TABLE crm_lifecycle_past (
                partner_id integer, date date, from_stage_id integer,
                stage_id integer, loyalty_score float8, expected_value numeric,
                facts jsonb
            ) ON COMMIT DROP;
            CREATE INDEX ON crm_lifecycle_past (partner_id, date)
            """
        )
        for month in self._get_months():
            learned = self.parameters[str(start_of(month, "quarter"))]
            model = Model.new({"parameters": learned})
            as_of = company._lifecycle_bound(month + relativedelta(months=1))
            Profile._prepare_facts(company, partner_ids, as_of, model)
            Profile._prepare_next(company, as_of, model, stages)
            self._keep_changes(as_of)

    def _keep_changes(self, as_of):
        """Who only stands as a prospect, without any document, was none before his
        contact was made."""
        facts = self.env["crm.lifecycle.facts"]
        dates = [
            SQL.identifier("next", name)
            for name, field in facts._fields.items()
            if field.type == "date" and field.store
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lifecycle_past
                SELECT next.partner_id, %(day)s, before.stage_id, next.rule_stage_id,
                       next.loyalty_score, next.expected_value, %(facts)s
                  FROM crm_lifecycle_next next
                  JOIN res_partner partner ON partner.id = next.partner_id
             LEFT JOIN LATERAL (
                      SELECT stage_id FROM crm_lifecycle_past past
                       WHERE past.partner_id = next.partner_id
                    ORDER BY date DESC LIMIT 1
                  ) AS before ON TRUE
                 WHERE before.stage_id IS DISTINCT FROM next.rule_stage_id
                   AND (partner.create_date < %(as_of)s
                        OR COALESCE(%(dates)s) IS NOT NULL)
                """,
                as_of=as_of,
                day=self.company_id._lifecycle_today(as_of),
                dates=SQL(", ").join(dates),
                facts=self.env["crm.lifecycle.transition"]._sql_facts_json("next"),
            )
        )

    def _write_transitions(self, company, partner_ids):
        """Replace the reconstructed transitions of the customers."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_lifecycle_transition transition
                 USING crm_lifecycle_profile profile
                 WHERE profile.id = transition.profile_id
                   AND profile.company_id = %(company)s
                   AND profile.partner_id = ANY(%(partners)s)
                   AND transition.is_reconstructed;
                INSERT INTO crm_lifecycle_transition
                       (profile_id, date, from_stage_id, to_stage_id, cause,
                        is_baseline, is_reconstructed, loyalty_score,
                        expected_value, facts)
                SELECT profile.id, past.date, past.from_stage_id, past.stage_id,
                       'history', TRUE, TRUE, past.loyalty_score,
                       past.expected_value, past.facts
                  FROM crm_lifecycle_past past
                  JOIN crm_lifecycle_profile profile
                    ON profile.partner_id = past.partner_id
                   AND profile.company_id = %(company)s
              ORDER BY past.date, profile.id
                """,
                company=company.id,
                partners=list(partner_ids),
            )
        )

    def _join_first_run(self, company, partner_ids):
        """What is known exactly begins where the rebuilt history ends: the first exact
        transition leads from the last rebuilt stage. The one that only says in which
        stage the first run found a customer goes when that is the same stage, and
        comes back when another history leads elsewhere.

        A customer who became one after the first run has no such transition: the
        first exact one is that of his first document. When that was held, as after an
        import of old documents, and the rebuilt history ends in the same stage, it
        was no move either, and goes too. Nor does it come back before another move of
        the same day, after which it would be read: that one leads on.
        """
        self.env.cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS pg_temp.crm_lifecycle_seam;
                CREATE TEMPORARY TABLE crm_lifecycle_seam ON COMMIT DROP AS
                SELECT profile.id AS profile_id,
                       date_trunc('second', profile.create_date) > %(start)s
                           OR COALESCE(first.date <= %(day)s, FALSE) AS leads_on,
                       last.stage_id AS rebuilt_stage_id,
                       first.id AS first_id,
                       first.cause = 'first_run' AS is_first_run,
                       first.cause = 'document' AND first.is_baseline
                           AND first.release_user_id IS NULL AS is_held,
                       CASE WHEN first.id IS NULL THEN profile.stage_id
                            WHEN first.cause = 'first_run' THEN first.to_stage_id
                            ELSE first.from_stage_id END AS start_stage_id
                  FROM crm_lifecycle_profile profile
             LEFT JOIN LATERAL (
                      SELECT stage_id FROM crm_lifecycle_past past
                       WHERE past.partner_id = profile.partner_id
                    ORDER BY date DESC LIMIT 1
                  ) AS last ON TRUE
             LEFT JOIN LATERAL (
                      SELECT id, date, cause, is_baseline, release_user_id,
                             from_stage_id, to_stage_id
                        FROM crm_lifecycle_transition
                       WHERE profile_id = profile.id
                         AND is_reconstructed IS NOT TRUE
                    ORDER BY date, id LIMIT 1
                  ) AS first ON TRUE
                 WHERE profile.company_id = %(company)s
                   AND profile.partner_id = ANY(%(partners)s);

                UPDATE crm_lifecycle_transition transition
                   SET from_stage_id = seam.rebuilt_stage_id
                  FROM crm_lifecycle_seam seam
                 WHERE transition.id = seam.first_id
                   AND (seam.is_first_run OR seam.leads_on)
                   AND transition.from_stage_id
                       IS DISTINCT FROM seam.rebuilt_stage_id;

                DELETE FROM crm_lifecycle_transition transition
                 USING crm_lifecycle_seam seam
                 WHERE transition.id = seam.first_id
                   AND (seam.is_first_run OR seam.leads_on AND seam.is_held)
                   AND seam.rebuilt_stage_id = transition.to_stage_id;

                INSERT INTO crm_lifecycle_transition
                       (profile_id, date, from_stage_id, to_stage_id, cause,
                        is_baseline)
                SELECT profile_id, %(day)s, rebuilt_stage_id, start_stage_id,
                       'first_run', TRUE
                  FROM crm_lifecycle_seam
                 WHERE is_first_run IS NOT TRUE
                   AND (NOT leads_on OR first_id IS NULL)
                   AND start_stage_id IS DISTINCT FROM rebuilt_stage_id;

                UPDATE crm_lifecycle_profile profile
                   SET stage_date = last.date
                  FROM (
                      SELECT profile_id, MAX(date) AS date
                        FROM crm_lifecycle_transition
                       WHERE profile_id IN (SELECT profile_id FROM crm_lifecycle_seam)
                    GROUP BY profile_id
                  ) AS last
                 WHERE last.profile_id = profile.id
                   AND profile.stage_date IS DISTINCT FROM last.date
                """,
                company=company.id,
                partners=list(partner_ids),
                start=company.lifecycle_start,
                day=company._lifecycle_today(company.lifecycle_start),
            )
        )
