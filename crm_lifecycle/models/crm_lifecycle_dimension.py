from bisect import bisect_left

from odoo import api, fields, models
from odoo.tools import SQL, formatLang, ormcache

# What customers are compared by, over the columns of profiles.
COMPARED = {
    "revenue": SQL("order_value_12m"),
    "margin": SQL("margin / NULLIF(margin_known_value, 0) * order_value_12m"),
    "potential": SQL("expected_value"),
    "references": SQL("net_invoiced"),
}
# How finely the customers of a company are told apart.
RANKS = 1000


class CrmLifecycleProfile(models.Model):
    """SCREEN: what a customer is worth, in six dimensions of 0 to 100 points, each with
    a sentence with this customer's figures.

    Money (revenue, margin, potential, references) has as many points as of a hundred
    other customers of the company have less of it. Loyalty is the loyalty score, and
    payment its part for paying, as a share of the points that it can give.

    Who may not read amounts gets no dimension that tells of them.
    """

    _inherit = "crm.lifecycle.profile"

    value_explanation = fields.Html(
        "What This Customer Is Worth",
        compute="_compute_value_explanation",
        sanitize=False,
    )

    @api.depends_context("lang", "uid")
    @api.depends("as_of")
    def _compute_value_explanation(self):
        for profile in self:
            rows = profile.order_count and profile._explain_dimensions()
            profile.value_explanation = rows and self.env["ir.qweb"]._render(
                "crm_lifecycle.value_explanation", {"dimensions": rows}
            )

    def _explain_dimensions(self):
        """:return: list of dicts: label, points (None where nothing is known) and
        reason, a sentence"""
        rows = [
            (
                self.env._("Loyalty"),
                self.loyalty_score,
                self.env._(
                    "Purchases in the last 12 months: %(count)s. %(age)s.",
                    count=self.order_count_12m,
                    age=self._explain_age(),
                ),
            ),
            (
                self.env._("Payment"),
                self._get_payment_points(),
                self._explain_payment(),
            ),
        ]
        if self._has_field_access(self._fields["order_value_12m"], "read"):
            points = self._get_standing()
            rows = [
                (
                    self.env._("Revenue"),
                    points["revenue"],
                    self._explain_revenue(points["revenue"]),
                ),
                (
                    self.env._("Margin"),
                    points["margin"],
                    self._explain_margin(points["margin"]),
                ),
                *rows,
                (
                    self.env._("Potential"),
                    points["potential"],
                    self._explain_potential(points["potential"]),
                ),
                (
                    self.env._("References"),
                    points["references"],
                    self._explain_references(points["references"]),
                ),
            ]
        return [
            {
                "label": label,
                "points": points,
                "text": formatLang(self.env, points or 0, digits=0),
                "reason": reason,
            }
            for label, points, reason in rows
        ]

    def _get_payment_points(self):
        weights = (self.model_id.sudo().parameters or {}).get("loyalty_weights", {})
        weight = weights.get("payment")
        return 100 * self.loyalty_payment / weight if weight else None

    def _get_standing(self):
        """Of a hundred other customers of the company, how many have less.

        :return: dict by dimension, None where there is nothing to compare
        """
        own = {
            "revenue": self.order_value_12m,
            "margin": self._get_margin_12m(),
            "potential": self.expected_value if self.rhythm_days else None,
            "references": self.referral_value,
        }
        standing = dict.fromkeys(own)
        for name, (count, ranks) in self._get_ranks().items():
            if own[name] is not None and count > 1:
                less = bisect_left(ranks, own[name]) / RANKS * count
                standing[name] = min(100 * less / (count - 1), 100.0)
        return standing

    @ormcache("self.company_id.id", "self.as_of")
    def _get_ranks(self):
        """Read once a day: it takes a look at all customers of the company.

        :return: dict by dimension of the number of customers, and values in rising
            order that stand for a thousandth of them each
        """
        ((*columns,),) = self.env.execute_query(
            SQL(
                """
                SELECT %s FROM crm_lifecycle_profile
                 WHERE company_id = %s AND order_count > 0 AND active
                """,
                SQL(", ").join(
                    SQL(
                        "COUNT(%(column)s), percentile_disc(%(shares)s::float[])"
                        " WITHIN GROUP (ORDER BY (%(column)s)::float)",
                        column=column,
                        shares=[(rank + 0.5) / RANKS for rank in range(RANKS)],
                    )
                    for column in COMPARED.values()
                ),
                self.company_id.id,
            )
        )
        pairs = zip(columns[::2], columns[1::2], strict=True)
        return dict(zip(COMPARED, pairs, strict=True))

    def _get_margin_12m(self):
        """Margin of the last 12 months, at the share that all purchases of known cost
        leave; None when no cost is known."""
        if not self.margin_known_value:
            return None
        return self.order_value_12m * self.margin / self.margin_known_value

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _compare(self, sentence, points):
        """:return: the sentence, and another one on how the customer compares with the
        others"""
        if points is None:
            return sentence
        if points < 1:
            standing = self.env._("Hardly any other customer has less.")
        elif points > 99:
            standing = self.env._("Hardly any other customer has more.")
        else:
            standing = self.env._(
                "%(share)s of the other customers have less.",
                share=self._percent(points / 100, digits=0),
            )
        return f"{sentence} {standing}"

    def _explain_revenue(self, points):
        if not self.order_value_12m:
            return self.env._("Nothing bought in the last 12 months.")
        now, before = map(self._money, (self.order_value_12m, self.order_value_before))
        if not self.order_value_before:
            sentence = self.env._("Bought for %s in the last 12 months.", now)
        else:
            sentence = self.env._(
                "Bought for %(now)s in the last 12 months, %(before)s in the year "
                "before.",
                now=now,
                before=before,
            )
        return self._compare(sentence, points)

    def _explain_margin(self, points):
        if not self.margin_known_value:
            return self.env._("The cost of what this customer bought is not known.")
        sentence = self.env._(
            "After the cost of the products %(share)s of the price is left, about "
            "%(amount)s in the last 12 months.",
            share=self._percent(self.margin / self.margin_known_value, digits=0),
            amount=self._money(self._get_margin_12m()),
        )
        sentence = self._compare(sentence, points)
        known = self.margin_known_value / (self.order_value or 1)
        if known > 0.95:
            return sentence
        part = self.env._(
            "The cost of %(share)s of the purchases is known.",
            share=self._percent(known, digits=0),
        )
        return f"{sentence} {part}"

    def _explain_potential(self, points):
        if points is None:
            return self.env._("Too little is known for a forecast.")
        sentence = self.env._(
            "Expected in the next 12 months: %s.", self._money(self.expected_value)
        )
        return self._compare(sentence, points)

    def _explain_references(self, points):
        if not self.referral_count:
            return self.env._("Has not referred anybody yet.")
        sentence = self.env._(
            "Customers referred: %(count)s, invoiced %(amount)s in all.",
            count=self.referral_count,
            amount=self._money(self.referral_value),
        )
        if not points or points < 1:
            return sentence
        standing = self.env._(
            "%(share)s of the other customers were invoiced less themselves.",
            share=self._percent(points / 100, digits=0),
        )
        return f"{sentence} {standing}"
