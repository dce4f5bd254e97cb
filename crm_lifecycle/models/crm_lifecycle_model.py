import dataclasses
from datetime import timedelta
from functools import cache
from pathlib import Path
from zlib import crc32

from odoo import api, fields, models

from .crm_lifecycle_scores import ENGINE_FACTS, EPOCH, day_number

# A company learns anew after so many days, or when twice as many customers have bought.
# In between, a customer's scores change only with his facts and the passing of time.
DAYS_BETWEEN_MODELS = 30
# A company with more customers learns from as many, always the same ones: what is usual
# from the facts of the first number, forecasts from the purchases of the second. More
# would cost time and memory, and make no number better than it is shown.
LEARNERS, FORECAST_LEARNERS = 20000, 6000


@cache
def engine_version():
    """:return: text that changes with the files that compute the scores"""
    files = sorted((Path(__file__).parents[1] / "engine").glob("*.py"))
    return f"{crc32(b''.join(file.read_bytes() for file in files)):08x}"


class CrmLifecycleModel(models.Model):
    """What was learned from all customers of a company at one time: parameters of the
    purchase process, usual rhythm, limits of the value tiers, scales of the score."""

    _name = "crm.lifecycle.model"
    _description = "Customer Lifecycle Model"
    _order = "id desc"
    _rec_name = "as_of"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    as_of = fields.Datetime(required=True, readonly=True)
    date_from = fields.Date("Purchases from", readonly=True)
    customer_count = fields.Integer("Customers Learned from", readonly=True)
    parameters = fields.Json(
        readonly=True,
        # limits of the value tiers are amounts
        groups="sales_team.group_sale_manager",
    )
    loyalty_medians = fields.Json(
        readonly=True,
        help="Half of those who bought have at least so many points: of the score and "
        "of each part, by field.",
    )

    _company_idx = models.Index("(company_id, id DESC)")

    @api.model
    def _get_current(self, company):
        """:return: the newest model of `company`, empty when it never learned"""
        return self.sudo().search_fetch(
            [("company_id", "=", company.id)], ["as_of", "parameters"], limit=1
        )

    def _get_engine_model(self):
        """The learned quantities for the engine; what it assumes of a company without
        customers when nothing was learned yet.

        :return: ``engine.population.Model``
        """
        from ..engine import population

        if self:
            return population.Model.from_dict(self.parameters)
        return population.fit({name: [] for name in ENGINE_FACTS.values()}, 0)

    @api.model
    def _is_due(self, company, as_of):
        """Whether `company` is to learn (again) from its customers at `as_of`."""
        current = self._get_current(company)
        if not current or as_of - current.as_of >= timedelta(days=DAYS_BETWEEN_MODELS):
            return True
        buyers = (
            self.env["crm.lifecycle.profile"]
            .sudo()
            .with_context(active_test=False)
            .search_count(
                [("company_id", "=", company.id), ("order_count", ">", 0)],
                limit=LEARNERS,
            )
        )
        return buyers > current.customer_count and buyers >= 2 * current.customer_count

    @api.model
    def _read_population(self, company, as_of):
        """Stored facts of the customers of `company` that it learns from, and their
        purchases before `as_of`.

        :return: what :meth:`_learn` takes, two dicts of arrays
        """
        import numpy as np

        Profile = self.env["crm.lifecycle.profile"]
        facts = Profile._read_engine_facts("crm_lifecycle_profile", company, LEARNERS)
        partner_ids = facts.pop("partner_id")
        last, count = len(partner_ids) - 1, min(len(partner_ids), FORECAST_LEARNERS)
        some = np.linspace(0, last, count).astype(int)
        purchases = Profile._read_on_replica(
            lambda Reader: Reader._read_engine_purchases(
                company, partner_ids[some], as_of
            )
        )
        return facts, {**purchases, "customer": some[purchases["customer"]]}

    @api.model
    def _learn(self, company, as_of, facts, purchases, learned=None):
        """Learn from all customers of `company`, see :meth:`_read_population`.

        :param learned: what :meth:`_fit` has learned from them already; the weights
            that `company` has chosen since are taken over
        :return: the new model, which from then on is the one of the company
        """
        from ..engine import loyalty, scores

        learned = dataclasses.replace(
            learned or self._fit(company, as_of, facts, purchases),
            loyalty_weights=loyalty.check_weights(self._get_chosen_weights(company)),
        )
        first = min(purchases["day"], default=None)
        return self.sudo().create(
            {
                "company_id": company.id,
                "as_of": as_of,
                "date_from": first and fields.Date.add(EPOCH, days=int(first)),
                "customer_count": learned.buyers,
                "parameters": learned.as_dict(),
                "loyalty_medians": self._get_medians(
                    scores.loyalty_points(facts, learned, learned.as_of)
                ),
            }
        )

    @api.model
    def _fit(self, company, as_of, facts, purchases):
        """What the engine learns, see :meth:`_read_population`, with the weights of the
        loyalty score that `company` has chosen.

        :return: ``engine.population.Model``
        """
        from ..engine import population

        return population.fit(
            facts,
            day_number(company._lifecycle_today(as_of)) + 1,
            weights=self._get_chosen_weights(company),
            purchases=purchases,
        )
