from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

# Products that stand on an order without being sold to the customer, by the field that
# names them: discount, delivery, reward, tip and down payment.
NON_PRODUCTS = [
    ("res.company", "sale_discount_product_id"),
    ("delivery.carrier", "product_id"),
    ("loyalty.reward", "discount_line_product_id"),
    ("pos.config", "tip_product_id"),
    ("pos.config", "discount_product_id"),
    ("pos.config", "down_payment_product_id"),
]
# What :meth:`ResCompany._lifecycle_remembered` depends on.
REMEMBERED = {"partner_id", "currency_id", "parent_id"}


class ResCompany(models.Model):
    _inherit = "res.company"

    lifecycle_as_of = fields.Datetime(
        "Customer Lifecycle as of",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_manager",
        help="Up to here the customers of this company are complete.",
    )
    lifecycle_reading = fields.Json(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="What was read of the documents last, and since when to look again.",
    )
    lifecycle_night = fields.Json(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="When the last complete run ended, and per step how many customers it had "
        "and how many seconds it worked; the same of the run that has begun.",
    )
    lifecycle_learned = fields.Json(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="What of the suggestions was learned last and when, how many purchases "
        "there were, and whose turn comes next.",
    )
    lifecycle_start = fields.Datetime(
        "Customer Lifecycle since",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_manager",
        help="When all customers were computed for the first time. The history before "
        "is rebuilt from documents, from then on it is exact.",
    )
    lifecycle_hold_days = fields.Integer(
        "Hold Moves of Documents Older than",
        default=7,
        groups="sales_team.group_sale_manager",
        help="Days. A move that rests on an older document, as after an import, acts "
        "on nobody until it is released.",
    )
    lifecycle_hold_share = fields.Float(
        "Hold When More Customers Move than",
        default=0.2,
        groups="sales_team.group_sale_manager",
        help="Share of all customers. When one run would move more, none of these "
        "moves acts on anybody until it is released.",
    )
    lifecycle_cooldown_days = fields.Integer(
        "Days between Two Automatic E-Mails",
        default=7,
        groups="sales_team.group_sale_salesman",
        help="No customer gets two within so many days.",
    )
    lifecycle_replay_months = fields.Integer(
        "Months of History",
        default=36,
        groups="sales_team.group_sale_manager",
        help="How far back history is rebuilt.",
    )
    lifecycle_tz = fields.Char(compute="_compute_lifecycle_tz", compute_sudo=True)

    def write(self, vals):
        result = super().write(vals)
        if not REMEMBERED.isdisjoint(vals):
            self.env.registry.clear_cache()
        return result

    @api.depends("partner_id.tz")
    def _compute_lifecycle_tz(self):
        for company in self:
            company.lifecycle_tz = company._lifecycle_remembered()[0]

    @ormcache("self.id")
    def _lifecycle_remembered(self):
        """What every reading of facts needs to know of a company, and hardly ever
        changes. Whatever changes it clears the cache: Odoo when a company is made or
        archived, else ``write`` of this model, of contacts and of currencies.

        :return: time zone, ids of the company and its branches, decimals of amounts
        """
        self.ensure_one()
        company = self.sudo()
        return (
            company.partner_id.tz or "UTC",
            tuple(company.search([("id", "child_of", company.id)]).ids),
            company.currency_id.decimal_places,
        )

    def _lifecycle_as_of(self):
        """:return: start of tomorrow in the time zone of the company, as a naive
        datetime in UTC: the excluding bound of everything dated until today."""
        self.ensure_one()
        tz = pytz.timezone(self.lifecycle_tz)
        today = pytz.utc.localize(fields.Datetime.now()).astimezone(tz).date()
        return self._lifecycle_bound(today + timedelta(days=1))

    def _lifecycle_bound(self, day):
        """:return: start of the date `day` in the time zone of the company, as a naive
        datetime in UTC: the excluding bound of everything dated before that day"""
        self.ensure_one()
        midnight = pytz.timezone(self.lifecycle_tz).localize(
            datetime.combine(day, time.min)
        )
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)

    def _lifecycle_today(self, as_of):
        """:param as_of: excluding bound, naive datetime in UTC
        :return: the last date before it in the time zone of the company"""
        self.ensure_one()
        moment = pytz.utc.localize(as_of - timedelta(microseconds=1))
        return moment.astimezone(pytz.timezone(self.lifecycle_tz)).date()

    def _lifecycle_branch_ids(self):
        """:return: ids of the company and its branches, whose documents it counts in"""
        return list(self._lifecycle_remembered()[1])

    @api.model
    def _lifecycle_sql_non_products(self):
        """What never counts as a product, neither in facts nor in suggestions: the
        articles that Odoo itself puts on orders, of the modules that are installed.

        The same for all companies: what one uses for discounts, no other sells.

        :return: SQL of a query of ids of product.product
        """
        parts = []
        for model, name in NON_PRODUCTS:
            if model in self.env and name in self.env[model]._fields:
                field = self.env[model]._fields[name]
                parts.append(
                    SQL(
                        "SELECT %s AS id FROM %s",
                        SQL.identifier(name, to_flush=field),
                        SQL.identifier(self.env[model]._table),
                    )
                )
        if "loyalty.rule" in self.env:  # gift cards and top-ups of a wallet
            Rule = self.env["loyalty.rule"].with_context(active_test=False)
            sold = Rule._fields["product_ids"]
            rules = Rule._search(
                [("program_id.program_type", "in", ["gift_card", "ewallet"])],
                bypass_access=True,
            )
            parts.append(
                SQL(
                    "SELECT %s AS id FROM %s WHERE %s IN %s",
                    SQL.identifier(sold.column2, to_flush=sold),
                    SQL.identifier(sold.relation),
                    SQL.identifier(sold.column1),
                    rules.subselect(),
                )
            )
        return SQL(
            "SELECT DISTINCT id FROM (%s) special WHERE id IS NOT NULL",
            SQL(" UNION ALL ").join(parts),
        )

    @api.model
    def _lifecycle_non_product_ids(self):
        """See :meth:`_lifecycle_sql_non_products`.

        :return: list of ids of product.product
        """
        rows = self.env.execute_query(self._lifecycle_sql_non_products())
        return [product_id for (product_id,) in rows]


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def write(self, vals):
        result = super().write(vals)
        if "rounding" in vals:
            self.env.registry.clear_cache()
        return result
