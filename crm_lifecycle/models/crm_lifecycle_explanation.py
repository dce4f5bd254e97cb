from odoo import api, fields, models
from odoo.tools import SQL, format_date, formatLang

from .crm_lifecycle_facts import PROSPECT_FACTS

# What is told in words of who has bought.
SUMMARY_FACTS = [
    *("order_count", "days_since_order", "next_order_date", "last_gap"),
    *("rhythm_kind", "rhythm_days", "recency_ratio", "return_ratio"),
    *("risk_level", "probability_90", "probability_kept"),
]


class CrmLifecycleProfile(models.Model):
    """SCREEN: a profile in words. Sentences are made for the reader, in his language
    and from what he may read: nothing of them is stored.
    """

    _inherit = "crm.lifecycle.profile"

    lifecycle_summary = fields.Char(
        "In Words",
        compute="_compute_lifecycle_summary",
        help="How often the customer buys, and where they stand today.",
    )
    stage_description = fields.Text(related="stage_id.description")

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """A fact or score that is not known comes last, whichever way it is sorted."""
        if not nulls.code and field_name in self._get_rule_fields():
            nulls = SQL("NULLS LAST")
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    @api.depends_context("lang")
    @api.depends("as_of", *SUMMARY_FACTS, *PROSPECT_FACTS)
    def _compute_lifecycle_summary(self):
        for profile in self:
            if profile.order_count:
                profile.lifecycle_summary = profile._explain_purchases()
                if profile.risk_level == "medium" and profile.recency_ratio <= 2:
                    profile.lifecycle_summary += f" {self._explain_chance(profile)}"
            else:
                facts = {name: profile[name] for name in PROSPECT_FACTS}
                facts["lost_reason_id"] = profile.lost_reason_id.id
                profile.lifecycle_summary = self._explain_acquisition(facts)

    def _explain_purchases(self):
        """:return: rhythm and pause of a customer who has bought"""
        figures = {
            "rhythm": self._explain_rhythm(self),
            "last": self._days_ago(),
            "next": format_date(self.env, self.next_order_date),
            "gap": self._days(self.last_gap),
        }
        if not self.rhythm_days:
            return self.env._("Last purchase %(last)s.", **figures)
        if self.recency_ratio > 2:
            late, chance = self._explain_pause(self), self._explain_chance(self)
            return f"{late} {chance}".strip()
        if self.order_count == 1:
            return self.env._(
                "Bought once, %(last)s; others come back after about %(days)s.",
                last=figures["last"],
                days=self._days(round(self.rhythm_days)),
            )
        if self.return_ratio > 2:
            return self.env._(
                "%(rhythm)s; came back %(last)s after %(gap)s.", **figures
            )
        if self.recency_ratio > 1:
            return self.env._(
                "%(rhythm)s; last purchase %(last)s, the next one was expected on "
                "%(next)s.",
                **figures,
            )
        return self.env._(
            "%(rhythm)s; last purchase %(last)s, the next one is expected on %(next)s.",
            **figures,
        )

    @api.model
    def _explain_rhythm(self, figures):
        """:param figures: facts and scores by name: a profile, or a dict of them
        :return: beginning of a sentence, how a customer buys who bought twice or more
        """
        if figures["rhythm_kind"] == "yearly":
            month = fields.Date.to_date(figures["next_order_date"])
            return self.env._(
                "Buys every year around %(month)s",
                month=format_date(self.env, month, date_format="MMMM"),
            )
        if figures["rhythm_kind"] == "project":
            return self.env._(
                "Buys in projects, about every %(months)s months",
                months=round(figures["rhythm_days"] / 30.4),
            )
        every = self._every(round(figures["rhythm_days"]))
        return self.env._("Buys about %(every)s", every=every)

    @api.model
    def _explain_pause(self, figures):
        """:param figures: as of :meth:`_explain_rhythm`
        :return: sentence on the pause of a customer who is late
        """
        ratio = figures["recency_ratio"]
        values = {
            "rhythm": self._explain_rhythm(figures),
            "days": self._days(figures["days_since_order"]),
            "usual": self._days(round(figures["rhythm_days"])),
            "ratio": formatLang(self.env, ratio, digits=1),
        }
        if figures["order_count"] == 1 and ratio <= 4:
            return self.env._(
                "Bought once, %(days)s ago. Most customers who buy again do it sooner: "
                "half of them within %(usual)s.",
                **values,
            )
        if figures["order_count"] == 1:
            return self.env._(
                "Bought once, %(days)s ago. Nearly all customers who buy again do it "
                "sooner: half of them within %(usual)s.",
                **values,
            )
        if figures["rhythm_kind"] == "yearly" and ratio <= 8:
            return self.env._(
                "%(rhythm)s; last purchase %(days)s ago: has missed the season.",
                **values,
            )
        if figures["rhythm_kind"] == "yearly":
            return self.env._(
                "%(rhythm)s; last purchase %(days)s ago: has missed two seasons or "
                "more.",
                **values,
            )
        return self.env._(
            "%(rhythm)s; last purchase %(days)s ago, %(ratio)s times as long as usual.",
            **values,
        )

    @api.model
    def _explain_chance(self, figures):
        """:param figures: as of :meth:`_explain_rhythm`
        :return: sentence on the chance that a customer who is late buys again, empty
            when it is not known
        """
        if not figures["probability_90"] or figures["rhythm_kind"] == "yearly":
            return ""
        share = formatLang(self.env, 100 * figures["probability_kept"], digits=0)
        if figures["probability_kept"] < 0.005:
            return self.env._("Now hardly likely to buy again.")
        if figures["probability_kept"] >= 0.95:
            return self.env._("Still about as likely to buy as right after a purchase.")
        return self.env._(
            "Now %(share)s as likely to buy as right after a purchase.",
            share=f"{share}\N{NO-BREAK SPACE}%",
        )

    def _days_ago(self):
        if self.days_since_order == 0:
            return self.env._("today")
        if self.days_since_order == 1:
            return self.env._("yesterday")
        return self.env._("%(days)s days ago", days=self.days_since_order)

    def _days(self, number):
        if number == 1:
            return self.env._("1 day")
        return self.env._("%(number)s days", number=number)

    def _every(self, number):
        if number == 1:
            return self.env._("every day")
        return self.env._("every %(number)s days", number=number)
