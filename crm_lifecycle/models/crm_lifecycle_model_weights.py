import dataclasses

from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_lifecycle_scores import day_number


class CrmLifecycleModel(models.Model):
    """WEIGHTS: how many points each part of the loyalty score can give. They belong to
    the model: changed ones make a new one, learned from the same customers, so that
    everybody is judged again as a baseline; what is learned later keeps them."""

    _inherit = "crm.lifecycle.model"

    origin = fields.Selection(
        [("learned", "Learned"), ("weights", "Other weights")],
        "Made because",
        default="learned",
        required=True,
        readonly=True,
        help="Learned: from the customers, every month. Other weights: the weights of "
        "the loyalty score were changed; all else stayed.",
    )

    @api.model
    def _get_standard_weights(self):
        """:return: dict of points by part, of a company that never changed them"""
        from ..engine import loyalty

        return dict(loyalty.WEIGHTS)

    @api.model
    def _get_weights(self, company):
        """:return: dict of points by part of the score, as they count in `company`"""
        current = self._get_current(company)
        if not current:
            return self._get_standard_weights()
        return current.parameters["loyalty_weights"]

    @api.model
    def _get_chosen_weights(self, company):
        """:return: the weights to learn with: those in force where people ever decided
        on them, else the standard ones of this version of the addon"""
        decided = [("company_id", "=", company.id), ("origin", "=", "weights")]
        if self.sudo().search_count(decided, limit=1):
            return self._get_weights(company)
        return self._get_standard_weights()

    @api.model
    def _get_medians(self, points):
        """:param points: dict of arrays, nan for who never bought
        :return: dict of medians, empty when nobody ever bought"""
        import numpy as np

        return {
            name: round(float(np.nanmedian(values)), 1)
            for name, values in points.items()
            if not np.isnan(values).all()
        }

    def _weigh(self, weights):
        """What other weights would make of the company's customers who ever bought.

        :param dict weights: points by part
        :return: (``engine.population.Model`` with them, ids of customers, dict of
            arrays of points by field, in the order of the ids)
        """
        import numpy as np

        from ..engine import loyalty, scores

        company = self.company_id
        facts = self.env["crm.lifecycle.profile"]._read_engine_facts(
            "crm_lifecycle_profile", company
        )
        partner_ids = facts.pop("partner_id").astype(int)
        learned = dataclasses.replace(
            self._get_engine_model(), loyalty_weights=loyalty.check_weights(weights)
        )
        as_of = company.lifecycle_as_of or self.as_of
        tomorrow = day_number(company._lifecycle_today(as_of)) + 1
        points = scores.loyalty_points(facts, learned, tomorrow)
        bought = ~np.isnan(points["loyalty_score"])
        return (
            learned,
            partner_ids[bought].tolist(),
            {name: values[bought] for name, values in points.items()},
        )

    @api.model
    def _change_weights(self, company, weights):
        """Other weights for `company`, in force at once; its customers are judged again
        as a baseline, by the nightly job if they are many.

        :param dict weights: points by part, adding up to 100
        :return bool: whether all customers are judged already
        """
        self.env["crm.lifecycle.profile"]._lock(company)
        current = self._get_current(company)
        if not current:
            raise UserError(
                self.env._(
                    "Weights can be changed when the customers of this company were "
                    "computed for the first time."
                )
            )
        learned, _ids, points = current._weigh(weights)
        self.sudo().create(
            {
                "company_id": company.id,
                "as_of": current.as_of,
                "date_from": current.date_from,
                "customer_count": current.customer_count,
                "parameters": learned.as_dict(),
                "loyalty_medians": self._get_medians(points),
                "origin": "weights",
            }
        )
        stages = self.env["crm.lifecycle.stage"]
        stages._judge_soon()
        return stages._judge_at_once(company)
