from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from .res_company_status import MANAGER


class CrmLifecycleProfile(models.Model):
    """SCREEN: the loyalty score in words, part by part."""

    _inherit = "crm.lifecycle.profile"

    loyalty_explanation = fields.Html(
        "Why This Score", compute="_compute_loyalty_explanation", sanitize=False
    )

    @api.depends_context("lang", "uid")
    @api.depends("as_of")
    def _compute_loyalty_explanation(self):
        for profile in self:
            profile.loyalty_explanation = profile.order_count and self.env[
                "ir.qweb"
            ]._render(
                "crm_lifecycle.loyalty_explanation",
                {
                    "parts": profile._explain_loyalty(),
                    "score": formatLang(self.env, profile.loyalty_score, digits=1),
                    "usual": profile._explain_usual("loyalty_score"),
                    "model": profile._explain_model(),
                    "is_manager": self.env.user.has_group(MANAGER),
                },
            )

    def _explain_usual(self, name):
        """:param name: field of the score or of a part of it
        :return: the median of the company's customers, empty when it is not known"""
        median = (self.model_id.loyalty_medians or {}).get(name)
        return median is not None and formatLang(self.env, median, digits=1)

    def _explain_model(self):
        """:return: sentence on what the score was made by"""
        model = self.model_id
        return model and self.env._(
            "By what was learned on %(date)s. Customers learned from: %(count)s.",
            count=model.customer_count,
            date=format_date(self.env, self.company_id._lifecycle_today(model.as_of)),
        )

    def _explain_loyalty(self):
        """:return: for each part of the loyalty score its label, points, how many it
        can give, what is usual, the reason in a sentence, and what shows the documents
        behind it
        """
        frequency = self.env._("Purchases in 12 months: %s.", self.order_count_12m)
        breadth = self.env._(
            "Different products: %(products)s; categories: %(categories)s.",
            products=self.product_count,
            categories=self.category_count,
        )
        parts = [
            ("recency", self.env._("Last purchase"), self._explain_recency()),
            ("frequency", self.env._("How often"), frequency),
            ("value", self.env._("How much"), self._explain_value()),
            ("tenure", self.env._("How long"), self._explain_tenure()),
            ("breadth", self.env._("Variety"), breadth),
            ("payment", self.env._("Payment"), self._explain_payment()),
            ("delivery", self.env._("Delivery"), self._explain_delivery()),
            ("returns", self.env._("Returns"), self._explain_returns()),
        ]
        medians = self.model_id.loyalty_medians or {}
        weights = (self.model_id.sudo().parameters or {}).get("loyalty_weights", {})
        return [
            {
                "label": label,
                "points": formatLang(self.env, self[f"loyalty_{name}"], digits=1),
                "weight": formatLang(self.env, weights.get(name, 0), digits=0),
                "share": 100 * self[f"loyalty_{name}"] / (weights.get(name) or 100),
                "usual": self._explain_usual(f"loyalty_{name}"),
                "usual_share": 100
                * medians.get(f"loyalty_{name}", 0)
                / (weights.get(name) or 100),
                "reason": reason,
                "documents": self._get_part_documents(name),
            }
            for name, label, reason in parts
        ]

    def _explain_recency(self):
        if not self.rhythm_days:
            return self.env._(
                "Last purchase %s; no rhythm known yet.", self._days_ago()
            )
        if self.order_count == 1:
            return self.env._(
                "Last purchase %(last)s; others come back after about %(days)s.",
                last=self._days_ago(),
                days=self._days(round(self.rhythm_days)),
            )
        usual = (self.model_id.sudo().parameters or {}).get("company_gap")
        figures = {
            "last": self._days_ago(),
            "rhythm": self._explain_rhythm(self),
            "usual": self._every(round(usual or self.rhythm_days)),
        }
        return self.env._(
            "Last purchase %(last)s. %(rhythm)s; customers usually buy %(usual)s.",
            **figures,
        )

    def _explain_tenure(self):
        first, last = (
            format_date(self.env, day)
            for day in (self.first_order_date, self.last_order_date)
        )
        if self.first_order_date == self.last_order_date:
            return self.env._("First and only day of purchase: %s.", first)
        return self.env._(
            "First purchase on %(first)s, last on %(last)s.", first=first, last=last
        )

    def _explain_returns(self):
        if not self.return_count and self.refund_ratio < 0.0005:
            return self.env._("Nothing was sent back or credited.")
        return self.env._(
            "Returns: %(returns)s; credited share of what was invoiced: %(share)s.",
            returns=self.return_count,
            share=self._percent(self.refund_ratio),
        )

    def _explain_value(self):
        if not self._has_field_access(self._fields["order_value"], "read"):
            return self.env._("All purchases, compared with those of other customers.")
        return self.env._(
            "Purchases of %(amount)s, compared with those of other customers.",
            amount=formatLang(
                self.env, self.order_value, currency_obj=self.currency_id
            ),
        )

    def _explain_payment(self):
        days = self._days(round(abs(self.payment_delay)))
        if not self.invoice_paid_count:
            paid = self.env._("No invoice paid yet: an average customer's points.")
        elif self.payment_delay >= 0.5:
            paid = self.env._("Pays on average %s after the due date.", days)
        elif self.payment_delay <= -0.5:
            paid = self.env._("Pays on average %s before the due date.", days)
        else:
            paid = self.env._("Pays on the due date.")
        if self.sudo().amount_overdue > 0:
            return self.env._("%(paid)s Has overdue invoices.", paid=paid)
        return paid

    def _explain_delivery(self):
        if not self.delivery_count:
            return self.env._("No delivery yet: an average customer's points.")
        return self.env._(
            "Deliveries: %(count)s; late: %(late)s.",
            count=self.delivery_count,
            late=self.delivery_late_count,
        )
