import logging
from collections import defaultdict

from psycopg2 import OperationalError

from odoo import models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class CrmLifecycleProfile(models.Model):
    """STAGE, written: from the temporary table ``crm_lifecycle_next`` to the profiles.

    A real move, caused by a document or by the passing of days, goes through the ORM,
    so that automation rules and chatter work. A baseline move means that nothing
    happened to the customer: the first run, a changed rule or a new model. It is
    written by SQL together with its transition, and triggers nothing.
    """

    _inherit = "crm.lifecycle.profile"

    def _write_provisional_stages(self):
        """Before the company has a model, a stage is shown but not yet remembered."""
        self.env.cr.execute(
            """
            UPDATE crm_lifecycle_profile profile
               SET stage_id = next.stage_id
              FROM crm_lifecycle_next next
             WHERE profile.partner_id = next.partner_id
               AND profile.company_id = next.company_id
               AND profile.stage_id != next.stage_id
            """
        )

    def _write_baseline_moves(self, company, today, configuration):
        """Stages of those whose last stage rests on other rules or another model,
        together with their transitions. Someone who is new after the first run is no
        baseline: he comes from nowhere, and his first document brought him."""
        self.env.cr.execute(
            SQL(
                """
                WITH judged AS (
                    SELECT profile.id, next.stage_id, next.loyalty_score,
                           next.expected_value, profile.stage_date IS NULL AS is_new,
                           CASE WHEN profile.stage_date IS NOT NULL
                                THEN profile.stage_id END AS from_stage_id
                      FROM crm_lifecycle_next next
                      JOIN crm_lifecycle_profile profile
                     USING (partner_id, company_id)
                     WHERE profile.configuration IS DISTINCT FROM %(configuration)s
                ), written AS (
                    UPDATE crm_lifecycle_profile profile
                       SET configuration = %(configuration)s,
                           stage_id = judged.stage_id,
                           stage_date = CASE
                               WHEN judged.from_stage_id = judged.stage_id
                               THEN profile.stage_date ELSE %(today)s END
                      FROM judged WHERE judged.id = profile.id
                )
                INSERT INTO crm_lifecycle_transition
                       (profile_id, date, from_stage_id, to_stage_id, is_baseline,
                        loyalty_score, expected_value)
                SELECT id, %(today)s, from_stage_id, stage_id,
                       %(first_run)s OR NOT is_new, loyalty_score, expected_value
                  FROM judged
                 WHERE from_stage_id IS DISTINCT FROM stage_id
                """,
                configuration=configuration,
                today=today,
                first_run=not company.sudo().lifecycle_as_of,
            )
        )

    def _write_moves(self, today):
        """Real moves, caused by a document or by the passing of days."""
        moves = self.env.execute_query(
            SQL(
                """
                SELECT profile.id, next.stage_id
                  FROM crm_lifecycle_next next
                  JOIN crm_lifecycle_profile profile USING (partner_id, company_id)
                 WHERE profile.stage_id != next.stage_id
              ORDER BY next.stage_id, profile.id
                """
            )
        )
        by_stage = defaultdict(list)
        for profile_id, stage_id in moves:
            by_stage[stage_id].append(profile_id)
        for stage_id, profile_ids in by_stage.items():
            self.browse(profile_ids)._move(stage_id, today)

    def _move(self, stage_id, today):
        """Move together; when an automation rule raises, one by one, so that it stops
        only those whom it concerns."""
        try:
            with self.env.cr.savepoint():
                self.env["crm.lifecycle.transition"].create(
                    [
                        {
                            "profile_id": profile.id,
                            "date": today,
                            "from_stage_id": profile.stage_id.id,
                            "to_stage_id": stage_id,
                            "loyalty_score": profile.loyalty_score,
                            "expected_value": profile.expected_value,
                        }
                        for profile in self
                    ]
                )
                self.write({"stage_id": stage_id, "stage_date": today})
        except OperationalError:  # to be retried as a whole
            raise
        except Exception:
            if len(self) == 1:
                _logger.exception("Customer lifecycle: profile %s not moved", self.id)
                return
            for profile in self:
                profile._move(stage_id, today)
