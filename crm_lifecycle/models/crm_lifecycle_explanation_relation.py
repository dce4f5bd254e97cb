from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import formatLang


class CrmLifecycleProfile(models.Model):
    """SCREEN: how the relation with a customer develops, in words of the reader and
    without amounts."""

    _inherit = "crm.lifecycle.profile"

    lifecycle_relation = fields.Char("Relation", compute="_compute_lifecycle_relation")
    lifecycle_discount = fields.Char(
        "Discount in Words",
        compute="_compute_lifecycle_discount",
        help="What the customer gets off the price, now and in the year before.",
    )
    lifecycle_service = fields.Char(
        "Work besides Selling",
        compute="_compute_lifecycle_service",
        help="Contacts and corrections: meetings, planned activities, returns, late "
        "deliveries and credit notes.",
    )

    @api.depends_context("lang")
    @api.depends("as_of")
    def _compute_lifecycle_relation(self):
        for profile in self:
            known = bool(profile.order_count)
            profile.lifecycle_relation = known and profile._explain_relation()

    def _explain_relation(self):
        age = self._explain_age()
        if self.value_trend == "up":
            return self.env._("%s; buys more than in the year before.", age)
        if self.value_trend == "down":
            return self.env._("%s; buys less than in the year before.", age)
        if self.value_trend == "stable":
            return self.env._("%s; buys about as much as in the year before.", age)
        return self.env._("%s.", age)

    def _explain_age(self):
        """:return: beginning of a sentence, for how long they have been a customer"""
        today = self.company_id.sudo()._lifecycle_today(self.as_of)
        age = relativedelta(today, self.first_order_date)
        years = self._count(age.years, self.env._("1 year"), self.env._("%s years"))
        months = self._count(age.months, self.env._("1 month"), self.env._("%s months"))
        if not years and not months:
            return self.env._("Customer for less than a month")
        if not years or not months:
            return self.env._("Customer for %s", years or months)
        return self.env._(
            "Customer for %(years)s %(months)s", years=years, months=months
        )

    @staticmethod
    def _count(number, one, many):
        return "" if not number else one if number == 1 else many % number

    @api.depends_context("lang")
    @api.depends("as_of")
    def _compute_lifecycle_discount(self):
        for profile in self:
            known = bool(profile.order_count_12m)
            profile.lifecycle_discount = known and profile._explain_discount()

    def _explain_discount(self):
        now, before = self.discount_ratio, self.discount_ratio_before
        figures = {"now": self._percent(now), "before": self._percent(before)}
        if not self.order_count_before and not now:
            return self.env._("No discount in the last 12 months.")
        if not self.order_count_before:
            return self.env._("%(now)s discount in the last 12 months.", **figures)
        if not now and not before:
            return self.env._("No discount in the last two years.")
        if now - before >= 0.005:
            return self.env._(
                "More discount than before: %(now)s in the last 12 months, %(before)s "
                "in the year before.",
                **figures,
            )
        if before - now >= 0.005:
            return self.env._(
                "Less discount than before: %(now)s in the last 12 months, %(before)s "
                "in the year before.",
                **figures,
            )
        return self.env._("%(now)s discount, as in the year before.", **figures)

    @api.depends_context("lang")
    @api.depends("as_of")
    def _compute_lifecycle_service(self):
        for profile in self:
            known = bool(profile.order_count)
            profile.lifecycle_service = known and profile._explain_service()

    def _explain_service(self):
        """How many contacts and corrections a purchase takes, and took."""
        count, orders = self.service_count_12m, self.order_count_12m
        if not count and not self.service_count_before:
            return self.env._("No contact and no correction, only purchases.")
        if not orders:
            return self.env._(
                "Contacts and corrections in the last 12 months: %s, and no purchase.",
                count,
            )
        figures = {
            "count": count,
            "orders": orders,
            "now": formatLang(self.env, count / orders, digits=1),
        }
        if not self.order_count_before:
            return self.env._(
                "Contacts and corrections in the last 12 months: %(count)s, that is "
                "%(now)s for each purchase.",
                **figures,
            )
        before = self.service_count_before / self.order_count_before
        return self.env._(
            "Contacts and corrections in the last 12 months: %(count)s, that is "
            "%(now)s for each purchase; in the year before %(before)s.",
            before=formatLang(self.env, before, digits=1),
            **figures,
        )

    def _percent(self, share, digits=1):
        number = formatLang(self.env, 100 * share, digits=digits)
        return f"{number}\N{NO-BREAK SPACE}%"
