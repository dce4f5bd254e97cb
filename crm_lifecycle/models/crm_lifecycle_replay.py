import logging
from time import monotonic

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.date_utils import start_of

_logger = logging.getLogger(__name__)

# Customers of the first unit of work, and seconds that each is to take, so that none
# takes more than 10 s: the next one has as many customers as fit.
BATCH = 100
SECONDS = 6
# Customers learned from; beyond it a sample, always the same. As many as are read and
# learned from in one unit of work.
SAMPLE = 3000
REPLAY_STATES = [
    ("waiting", "Waiting"),
    ("learning", "Learning what was known then"),
    ("rebuilding", "Being rebuilt"),
    ("done", "Done"),
    ("failed", "Failed"),
]


class CrmLifecycleReplay(models.Model):
    """One rebuilding of the history of a company: what the documents, as they stand
    today, say about the end of each month before the first run. By the same code and
    the current rules; forecasts are learned from what was known before each quarter.

    What is rebuilt are transitions, in ``crm_lifecycle_replay_write.py``.
    """

    _name = "crm.lifecycle.replay"
    _description = "Customer Lifecycle History"
    _order = "id desc"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        REPLAY_STATES,
        default="waiting",
        required=True,
        readonly=True,
    )
    month_count = fields.Integer("Months", readonly=True)
    customer_count = fields.Integer("Customers", readonly=True)
    customer_done_count = fields.Integer("Customers Done", readonly=True)
    progress = fields.Float(
        compute="_compute_progress", help="Customers done, in percent."
    )
    date_start = fields.Datetime("Started", readonly=True)
    date_end = fields.Datetime("Finished", readonly=True)
    duration = fields.Float(
        "Working Time (Hours)", readonly=True, help="Without waiting for other work."
    )
    last_profile_id = fields.Integer(
        readonly=True, help="Customers are rebuilt in the order of their profiles."
    )
    batch = fields.Integer(
        readonly=True, help="Customers of the next unit of work, as the last one took."
    )
    configuration = fields.Char(readonly=True, help="Fingerprint of the rules.")
    parameters = fields.Json(
        readonly=True, help="By first day of a quarter: what was learned before it."
    )

    @api.depends("customer_count", "customer_done_count", "state")
    def _compute_progress(self):
        for replay in self:
            share = replay.customer_done_count / max(replay.customer_count, 1)
            replay.progress = 100.0 if replay.state == "done" else 100 * min(share, 1)

    @api.model
    def _request(self, company):
        """Rebuild the history of `company` in the background, soon.

        :return: the new record, or the one that waits or works already
        """
        if not company.sudo().lifecycle_start:
            raise UserError(
                self.env._(
                    "The customers of %s have not been computed yet. Their history is "
                    "rebuilt by itself afterwards.",
                    company.name,
                )
            )
        replays = self.sudo()
        replay = replays.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("waiting", "learning", "rebuilding")),
            ],
            limit=1,
        ) or replays.create(
            {
                "company_id": company.id,
                "month_count": company.lifecycle_replay_months,
            }
        )
        self.env.ref("crm_lifecycle.ir_cron_replay").sudo()._trigger()
        return replay

    @api.model
    def _request_first(self, company):
        """After the first complete run of `company`: from now on its stages are known
        day by day, and what was before is rebuilt."""
        company = company.sudo()
        if not company.lifecycle_start:
            company.lifecycle_start = fields.Datetime.now()
            self._request(company)

    @api.model
    def _cron_replay(self):
        """What waits to be rebuilt. Customers in the live queue go first, between any
        two units of work; so does the night's work, for which this waits until the
        next run of the job."""
        Cron = self.env["ir.cron"]
        if Cron._lifecycle_is_time_over():
            return
        for replay in self.sudo().search(
            [("state", "not in", ("done", "failed"))], order="id"
        ):
            units = Cron._lifecycle_guard(
                ((1, left) for left in replay._run()),
                replay.company_id,
                "history",
                replay._fail,
            )
            if not Cron._lifecycle_run(units):
                return

    def _fail(self):
        self.state = "failed"

    def _run(self):
        """:return: generator of units of work, each the number of units left"""
        company = self.company_id
        while company.lifecycle_as_of == company._lifecycle_as_of():
            started = monotonic()
            left = self._run_unit()
            self.duration += (monotonic() - started) / 3600
            yield left
            if not left:
                return

    def _run_unit(self):
        """One unit of work, to be committed with what this record then says.

        :return: number of units left
        """
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(self.company_id)
        rules = stages._get_fingerprint()
        if self.state == "waiting" or self.configuration != rules:
            self._begin(rules)
        learned = self.parameters or {}
        quarters = [day for day in self._get_quarters() if str(day) not in learned]
        if quarters:
            self._learn(quarters[0])
        else:
            self.state = "rebuilding"
            self._rebuild_next()
        waiting = self.customer_count - self.customer_done_count
        if self.state == "done":
            return 0
        return max(len(quarters) - 1, 0) + max(waiting // self.batch, 1)

    def _rebuild_next(self):
        """The next customers, as many as fit in one unit of work."""
        started = monotonic()
        rows = self._get_next_customers()
        if not rows:
            self.write({"state": "done", "date_end": fields.Datetime.now()})
            return
        self.env["ir.cron"]._lifecycle_all_but_bad(
            [partner_id for _profile, partner_id in rows],
            self._rebuild,
            self.company_id,
            "history",
        )
        fitting = len(rows) * SECONDS / max(monotonic() - started, 0.01)
        self.write(
            {
                "last_profile_id": rows[-1][0],
                "customer_done_count": self.customer_done_count + len(rows),
                "batch": min(max(int(fitting), 1), 2 * self.batch),
            }
        )

    def _begin(self, rules):
        """From the start, also when a rule was changed meanwhile."""
        profiles = self.env["crm.lifecycle.profile"].with_context(active_test=False)
        self.write(
            {
                "state": "learning",
                "date_start": self.date_start or fields.Datetime.now(),
                "configuration": rules,
                "batch": BATCH,
                "last_profile_id": 0,
                "customer_done_count": 0,
                "customer_count": profiles.search_count(
                    [("company_id", "=", self.company_id.id)]
                ),
            }
        )

    def _get_next_customers(self):
        """Who waits for his first stage has no past to be joined to it."""
        return self.env.execute_query(
            SQL(
                """
                SELECT id, partner_id FROM crm_lifecycle_profile
                 WHERE company_id = %s AND id > %s AND stage_date IS NOT NULL
              ORDER BY id LIMIT %s
                """,
                self.company_id.id,
                self.last_profile_id,
                self.batch,
            )
        )

    def _get_months(self):
        """:return: first days of the months whose ends are rebuilt, oldest first: full
        months before the first run"""
        company = self.company_id
        start = company._lifecycle_today(company.lifecycle_start)
        return [
            start_of(start, "month") - relativedelta(months=count)
            for count in range(self.month_count, 0, -1)
        ]

    def _get_quarters(self):
        """:return: first days of the quarters of these months"""
        return sorted({start_of(month, "quarter") for month in self._get_months()})

    def _learn(self, quarter):
        """What was known before the date `quarter`, from documents before it."""
        Profile = self.env["crm.lifecycle.profile"].sudo()
        Model = self.env["crm.lifecycle.model"]
        company = self.company_id
        as_of = company._lifecycle_bound(quarter)
        sample = self.env.execute_query(
            SQL(
                """
                SELECT partner_id FROM crm_lifecycle_profile
                 WHERE company_id = %s ORDER BY md5(partner_id::text) LIMIT %s
                """,
                company.id,
                SAMPLE,
            )
        )
        partner_ids = [partner_id for (partner_id,) in sample]
        Profile._prepare_facts(company, partner_ids, as_of, Model)
        facts = Profile._read_engine_facts("crm_lifecycle_facts", company)
        purchases = Profile._read_engine_purchases(
            company, facts.pop("partner_id"), as_of
        )
        learned = Model._fit(company, as_of, facts, purchases)
        self.parameters = {
            **(self.parameters or {}),
            str(quarter): learned.as_dict(),
        }
