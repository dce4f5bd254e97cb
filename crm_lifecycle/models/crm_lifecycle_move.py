import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Why something happened to the customer.
REAL_CAUSES = ("document", "time", "unpin")
# Below so many moves a day nothing is held for being too many: a third of thirty
# customers is an ordinary day.
HOLD_MINIMUM = 20


class CrmLifecycleProfile(models.Model):
    """STAGE, written: ``stage_id`` follows ``rule_stage_id``, unless set by hand.

    A real move, caused by a document or by the passing of days, goes through the ORM,
    so that automation rules and chatter work. A silent move is written by SQL together
    with its transition, and triggers nothing: nothing happened to the customer (first
    run, changed rules, new model), or the move is held. Which one waits for a customer
    was decided when his numbers were written: see ``crm_lifecycle_pending.py``.
    """

    _inherit = "crm.lifecycle.profile"

    def _write_moves(self, company, today, move):
        """Moves of the customers just written.

        :param bool move: also the real ones
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT profile.id, profile.pending_move IN %s
                  FROM crm_lifecycle_next next
                  JOIN crm_lifecycle_profile profile USING (partner_id, company_id)
                 WHERE profile.pending_move IS NOT NULL
              ORDER BY profile.rule_stage_id, profile.id
                """,
                REAL_CAUSES,
            )
        )
        silent = self.browse(profile_id for profile_id, is_real in rows if not is_real)
        silent._move_silently(today)
        real = self.browse(profile_id for profile_id, is_real in rows if is_real)
        if not (move and real):
            return
        if self._are_too_many(company, today, len(real), ("document",)):
            real._move_silently(today, "too_many")
        else:
            real._move_really(today)

    @api.model
    def _are_too_many(self, company, today, waiting, causes):
        """Whether so many customers move on one day that something else than they is
        the reason: an import, or a forecast gone wrong.

        :param int waiting: number of real moves that would be made now
        :param causes: of the moves made or held today that are counted as well. The
            live queue leaves the passing of days to the night: when that was too much,
            the day's own orders are still welcome.
        """
        ((moved, customers),) = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT count(*)
                          FROM crm_lifecycle_transition transition
                          JOIN crm_lifecycle_profile profile
                            ON profile.id = transition.profile_id
                         WHERE profile.company_id = %(company)s
                           AND transition.date = %(today)s
                           AND transition.cause IN %(causes)s
                           AND (transition.is_baseline IS NOT TRUE
                                OR transition.hold_reason = 'too_many')),
                       (SELECT count(*) FROM crm_lifecycle_profile
                         WHERE company_id = %(company)s)
                """,
                company=company.id,
                today=today,
                causes=causes,
            )
        )
        share = company.sudo().lifecycle_hold_share
        return moved + waiting > max(HOLD_MINIMUM, share * customers)

    def _move_silently(self, today, hold_reason=None):
        """Moves that act on nobody.

        :param hold_reason: why real moves are held; who moves because of an old
            document is held for that
        """
        if not self:
            return
        self._insert_transitions(today, True, hold_reason)
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lifecycle_profile
                   SET stage_date = CASE
                           WHEN stage_id = rule_stage_id AND stage_date IS NOT NULL
                           THEN stage_date ELSE %s END,
                       stage_id = rule_stage_id, pending_move = NULL
                 WHERE id = ANY(%s)
                """,
                today,
                self.ids,
            )
        )
        self.env.invalidate_all(flush=False)

    def _insert_transitions(
        self, today, is_baseline, hold_reason=None, stage=None, cause=None
    ):
        """Remember moves before they are made. A provisional stage is none that one
        comes from.

        :param stage: where to, when set by hand; else to the stage by the rules
        :param cause: when set by hand; else why the move waits
        :return: the new transitions
        """
        Transition = self.env["crm.lifecycle.transition"]
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_lifecycle_transition
                       (profile_id, date, from_stage_id, to_stage_id, cause,
                        is_baseline, hold_reason, facts, loyalty_score, expected_value)
                SELECT id, %(today)s,
                       CASE WHEN stage_date IS NOT NULL THEN stage_id END,
                       %(stage)s,
                       CASE WHEN %(cause)s IS NOT NULL THEN %(cause)s
                            WHEN pending_move = 'old_document' THEN 'document'
                            ELSE pending_move END,
                       %(is_baseline)s,
                       CASE pending_move WHEN 'old_document' THEN pending_move
                            ELSE %(hold_reason)s END,
                       %(facts)s, loyalty_score, expected_value
                  FROM crm_lifecycle_profile profile
                 WHERE id = ANY(%(ids)s)
                   AND (stage_date IS NULL OR stage_id IS DISTINCT FROM %(stage)s)
             RETURNING id
                """,
                today=today,
                is_baseline=is_baseline,
                hold_reason=hold_reason,
                stage=stage.id if stage else SQL("rule_stage_id"),
                cause=cause,
                facts=Transition._sql_facts_json("profile"),
                ids=self.ids,
            )
        )
        return Transition.browse(transition_id for (transition_id,) in rows)

    def _move_really(self, today):
        """Moves that act, stage by stage."""
        for profiles in self.grouped("rule_stage_id").values():
            profiles._move(today)

    def _move(self, today, exc_info=True):
        """Move together to one stage; when an automation rule raises, one by one, so
        that it stops only those whom it concerns. They are tried again at night.

        :param bool exc_info: whether an error is told in full: once is enough
        """
        try:
            self._move_together(today)
        except OperationalError:  # to be retried as a whole
            raise
        except Exception as error:
            _logger.error(
                "Customer lifecycle: profiles %s not moved: %s",
                self.ids if len(self) == 1 else "together",
                error,
                exc_info=exc_info,
            )
            if len(self) > 1:
                for profile in self:
                    profile._move(today, exc_info=False)

    def _move_together(self, today):
        """All real moves, and only they, pass here."""
        with self.env.cr.savepoint():
            self.env.flush_all()
            moves = self._insert_transitions(today, False)
            self.write(
                {
                    "stage_id": self.rule_stage_id.id,
                    "stage_date": today,
                    "pending_move": False,
                }
            )
            self.env["crm.lifecycle.outbox"]._enqueue(moves)

    def _message_track(self, fields_iter, initial_values_dict):
        """The messages of all that moved together are created together: one by one, as
        Odoo does it, they are most of what a move takes."""
        data, name = self.env.cr.precommit.data, f"{self._name}.messages"
        data[name] = []
        try:
            tracking = super()._message_track(fields_iter, initial_values_dict)
        finally:
            waiting = data.pop(name)
        if waiting:
            self._message_create(waiting)
        return tracking

    def _message_log(self, **values):
        logged = self.with_context(lifecycle_logged=True)
        return super(CrmLifecycleProfile, logged)._message_log(**values)

    def _message_create(self, values_list):
        waiting = self.env.cr.precommit.data.get(f"{self._name}.messages")
        if waiting is None or not self.env.context.get("lifecycle_logged"):
            return super()._message_create(values_list)
        waiting += values_list
        return self.env["mail.message"]
