import logging
from math import inf
from time import monotonic

from psycopg2 import OperationalError

from odoo import api, models

from .crm_lifecycle_dirty import BATCH

_logger = logging.getLogger(__name__)

# So many errors of one run are told in full; it gives up when they are all it has.
MAX_TRACEBACKS = 5


class IrCron(models.Model):
    """What the long jobs of the customer lifecycle share: they work in units with a
    commit after each, let the live queue go first, and what fails stops nobody else."""

    _inherit = "ir.cron"

    @api.model
    def _lifecycle_is_time_over(self):
        """Odoo calls a job ten times whatever the time, and ends the worker after two
        minutes: a job whose time is over begins nothing.

        :return bool: whether to come back later, which is noted
        """
        is_over = monotonic() > self.env.context.get("cron_end_time", inf)
        if is_over:
            self._commit_progress(remaining=1)
        return is_over

    @api.model
    def _lifecycle_run_companies(self, is_due, work, what):
        """The work of each company that is due, one after the other.

        :param is_due, work: called with a company and its excluding bound of today;
            `work` returns units for :meth:`_lifecycle_run`
        :param str what: for the log, what was not done
        """
        if self._lifecycle_is_time_over():
            return
        # there are few companies
        companies = self.env["res.company"].sudo().search([])  # pylint: disable=no-search-all
        for position, company in enumerate(companies, 1):
            as_of = company._lifecycle_as_of()
            if is_due(company, as_of):
                others = len(companies) - position
                units = self._lifecycle_guard(work(company, as_of), company, what)
                units = ((done, left + others) for done, left in units)
                if not self._lifecycle_run(units):
                    return

    @api.model
    def _lifecycle_run(self, units):
        """Do units of work as long as there is time, and what is in the live queue
        between them: what is there, not what comes meanwhile, and never to the end of
        the time. So that each run of a job gets on, however much people sell.

        :param units: generator of (what is done for good, units left). When it is 0,
            as before the first unit, or while something is kept in memory only, the
            next run would have to do it again: time may be over, but this one goes on
        :return bool: whether there is time left
        """
        Dirty = self.env["crm.lifecycle.dirty"]
        for done, left in units:
            if not self._commit_progress(done, remaining=left) and done:
                return False
            for _batch in range(0, Dirty.sudo().search_count([]), BATCH):
                if not Dirty._process() or not self._commit_progress():
                    break
            self._commit_progress()
        return True

    @api.model
    def _lifecycle_guard(self, units, company, what, failed=None):
        """`units` of one company. When one fails, the others of the company are left,
        and tried again by the next run of the job: it keeps no other company waiting.

        :param str what: for the log, what was not done
        :param failed: called after the failure
        """
        try:
            yield from units
        except OperationalError:  # to be retried
            raise
        except Exception:
            self.env.cr.rollback()
            _logger.exception(
                "Customer lifecycle: %s of company %s not done", what, company.id
            )
            if failed:
                failed()
            yield 0, 0

    @api.model
    def _lifecycle_all_but_bad(self, partner_ids, compute, company, what):
        """Compute something for many customers. One for whom it fails is logged, and
        left as he is, so that he stops nobody else. When the first ones tried alone all
        fail, and nobody else succeeded, it is not they who are bad: the rest is not
        tried.

        :param compute: called with a list of ids
        :param str what: for the log, what was not computed
        """
        todo, failed, succeeded = [list(partner_ids)], 0, False
        while todo:
            part = todo.pop()
            try:
                with self.env.cr.savepoint():
                    compute(part)
                succeeded = True
            except OperationalError:  # to be retried as a whole
                raise
            except Exception:
                if len(part) > 1:
                    # not in the middle: neighbours often share what is bad
                    todo += [part[1::2], part[::2]]
                    continue
                failed += 1
                _logger.error(
                    "Customer lifecycle: %s of contact %s in company %s not computed",
                    what,
                    part[0],
                    company.id,
                    exc_info=failed <= MAX_TRACEBACKS,
                )
            if todo and failed >= MAX_TRACEBACKS and not succeeded:
                _logger.error(
                    "Customer lifecycle: %s of %s more contacts in company %s not "
                    "computed",
                    what,
                    sum(map(len, todo)),
                    company.id,
                )
                return
