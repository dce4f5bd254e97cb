import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class CrmLifecycleOutbox(models.Model):
    """JOB: does what is due, one row per transaction.

    An e-mail or an activity is written in the transaction that marks its row as done:
    an interrupted run neither loses nor doubles it. A server action may do things
    outside the database, so it is done at most once: its row is marked as started and
    committed first, and one that is found started later is reported, not repeated.
    """

    _inherit = "crm.lifecycle.outbox"

    @api.model
    def _cron_run(self):
        Cron = self.env["ir.cron"]
        # the scheduler never runs one job twice at a time: nobody is at these
        self.search([("state", "=", "started")]).try_lock_for_update().write(
            {"state": "failed", "reason": "unfinished"}
        )
        self._wake_conditions()
        Cron._commit_progress()
        due = [
            ("state", "=", "waiting"),
            ("date_due", "<=", fields.Datetime.now()),
        ]
        order = "date_due, id"
        while row := self.search(due, order=order, limit=1).try_lock_for_update():
            row.with_company(row.company_id)._execute()
            left = self.search_count(due, limit=1)
            if not Cron._commit_progress(1, remaining=left):
                break

    @api.model
    def _wake_conditions(self):
        """Who waits for his condition is looked at again when his numbers changed."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lifecycle_outbox waiting SET date_due = %(now)s
                  FROM crm_lifecycle_profile profile
                 WHERE waiting.state = 'waiting'
                   AND waiting.reason = 'condition'
                   AND waiting.date_due > %(now)s
                   AND profile.id = waiting.profile_id
                   AND profile.write_date IS DISTINCT FROM waiting.date_profile
                """,
                now=fields.Datetime.now(),
            )
        )
        self.invalidate_model(["date_due"])

    def _execute(self):
        """Do this row, or leave it with the reason why not."""
        try:
            with self.env.cr.savepoint():
                if not self._is_to_do():
                    return
                if self.action_id.kind != "server":
                    self._do()
                    return
        except OperationalError:  # to be retried as a whole
            raise
        except Exception as error:
            _logger.exception("Customer lifecycle: stage action %s failed", self.id)
            self._fail(error)
            return
        self._do_at_most_once()

    def _do_at_most_once(self):
        self.write({"state": "started", "date_done": fields.Datetime.now()})
        self.env["ir.cron"]._commit_progress()
        try:
            with self.env.cr.savepoint():
                self._do()
        except Exception as error:  # conflicts, too: it may have acted outside
            _logger.exception("Customer lifecycle: stage action %s failed", self.id)
            self._fail(error)

    def _do(self):
        self.write(self.action_id._do(self.transition_id))
        self._finish("done")

    def _fail(self, error):
        self._finish("failed", "error", error=f"{type(error).__name__}: {error}")

    def _is_to_do(self):
        """:return: whether nothing is in the way; else this row says what"""
        obstacle = self._get_obstacle()
        if obstacle and not self._postpone(obstacle):
            late = obstacle == "condition"
            self._finish("skipped", "too_late" if late else obstacle)
        return not obstacle

    def _get_obstacle(self):
        """:return: code of the reason why not, or None"""
        action, move = self.action_id, self.transition_id
        if not action.active:
            return "inactive"
        if not move:  # his profile was deleted
            return "excluded" if self.partner_id.lifecycle_excluded else "gone"
        if action.after_action_id and not self.search_count(
            [
                ("transition_id", "=", move.id),
                ("action_id", "=", action.after_action_id.id),
                ("state", "=", "done"),
            ]
        ):
            return "step_missing"
        obstacle = action._get_obstacles(move).get(move.id)
        if (
            not obstacle
            and action.daily_cap
            and self._count_today() >= action.daily_cap
        ):
            return "cap"
        return obstacle

    def _count_today(self):
        """:return: how many customers of this company got this action today"""
        today = self.company_id._lifecycle_as_of() - timedelta(days=1)
        return self.search_count(
            [
                ("action_id", "=", self.action_id.id),
                ("company_id", "=", self.company_id.id),
                ("date_done", ">=", today),
            ]
        )

    def _postpone(self, obstacle):
        """Wait, if this obstacle goes away by itself.

        :return: whether this row waits
        """
        rows, until = self, None
        if obstacle == "condition" and fields.Datetime.now() < self.date_until:
            until = self.date_until
        elif obstacle == "cool_down":
            cool_down = timedelta(days=self.company_id.lifecycle_cooldown_days)
            last = self.search(
                [
                    ("partner_id", "=", self.partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("action_id.kind", "=", "email"),
                    ("date_done", "!=", False),
                ],
                order="date_done desc",
                limit=1,
            )
            until = last.date_done + cool_down
        elif obstacle == "cap":  # the others of today need not be looked at one by one
            until = self.company_id._lifecycle_as_of()
            rows = self.search(
                [
                    ("state", "=", "waiting"),
                    ("date_due", "<", until),
                    ("action_id", "=", self.action_id.id),
                    ("company_id", "=", self.company_id.id),
                ]
            )
        if until is None:
            return False
        rows.write({"date_due": until, "reason": obstacle})
        self.date_profile = self.profile_id.write_date
        return True

    def _finish(self, state, reason=False, error=False):
        """Close this row; later steps go on from here."""
        now = fields.Datetime.now()
        self.write({"state": state, "reason": reason, "error": error})
        later = self.with_context(active_test=False).search(
            [
                ("transition_id", "in", self.transition_id.ids),
                ("action_id.after_action_id", "=", self.action_id.id),
            ]
        )
        if state == "done":
            self.date_done = now
            later.filtered(
                lambda row: (
                    (row.state == "waiting" and not row.date_due)
                    or row.reason == "step_missing"
                )
            )._set_due(now)
        else:
            later.filtered(
                lambda row: row.state == "waiting" and not row.date_due
            ).date_due = now
