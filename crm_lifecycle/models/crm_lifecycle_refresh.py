import logging
from datetime import datetime, timezone

from odoo import api, models
from odoo.tools import SQL, ormcache

from .arrays import ARRAYS, array_text
from .crm_lifecycle_scores import day_number
from .crm_lifecycle_sources import PLANNER
from .planned import planned

_logger = logging.getLogger(__name__)

KEY_COLUMNS = [
    "partner_id",
    "company_id",
    "active",
    "as_of",
    "model_id",
    "configuration",
    "rule_stage_id",
]


class CrmLifecycleProfile(models.Model):
    """FACTS to SCORES to the stage by the rules, written: the only file that writes the
    numbers of profiles, by SQL and only where they differ. That the stage shown follows
    is in the file beside this one.
    """

    _inherit = "crm.lifecycle.profile"

    @api.model
    def _refresh(self, company, partner_ids, as_of=None, move=True, known=()):
        """Bring some customers of one company up to date, in the caller's transaction.

        Customers who no longer have a profile lose it. Two calls for the same company
        wait for each other, unless both leave the real moves for later.

        :param company: record of res.company
        :param partner_ids: ids of commercial partners
        :param as_of: excluding bound, naive datetime in UTC; start of tomorrow
        :param bool move: whether real moves are made at once; else they wait until
            the night knows how many there are
        :param set known: ids of those whose stored facts still hold; documents are
            read for the others only
        """
        if not partner_ids:
            return
        self.env.flush_all()
        # the same whether or not the caller's list shows archived records
        profiles = self.sudo().with_company(company).with_context(active_test=True)
        profiles._lock(company, shared=not move)
        profiles._refresh_locked(
            company, partner_ids, as_of or company._lifecycle_as_of(), move, known
        )

    def _lock(self, company, shared=False):
        """Wait until nobody else writes for `company`: until the end of the
        transaction, nobody does, and PostgreSQL plans for what this is.

        :param bool shared: others may write in the same way, which is only for those
            who write nothing but the numbers of customers of their own
        """
        self.env.cr.execute(
            SQL(
                "SELECT %s(hashtext('crm_lifecycle'), %s), %s",
                SQL("pg_advisory_xact_lock%s", SQL("_shared" if shared else "")),
                company.id,
                SQL(PLANNER),
            )
        )

    def _try_lock(self, company, shared=False):
        """As :meth:`_lock`, without waiting. A job must not wait and then write: its
        transaction does not see what the other has written meanwhile, and PostgreSQL
        refuses to overwrite it. (A request that waited is repeated by Odoo.)

        :return bool: whether the lock was free
        """
        ((free,),) = self.env.execute_query(
            SQL(
                "SELECT %s(hashtext('crm_lifecycle'), %s)",
                SQL("pg_try_advisory_xact_lock%s", SQL("_shared" if shared else "")),
                company.id,
            )
        )
        return free

    @api.model
    def _refresh_all_but_bad(self, company, partner_ids, as_of, move=True, known=()):
        """As :meth:`_refresh`; one who cannot be computed stops nobody else."""
        self.env["ir.cron"]._lifecycle_all_but_bad(
            partner_ids,
            lambda part: self._refresh(company, part, as_of, move, known),
            company,
            "numbers",
        )

    def _refresh_locked(self, company, partner_ids, as_of, move, known):
        model = self.env["crm.lifecycle.model"]._get_current(company)
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(company)
        if not stages:
            _logger.warning("Customer lifecycle: company %s has no stage", company.id)
            return
        today = company._lifecycle_today(as_of)
        read_ids = [each for each in partner_ids if each not in known]
        self._prepare_facts(company, read_ids, as_of, model)
        if len(read_ids) < len(partner_ids):
            known_ids = [each for each in partner_ids if each in known]
            self._add_known_facts(company, known_ids, as_of, model)
        self._prepare_next(company, as_of, model, stages)
        expired = self._write_next(company, partner_ids, today, not model)
        self.env.invalidate_all(flush=False)
        if model:
            expired._release_expired_pins()
            self._write_moves(company, today, move)

    def _prepare_facts(self, company, partner_ids, as_of, model):
        """Temporary table ``crm_lifecycle_facts``, a row per customer."""
        prepare = SQL()
        rows = SQL(
            """
            SELECT facts.*, %s AS company_id, %s::timestamp AS as_of,
                   %s::integer AS model_id
              FROM (%s) AS facts
            """,
            company.id,
            as_of,
            model.id or None,
            self._sql_facts(company, partner_ids, as_of),
        )
        if self._are_few(partner_ids):
            prepare, rows = planned(self.env, rows)
        self.env.cr.execute(
            SQL(
                """
                %s
                DROP TABLE IF EXISTS pg_temp.crm_lifecycle_facts;
                CREATE TEMPORARY TABLE crm_lifecycle_facts ON COMMIT DROP AS %s
                """,
                prepare,
                rows,
            )
        )

    def _add_known_facts(self, company, partner_ids, as_of, model):
        """To :meth:`_prepare_facts`, from the profiles: nothing changed since."""
        names = [
            name
            for name in self._get_rule_fields()
            if name in self.env["crm.lifecycle.facts"]._fields
        ]
        columns = SQL(", ").join(
            map(SQL.identifier, ["partner_id", "active", *names, "company_id"])
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lifecycle_facts (%(columns)s, as_of, model_id)
                SELECT %(columns)s, %(as_of)s, %(model)s
                  FROM crm_lifecycle_profile
                 WHERE company_id = %(company)s AND partner_id = ANY(%(partners)s)
                """,
                columns=columns,
                as_of=as_of,
                model=model.id or None,
                company=company.id,
                partners=partner_ids,
            )
        )

    def _prepare_next(self, company, as_of, model, stages):
        """Temporary table ``crm_lifecycle_next``: the facts with scores and stage."""
        facts = self._read_engine_facts("crm_lifecycle_facts", company)
        partner_ids = facts.pop("partner_id").astype(int)
        today = company._lifecycle_today(as_of)
        scores = self._compute_scores(facts, model, day_number(today) + 1)
        self.env.cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS pg_temp.crm_lifecycle_next;
                CREATE TEMPORARY TABLE crm_lifecycle_next ON COMMIT DROP AS
                SELECT %(alias)s.*, %(stage)s AS rule_stage_id,
                       %(configuration)s AS configuration
                  FROM (
                      SELECT facts.*, %(columns)s
                        FROM crm_lifecycle_facts facts
                        JOIN unnest(%(partners)s::integer[], %(arrays)s)
                             AS score (partner_id, %(names)s) USING (partner_id)
                  ) AS %(alias)s
                """,
                alias=SQL.identifier(self._table),
                stage=stages._to_sql(self._table),
                configuration=stages._get_configuration(model),
                partners=array_text(partner_ids),
                columns=self._sql_scores(tuple(scores)),
                arrays=SQL(", ").join(
                    SQL("%s::%s", array_text(values), SQL(ARRAYS[values.dtype.kind]))
                    for values in scores.values()
                ),
                names=SQL(", ").join(map(SQL.identifier, scores)),
            )
        )

    @ormcache("names")
    def _sql_scores(self, names):
        """Columns `names` of ``score``: the engine counts dates in days."""
        columns = []
        for name in names:
            field, column = self._fields[name], SQL.identifier("score", name)
            value = SQL("%s::%s", column, SQL(field.column_type[1]))
            if field.type == "date":
                value = SQL("DATE '1970-01-01' + %s::integer", column)
            columns.append(SQL("%s AS %s", value, SQL.identifier(name)))
        return SQL(", ").join(columns)

    @ormcache("table")
    def _sql_numbers(self, *table):
        """All columns that are written here, of `table` where one is named."""
        names = KEY_COLUMNS + self._get_rule_fields()
        return SQL(", ").join(SQL.identifier(*table, name) for name in names)

    def _write_next(self, company, partner_ids, today, is_provisional):
        """Update the profiles that differ, add the new and delete the vanished. One
        that somebody else has added meanwhile is a conflict to be retried, not an
        error in the customer: hence ``ON CONFLICT``, which raises it as such.

        :param bool is_provisional: there is no model yet; the stage is shown, but not
            yet remembered, unless it was set by hand
        :return: the profiles set by hand until a day that has passed
        """
        kept, new = self._sql_pending_move(company, today)
        shown = SQL("profile.stage_id")
        if is_provisional:
            shown = SQL(
                """
                CASE WHEN profile.stage_date IS NULL THEN next.rule_stage_id
                     ELSE profile.stage_id END
                """
            )
        rows = self.env.execute_query(
            SQL(
                """
                WITH stored AS MATERIALIZED (
                    SELECT id, partner_id,
                           is_pinned AND pin_until < %(today)s AS is_expired
                      FROM crm_lifecycle_profile
                     WHERE company_id = %(company)s AND partner_id = ANY(%(partners)s)
                ), updated AS (
                    UPDATE crm_lifecycle_profile profile
                       SET (%(columns)s, pending_move, stage_id,
                            write_uid, write_date)
                           = ROW(%(values)s, %(kept)s, %(shown)s, %(uid)s, %(now)s)
                      FROM crm_lifecycle_next next
                     WHERE profile.partner_id = next.partner_id
                       AND profile.company_id = next.company_id
                       AND (%(stored)s, profile.stage_id)
                           IS DISTINCT FROM (%(values)s, %(shown)s)
                ), added AS (
                    INSERT INTO crm_lifecycle_profile
                           (%(columns)s, pending_move, stage_id,
                            create_uid, create_date, write_uid, write_date)
                    SELECT %(values)s, %(new)s,
                           CASE WHEN %(is_provisional)s THEN next.rule_stage_id END,
                           %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM crm_lifecycle_next next
                     WHERE partner_id NOT IN (SELECT partner_id FROM stored)
                  ORDER BY partner_id
                        ON CONFLICT (partner_id, company_id) DO NOTHING
                )
                SELECT id, partner_id IN (SELECT partner_id FROM crm_lifecycle_next)
                  FROM stored
                 WHERE is_expired
                    OR partner_id NOT IN (SELECT partner_id FROM crm_lifecycle_next)
                """,
                columns=self._sql_numbers(),
                values=self._sql_numbers("next"),
                stored=self._sql_numbers("profile"),
                kept=kept,
                new=new,
                shown=shown,
                is_provisional=is_provisional,
                today=today,
                company=company.id,
                partners=list(partner_ids),
                uid=self.env.uid,
                now=datetime.now(timezone.utc).replace(tzinfo=None),
            )
        )
        expired = self.browse(profile_id for profile_id, is_kept in rows if is_kept)
        if len(expired) < len(rows):
            vanished = (profile_id for profile_id, is_kept in rows if not is_kept)
            # by the ORM, so that messages and activities go as well
            self.browse(vanished).unlink()
        return expired
