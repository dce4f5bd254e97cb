from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_lifecycle_buttons import notify
from .crm_lifecycle_facts import AMOUNT_GROUPS

# Days that a customer gets to answer a quotation before somebody calls.
QUOTATION_DAYS = 3
# An open quotation counts half: as likely as not.
QUOTATION_SHARE = 0.5
# The chance that is left of who buys every year: it is not known.
YEARLY_CHANCE = 0.5
# Products named for each call.
OFFERS = 3


class CrmLifecycleProfile(models.Model):
    """SCREEN: whom to call today, the most important first."""

    _inherit = "crm.lifecycle.profile"

    is_call_due = fields.Boolean(
        "To Call",
        compute="_compute_is_call_due",
        search="_search_is_call_due",
        help="Money is at stake, or a quotation waits for an answer; nothing is "
        "planned with the customer, and nobody called in the last days.",
    )
    call_priority = fields.Float(
        compute="_compute_call_priority",
        aggregator=None,
        groups=AMOUNT_GROUPS,
        help="What a call can save: the money at stake times the chance that is left, "
        "and half of what is quoted and not answered.",
    )
    call_phone = fields.Char(related="partner_id.phone", string="Phone")
    call_reason = fields.Text("Why", compute="_compute_call_reason")
    call_offer = fields.Text("What to Offer", compute="_compute_call_offer")

    def _compute_is_call_due(self):
        due = self.search([("id", "in", self.ids), ("is_call_due", "=", True)])
        for profile in self:
            profile.is_call_due = profile in due

    def _search_is_call_due(self, operator, value):
        """Customers on whom nothing is planned, and with whom nothing was done within
        the days in which our own actions leave a customer alone, too."""
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        today = fields.Date.context_today(self)
        waiting = Domain("quotation_sent_count", ">", 0) & Domain(
            "last_quotation_date", "<=", today - timedelta(days=QUOTATION_DAYS)
        )
        rested = today - timedelta(days=self.env.company.lifecycle_cooldown_days)
        Activity = self.env["mail.activity"].with_context(active_test=False)
        recent = Domain("active", "=", True) | Domain("date_done", ">", rested)
        busy = {
            model: Activity._search(
                Domain("res_model", "=", model) & recent, bypass_access=True
            ).subselect("res_id")
            for model in ("res.partner", self._name)
        }
        contacts = self.env["res.partner"].with_context(active_test=False)
        reached = contacts._search(
            [("id", "in", busy["res.partner"])], bypass_access=True
        )
        return (
            (Domain("risk_level", "in", ["medium", "high"]) | waiting)
            & Domain("active", "=", True)
            & Domain("id", "not in", busy[self._name])
            & Domain("partner_id", "not in", reached.subselect("commercial_partner_id"))
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """What sorts the calls of the day. For who may not read amounts, every customer
        is worth the same: an order by money, or a sum of it, would tell of it."""
        if field_expr != "call_priority":
            return super()._field_to_sql(alias, field_expr, query)
        profile = SQL.identifier(alias)
        chance = SQL(
            "COALESCE(%s.probability_kept, %s::numeric)", profile, YEARLY_CHANCE
        )
        saved, quoted = SQL("1 - %s", chance), SQL("1")
        if self._has_field_access(self._fields[field_expr], "read"):
            saved = SQL("%s.money_at_stake * %s", profile, chance)
            quoted = SQL(
                """(
                    SELECT COALESCE(SUM(quoted.amount_untaxed
                               / COALESCE(NULLIF(quoted.currency_rate, 0), 1)), 0)
                      FROM res_partner contact
                      JOIN sale_order quoted ON quoted.partner_id = contact.id
                     WHERE contact.commercial_partner_id = %(profile)s.partner_id
                       AND quoted.company_id = %(profile)s.company_id
                       AND quoted.state = 'sent'
                )""",
                profile=profile,
            )
        return SQL(
            """(
                CASE WHEN %(profile)s.risk_level IN ('medium', 'high')
                     THEN COALESCE(%(saved)s, 0) ELSE 0 END
              + CASE WHEN %(profile)s.quotation_sent_count > 0
                     THEN %(share)s * %(quoted)s ELSE 0 END
            )""",
            profile=profile,
            saved=saved,
            quoted=quoted,
            share=QUOTATION_SHARE,
        )

    def _compute_call_priority(self):
        query = self.sudo()._search([("id", "in", self.ids)])
        rows = self.env.execute_query(
            query.select(
                SQL.identifier(query.table, "id"),
                self._field_to_sql(query.table, "call_priority", query),
            )
        )
        priorities = dict(rows)
        for profile in self:
            profile.call_priority = priorities.get(profile.id, 0)

    @api.depends_context("lang")
    @api.depends("lifecycle_summary", "quotation_sent_count", "last_quotation_date")
    def _compute_call_reason(self):
        for profile in self:
            reasons = [profile.lifecycle_summary]
            if profile.order_count and profile.quotation_sent_count:
                reasons.append(self.env._("A quotation waits for an answer."))
            profile.call_reason = " ".join(filter(None, reasons))

    def _compute_call_offer(self):
        """The first of what an empty quotation for the customer would suggest."""
        self.call_offer = False
        for company, profiles in self.grouped("company_id").items():
            Order = self.env["sale.order"].with_company(company)
            offered = Order._lifecycle_first(company, profiles.partner_id, OFFERS)
            for profile in profiles:
                products = offered.get(profile.partner_id)
                if products:
                    names = products.with_context(display_default_code=False)
                    profile.call_offer = " · ".join(names.mapped("display_name"))

    def action_plan_calls(self):
        """Plan a call today with each of these customers, for their user.

        :return: action that says how many
        """
        for profile in self:
            profile.partner_id.activity_schedule(
                "mail.mail_activity_data_call",
                summary=profile.call_offer
                and self.env._("Offer %(products)s", products=profile.call_offer),
                note=profile.call_reason,
                user_id=self.env.uid,
                automated=False,
            )
        return notify(
            self.env._("Calls planned for today: %(count)s.", count=len(self))
        )
