import logging
from collections import defaultdict

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL

from .crm_lifecycle_scores import day_number

_logger = logging.getLogger(__name__)

KEY_COLUMNS = ["partner_id", "company_id", "active", "as_of", "model_id"]


class CrmLifecycleProfile(models.Model):
    """FACTS to SCORES to STAGE, written: the only file that writes profiles.

    Numbers are written by SQL, and only where they differ. So is a baseline move, which
    means that nothing happened to the customer: the first run, a changed rule or a new
    model. A real move goes through the ORM, so that automation rules and chatter work.
    """

    _inherit = "crm.lifecycle.profile"

    @api.model
    def _refresh(self, company, partner_ids, as_of=None):
        """Bring some customers of one company up to date, in the caller's transaction.

        Customers who no longer have a profile lose it. Two calls for the same company
        wait for each other.

        :param company: record of res.company
        :param partner_ids: ids of commercial partners
        :param as_of: excluding bound, naive datetime in UTC; start of tomorrow
        """
        if not partner_ids:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT pg_advisory_xact_lock(hashtext('crm_lifecycle'), %s)",
                company.id,
            )
        )
        profiles = self.sudo().with_company(company)
        profiles._refresh_locked(
            company, partner_ids, as_of or company._lifecycle_as_of()
        )

    @api.model
    def _refresh_all_but_bad(self, company, partner_ids, as_of):
        """As :meth:`_refresh`; one who cannot be computed is logged, and left as he is,
        so that he stops nobody else."""
        try:
            with self.env.cr.savepoint():
                self._refresh(company, partner_ids, as_of)
        except OperationalError:  # to be retried as a whole
            raise
        except Exception:
            half = len(partner_ids) // 2
            if not half:
                _logger.exception(
                    "Customer lifecycle: contact %s not recomputed in company %s",
                    partner_ids[0],
                    company.id,
                )
                return
            self._refresh_all_but_bad(company, partner_ids[:half], as_of)
            self._refresh_all_but_bad(company, partner_ids[half:], as_of)

    def _refresh_locked(self, company, partner_ids, as_of):
        model = self.env["crm.lifecycle.model"]._get_current(company)
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(company)
        self._prepare_facts(company, partner_ids, as_of, model)
        self._prepare_next(company, as_of, model, stages)
        self._write_next(company, partner_ids)
        if not model:
            self._write_provisional_stages()
            self.env.invalidate_all(flush=False)
            return
        today = company._lifecycle_today(as_of)
        configuration = stages._get_configuration(model)
        self._write_baseline_moves(company, today, configuration)
        self.env.invalidate_all(flush=False)
        self._write_moves(today)

    def _prepare_facts(self, company, partner_ids, as_of, model):
        """Temporary table ``crm_lifecycle_facts``, a row per customer."""
        self.env.cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS pg_temp.crm_lifecycle_facts;
                CREATE TEMPORARY TABLE crm_lifecycle_facts ON COMMIT DROP AS
                SELECT facts.*, %(company)s AS company_id,
                       %(as_of)s::timestamp AS as_of, %(model)s::integer AS model_id
                  FROM (%(facts)s) AS facts
                """,
                company=company.id,
                as_of=as_of,
                model=model.id or None,
                facts=self._sql_facts(company, partner_ids, as_of),
            )
        )

    def _prepare_next(self, company, as_of, model, stages):
        """Temporary table ``crm_lifecycle_next``: the facts with scores and stage."""
        facts = self._read_engine_facts("crm_lifecycle_facts", company)
        partner_ids = facts.pop("partner_id").astype(int).tolist()
        today = company._lifecycle_today(as_of)
        scores = self._compute_scores(facts, model, day_number(today) + 1)
        self.env.cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS pg_temp.crm_lifecycle_next;
                CREATE TEMPORARY TABLE crm_lifecycle_next ON COMMIT DROP AS
                SELECT %(alias)s.*, %(stage)s AS stage_id
                  FROM (
                      SELECT facts.*, %(columns)s
                        FROM crm_lifecycle_facts facts
                        JOIN unnest(%(partners)s::integer[], %(arrays)s)
                             AS score (partner_id, %(names)s) USING (partner_id)
                  ) AS %(alias)s
                """,
                alias=SQL.identifier(self._table),
                stage=stages._to_sql(self._table),
                partners=partner_ids,
                columns=SQL(", ").join(self._sql_score(name) for name in scores),
                arrays=SQL(", ").join(
                    SQL("%s::%s[]", values, self._sql_score_type(name))
                    for name, values in scores.items()
                ),
                names=SQL(", ").join(map(SQL.identifier, scores)),
            )
        )

    def _sql_score_type(self, name):
        is_date = self._fields[name].type == "date"
        return SQL("integer" if is_date else self._fields[name].column_type[1])

    def _sql_score(self, name):
        """Column `name` of ``score``: the engine counts dates in days."""
        column = SQL.identifier("score", name)
        if self._fields[name].type != "date":
            return column
        return SQL("DATE '1970-01-01' + %s AS %s", column, SQL.identifier(name))

    def _write_next(self, company, partner_ids):
        """Update the profiles that differ, add the new and delete the vanished."""
        names = KEY_COLUMNS + self._get_rule_fields()
        columns = SQL(", ").join(map(SQL.identifier, names))
        values = SQL(", ").join(SQL.identifier("next", name) for name in names)
        stored = SQL(", ").join(SQL.identifier("profile", name) for name in names)
        stamp = {"uid": self.env.uid, "now": self.env.cr.now()}
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lifecycle_profile profile
                   SET (%(columns)s, write_uid, write_date)
                       = ROW(%(values)s, %(uid)s, %(now)s)
                  FROM crm_lifecycle_next next
                 WHERE profile.partner_id = next.partner_id
                   AND profile.company_id = next.company_id
                   AND (%(stored)s) IS DISTINCT FROM (%(values)s)
                """,
                columns=columns,
                values=values,
                stored=stored,
                **stamp,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lifecycle_profile
                       (%(columns)s, stage_id,
                        create_uid, create_date, write_uid, write_date)
                SELECT %(values)s, next.stage_id, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM crm_lifecycle_next next
                 WHERE NOT EXISTS (
                     SELECT FROM crm_lifecycle_profile profile
                      WHERE profile.partner_id = next.partner_id
                        AND profile.company_id = next.company_id
                 )
                """,
                columns=columns,
                values=values,
                **stamp,
            )
        )
        vanished = self.env.execute_query(
            SQL(
                """
                SELECT id FROM crm_lifecycle_profile
                 WHERE company_id = %s AND partner_id = ANY(%s)
                   AND partner_id NOT IN (SELECT partner_id FROM crm_lifecycle_next)
                """,
                company.id,
                list(partner_ids),
            )
        )
        if vanished:  # by the ORM, so that messages and activities go as well
            self.browse(profile_id for (profile_id,) in vanished).unlink()

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
