from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lifecycle_dirty import PAUSE

# A job of queue_job that waits for so long has no runner.
NO_RUNNER_HOURS = 1
# A unit takes one part in so many of what is left, and so many customers at least.
SHARE, LEAST = 4, 2000


class CrmLifecycleUnit(models.Model):
    """Part of a night's work: the numbers of some customers of one company.

    The nightly job writes them, and does them together with who helps it: jobs of
    their own (copies of one scheduled action), or those of the module queue_job where
    it is installed, on any machine. Who works on one keeps its row locked in the
    transaction that writes the numbers: when he dies, it is free again. They are
    deleted when all are done.
    """

    _name = "crm.lifecycle.unit"
    _description = "Part of a Night's Work"
    _order = "id"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    as_of = fields.Datetime(required=True)
    partner_ids = fields.Json(required=True, prefetch=False)
    is_known = fields.Boolean(
        help="Their stored facts still hold; else their documents are read."
    )
    is_turn = fields.Boolean(help="Planned before it was known who else is to be read.")
    is_done = fields.Boolean()

    def _plan(self, company, as_of, partner_ids, size, **values):
        """:return: units of so many customers at most; the last ones are smaller, so
        that those who do them end at about the same time"""
        values = {"company_id": company.id, "as_of": as_of, **values}
        parts = []
        while partner_ids:
            count = min(size, max(len(partner_ids) // SHARE, LEAST))
            parts.append(partner_ids[:count])
            partner_ids = partner_ids[count:]
        return self.create([{"partner_ids": part, **values} for part in parts])

    def _get_planned(self, company):
        return self.search([("company_id", "=", company.id)])

    def _get_open(self, company):
        return self.search([("company_id", "=", company.id), ("is_done", "=", False)])

    def _end(self, company):
        """Delete the units of a night, when all are done.

        :return: number of customers in them
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM crm_lifecycle_unit WHERE company_id = %s
             RETURNING jsonb_array_length(partner_ids)
                """,
                company.id,
            )
        )
        self.invalidate_model()
        return sum(count for (count,) in rows)

    def _call_help(self):
        """Start who helps with these units: jobs of the module queue_job, where it is
        installed and its runner works, else all scheduled actions of this model."""
        if hasattr(self, "with_delay"):
            # nobody runs jobs when those of an earlier night still wait
            before = fields.Datetime.now() - timedelta(hours=NO_RUNNER_HOURS)
            waiting = [
                ("model_name", "=", self._name),
                ("state", "=", "pending"),
                ("date_created", "<", before),
            ]
            if not self.env["queue.job"].search_count(waiting, limit=1):
                for unit in self:
                    delayed = unit.with_delay(
                        channel="root.crm_lifecycle",
                        description=self.env._("Customer Lifecycle: every customer"),
                        identity_key=f"{self._name},{unit.id}",
                    )
                    delayed._do_as_job()
                return
        for cron in self.env["ir.cron"].search([("model_id.model", "=", self._name)]):
            cron._trigger()

    def _do_as_job(self):
        """Do this unit in the transaction of a job of queue_job, which tries it again
        when PostgreSQL refuses it because somebody else was quicker. What it leaves
        the nightly job does.

        :return: number of customers done
        """
        for unit in self.exists():
            self.env["crm.lifecycle.profile"]._lock(unit.company_id, shared=True)
            if not self._is_queue_waiting(unit.company_id) and self._take(unit):
                return unit._do()
        return 0

    @api.model
    def _cron_help(self):
        """Help the nightly job, if it has work for two."""
        Cron = self.env["ir.cron"]
        if Cron._lifecycle_is_time_over():
            return
        for company in self.search([("is_done", "=", False)]).company_id:
            if self._is_queue_waiting(company):
                continue
            units = Cron._lifecycle_guard(
                self._work_off(company), company, "part of the night's work"
            )
            if not Cron._lifecycle_run(units):
                return

    @api.model
    def _work_off(self, company):
        """Do what is open, unit by unit, until nothing is left or somebody waits in
        the live queue.

        :return: generator of (customers done, units left)
        """
        Profile = self.env["crm.lifecycle.profile"]
        while True:
            yield from Profile._nightly_lock(company, shared=True)
            try:
                with self.env.cr.savepoint(flush=False):
                    unit = self._take(self._get_open(company))
            except SerializationFailure:  # one that has been done this very moment
                yield 0, 1
                continue
            if not unit:
                yield 0, 0
                return
            done = unit._do()
            yield done, len(self._get_open(company))
            if self._is_queue_waiting(company):
                return

    def _take(self, units):
        """:return: the first of `units` that nobody else works on, or none"""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM crm_lifecycle_unit
                 WHERE id = ANY(%s) AND is_done IS NOT TRUE
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
                """,
                units.ids,
            ),
            log_exceptions=False,
        )
        return self.browse(unit_id for (unit_id,) in self.env.cr.fetchall())

    def _do(self):
        """:return: number of customers done"""
        partner_ids = self.partner_ids
        known = set(partner_ids) if self.is_known else ()
        self.env["crm.lifecycle.profile"]._refresh_all_but_bad(
            self.company_id, partner_ids, self.as_of, False, known
        )
        self.is_done = True
        return len(partner_ids)

    @api.model
    def _is_queue_waiting(self, company):
        """Whether customers of `company` could not be taken from the live queue lately.
        It needs the company for itself: as long as some begin units before others have
        ended theirs, it would never get it."""
        since = fields.Datetime.now() - timedelta(seconds=PAUSE)
        return bool(
            self.env["crm.lifecycle.dirty"].search_count(
                [("company_id", "in", [0, company.id]), ("date", "<", since)], limit=1
            )
        )
