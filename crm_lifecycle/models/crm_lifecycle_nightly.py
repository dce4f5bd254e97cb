import logging
from time import monotonic

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lifecycle_due import NIGHTS
from .crm_lifecycle_move import REAL_CAUSES

_logger = logging.getLogger(__name__)

# Customers of one unit of work, which is to take at most 10 s, when their documents are
# read; half as many as would be quickest for one job, so that two have the same to do.
# A move with its message takes 2 to 5 ms.
BATCH = 5000
MOVE_BATCH = 1000


class CrmLifecycleProfile(models.Model):
    """Everybody, every night: what the passing of days does, and what the live queue
    could not see."""

    _inherit = "crm.lifecycle.profile"

    @api.model
    def _refresh_company(self, company, as_of=None):
        """Everything for one company in the caller's transaction.

        :param company: record of res.company
        :param as_of: excluding bound, naive datetime in UTC; start of tomorrow
        """
        self._lock(company)
        for _done in self._nightly(company, as_of or company._lifecycle_as_of()):
            pass

    @api.model
    def _nightly(self, company, as_of):
        """Everything for one company, as a generator of units of work.

        The real moves come when everybody's numbers are written: only then it is known
        how many there are. By a new model everybody is judged again, as a baseline: the
        night's real moves have happened before.

        What is learned is learned while others do the numbers: suggestions from
        documents, for after the first night all customers who matter there have a
        profile; a model from the facts of the last night, unless they are older. A
        night that was interrupted leaves it to its end, for it may be what interrupted
        it.

        :return: generator of (customers done, units left)
        """

        def note(name, units):
            return self._nightly_note(company, as_of, name, units)

        def judge(name, meanwhile=()):
            again = name == "again"
            yield from note(name, self._nightly_plan(company, as_of, again))
            yield from meanwhile
            yield from note(name, self._nightly_numbers(company, as_of))
            yield from note("moves", self._nightly_moves(company, as_of))

        Model = self.env["crm.lifecycle.model"]
        learned, due, meanwhile = [], None, ()
        model = note("learn", self._nightly_learn(company, as_of, learned))
        if company.sudo().lifecycle_as_of and not (
            self.env["crm.lifecycle.unit"]._get_planned(company)
        ):
            due = self.env["crm.lifecycle.affinity"]._get_due(company, as_of)
            if Model._is_due(company, as_of) and self._is_current(company, as_of):
                meanwhile = model
        products = note("products", self._nightly_products(company, as_of, due))
        yield from judge("numbers", meanwhile or (products if due else ()))
        if not learned and Model._is_due(company, as_of):
            yield from model
        if learned:
            # weights that somebody changed meanwhile are not lost
            yield from self._nightly_lock(company)
            Model._learn(company, as_of, *learned)
            yield from judge("again", products)
        yield from products
        company.sudo().write(
            {
                "lifecycle_as_of": as_of,
                "lifecycle_night": {
                    "end": fields.Datetime.to_string(fields.Datetime.now()),
                    "steps": company.sudo().lifecycle_night["begun"]["steps"],
                },
            }
        )
        self.env["crm.lifecycle.replay"]._request_first(company)
        yield 0, 0

    def _nightly_note(self, company, as_of, name, units):
        """Do a step, and note on the company how many customers it had and how long it
        took, also when the time of the job is over and the next one goes on with it.

        :param units: generator of (customers done, units left), which may return how
            many they were in all, whoever did them
        :return: the same generator
        """
        company = company.sudo()
        moment = fields.Datetime.to_string(as_of)
        start = monotonic()
        unit = True
        while unit:
            total = None
            try:
                unit = next(units)
            except StopIteration as end:
                unit, total = None, end.value
            if not unit or unit[0]:  # not where the transaction only waited
                night = company.lifecycle_night or {}
                begun = night.get("begun")
                if not begun or begun["as_of"] != moment:
                    begun = {"as_of": moment, "steps": {}}
                customers, seconds = begun["steps"].get(name, (0, 0))
                customers += unit[0] if unit else 0
                step = (total or customers, seconds + monotonic() - start)
                begun = {**begun, "steps": {**begun["steps"], name: step}}
                company.lifecycle_night = {**night, "begun": begun}
                start = monotonic()
            if unit:
                yield unit

    def _nightly_learn(self, company, as_of, learned):
        """:param list learned: gets what ``crm.lifecycle.model._learn`` takes
        :return: generator of (0, units left)"""
        Model = self.env["crm.lifecycle.model"]
        yield 0, 1
        population = Model._read_population(company, as_of)
        yield 0, 1
        learned += [*population, Model._fit(company, as_of, *population)]
        yield 0, 1

    def _nightly_products(self, company, as_of, due=None):
        """:param due: what is due to be learned, if that is known
        :return: generator of (0, units left)
        """
        yield 0, 1
        Affinity = self.env["crm.lifecycle.affinity"]
        if due is None:
            due = Affinity._get_due(company, as_of)
        for left in Affinity._nightly_units(company, as_of, due):
            yield 0, left
        yield 0, 1

    def _nightly_plan(self, company, as_of, again=False):
        """Divide everybody among the jobs, and call those that help: see
        ``crm.lifecycle.unit``. Documents are read for those only whose facts may have
        changed since the last night; for the others time has passed.

        :param bool again: documents have been read this night; what changed meanwhile
            is in the live queue, and found by the next night
        :return: generator of (0, units left)
        """
        Unit = self.env["crm.lifecycle.unit"].sudo()
        planned = Unit._get_planned(company)
        if late := planned.filtered(lambda unit: unit.as_of != as_of):
            yield from self._nightly_lock(company)  # nobody is at work on them
            late.unlink()
            yield 0, 1
            planned -= late
        if not planned and not again:
            turn = self._begin_turn(company, as_of)
            # others read them while this one looks who else is to be read
            if len(turn) > BATCH // NIGHTS:
                planned = Unit._plan(company, as_of, turn, BATCH, is_turn=True)
                planned._call_help()
                yield 0, 1
        if all(unit.is_turn for unit in planned):
            changed = set() if again else self._begin_reading(company, as_of)
            taken = {each for unit in planned for each in unit.partner_ids}
            to_read, known = (
                [each for each in due if each not in taken]
                for due in self._share_due(company, as_of, changed)
            )
            # the slow ones first: then nobody waits long for who has the last one
            Unit._plan(company, as_of, to_read, BATCH)
            Unit._plan(company, as_of, known, 2 * BATCH, is_known=True)
        units = Unit._get_open(company)
        if len(units) > 1:
            units._call_help()

    def _nightly_numbers(self, company, as_of):
        """Everybody's numbers, as they were divided.

        :return: generator of (customers done, units left), which returns how many they
            were, whoever did them
        """
        Unit = self.env["crm.lifecycle.unit"].sudo()
        while units := Unit._get_open(company):
            yield 0, len(units) + 1
            for done, left in Unit._work_off(company):
                yield done, left + 1
            # the others have ended theirs as well, and the live queue goes first
            yield from self._nightly_lock(company)
            units = Unit._get_open(company)
            if len(units) > 1:
                units._call_help()
            yield 0, 1
        count = Unit._end(company)
        self._end_reading(company, as_of)
        return count

    def _nightly_lock(self, company, shared=False):
        """Take the lock of `company` as the first thing in a transaction, so that it
        sees all that others wrote. Whoever has to wait waits in one of its own.

        :return: generator of (0, units left)
        """
        while not self._try_lock(company, shared):
            self._lock(company, shared)
            yield 0, 1

    def _nightly_moves(self, company, as_of):
        """The real moves that wait, or, when they are too many, all of them silently.
        Those that were made before an interruption still count.

        :return: generator of (customers who waited, units left)
        """
        today = company._lifecycle_today(as_of)
        profiles = self.sudo().with_company(company).with_context(active_test=True)
        waiting = profiles._get_waiting_ids(company)
        held = bool(waiting) and profiles._are_too_many(
            company, today, len(waiting), REAL_CAUSES
        )
        size = BATCH if held else MOVE_BATCH
        yield 0, len(waiting) + 1
        for start in range(0, len(waiting), size):
            yield from profiles._nightly_lock(company)
            unit = profiles.browse(
                profiles._get_waiting_ids(company, waiting[start : start + size])
            )
            if held:
                unit._move_silently(today, "too_many")
            else:
                unit._move_really(today)
            yield len(unit), len(waiting) - start

    def _get_waiting_ids(self, company, profile_ids=None):
        """:param profile_ids: among these, else among all of `company`
        :return: ids of profiles that wait for a real move, by the stage they go to"""
        self.env.flush_all()
        among = SQL() if profile_ids is None else SQL("AND id = ANY(%s)", profile_ids)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM crm_lifecycle_profile
                 WHERE company_id = %s AND pending_move IN %s %s
              ORDER BY rule_stage_id, id
                """,
                company.id,
                REAL_CAUSES,
                among,
            )
        )
        return [profile_id for (profile_id,) in rows]

    @api.model
    def _cron_nightly(self):
        """The night's work of each company, soon after its midnight. Runs hourly, and
        goes on where it was when the time of the job is over. Customers in the live
        queue go first."""
        self.env["ir.cron"]._lifecycle_run_companies(
            self._is_nightly_due, self._nightly, "night's work"
        )
