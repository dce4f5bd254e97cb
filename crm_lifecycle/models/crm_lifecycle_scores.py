from datetime import date

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lifecycle_facts import AMOUNT_GROUPS

# What the engine reads of a customer: our field, its name there.
ENGINE_FACTS = {
    "order_count": "order_count",
    "order_count_12m": "order_count_12m",
    "first_order_date": "first_order_day",
    "last_order_date": "last_order_day",
    "median_gap": "median_gap",
    "last_gap": "last_gap",
    "order_decay_30": "order_decay_30",
    "order_decay_90": "order_decay_90",
    "order_value": "order_value_sum",
    "margin": "margin",
    "margin_known_value": "margin_known_value",
    "net_invoiced_12m": "net_invoiced_12m",
    "product_count": "product_count",
    "category_count": "category_count",
    "invoice_paid_count": "invoice_paid_count",
    "payment_delay": "payment_delay",
    "amount_overdue": "overdue_amount",
    "delivery_count": "delivery_count",
    "delivery_late_count": "delivery_late_count",
    "return_count": "return_count",
    "refund_ratio": "refund_ratio",
    "season_count": "season_count",
    "season_strength": "season_strength",
    "season_day": "season_day",
    "project_count": "project_count",
    "project_gap": "project_gap",
}
EPOCH = date(1970, 1, 1)
# The best chance that is shown.
MOST_CERTAIN = 0.99

LOYALTY_PARTS = [
    "loyalty_recency",
    "loyalty_frequency",
    "loyalty_value",
    "loyalty_tenure",
    "loyalty_breadth",
    "loyalty_payment",
    "loyalty_delivery",
    "loyalty_returns",
]


def day_number(day):
    """:return: days from 1970-01-01 to the date `day`, as the engine counts days"""
    return (day - EPOCH).days


class CrmLifecycleScores(models.AbstractModel):
    """SCORES: what the facts of a customer mean. Empty for who never bought."""

    _name = "crm.lifecycle.scores"
    _inherit = "crm.lifecycle.facts"
    _description = "Customer Lifecycle Scores"

    days_since_order = fields.Integer("Days since Last Purchase", aggregator="avg")
    rhythm_kind = fields.Selection(
        [
            ("single", "Bought once"),
            ("regular", "Regular"),
            ("yearly", "Yearly"),
            ("project", "In projects"),
        ],
        "Kind of Buyer",
        help="Yearly: always buys at the same time of the year. In projects: several "
        "purchases, then a long pause.",
    )
    rhythm_days = fields.Float(
        "Buys Every (Days)",
        digits=(16, 1),
        aggregator="avg",
        help="The customer's own rhythm; with few purchases drawn towards the usual "
        "rhythm of the company's customers. Bought once: the days after which half of "
        "those who come back have done so.",
    )
    recency_ratio = fields.Float(
        "Pause against Rhythm",
        digits=(16, 2),
        aggregator="avg",
        help="How long the customer has been away, against the rhythm: 1 is as long as "
        "usual, 2 twice as long. Bought once: 2 when most of those who come back have "
        "done so, 4 when nearly all have. Yearly: 2 when the season was missed, 8 when "
        "two were.",
    )
    return_ratio = fields.Float(
        "Last Pause against Rhythm",
        digits=(16, 2),
        aggregator="avg",
        help="How long the customer had been away before the last purchase, against "
        "the rhythm.",
    )
    next_order_date = fields.Date(
        "Next Purchase Expected",
        help="The last purchase plus the rhythm; the next season of who buys yearly.",
    )
    probability_30 = fields.Float("Buys within 30 Days", aggregator="avg")
    probability_90 = fields.Float("Buys within 90 Days", aggregator="avg")
    probability_365 = fields.Float("Buys within a Year", aggregator="avg")
    probability_kept = fields.Float(
        "Chance against Usual",
        digits=(16, 2),
        aggregator="avg",
        help="The chance of a purchase within 90 days, as a share of what it is right "
        "after a purchase of this customer: 1 is as good as ever, 0 is none. Empty for "
        "who buys every year: what counts then is the season.",
    )
    risk_level = fields.Selection(
        [("low", "Low"), ("medium", "Medium"), ("high", "High")],
        "Risk of Losing",
        help="Two warnings: away more than twice as long as usual (and more than a "
        "week); less than three quarters of the usual chance of a purchase is left. "
        "None: low. One: medium. Both: high. Empty for who has never bought, and for "
        "who has been away so long that nobody counts on them.",
    )
    money_at_stake = fields.Monetary(
        groups=AMOUNT_GROUPS,
        help="What this customer would be expected to bring in 12 months right after a "
        "purchase, less what is expected now. Empty without a risk level.",
    )
    expected_orders = fields.Float(
        "Expected Purchases in 12 Months", digits=(16, 3), aggregator="sum"
    )
    expected_value = fields.Monetary(
        "Expected Value in 12 Months", groups=AMOUNT_GROUPS
    )
    expected_value_low = fields.Monetary(
        "Expected at Least",
        groups=AMOUNT_GROUPS,
        help="In nine of ten cases the customer buys for more than this in 12 months.",
    )
    expected_value_high = fields.Monetary(
        "Expected at Most",
        groups=AMOUNT_GROUPS,
        help="In nine of ten cases the customer buys for less than this in 12 months.",
    )
    expected_margin = fields.Monetary(
        "Expected Margin in 12 Months",
        groups=AMOUNT_GROUPS,
        help="What is left of the expected value after the cost of the products. "
        "Empty: too few costs are known.",
    )
    value_tier = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")],
        groups=AMOUNT_GROUPS,
        help="A: the customers who together make 80 % of the expected value; "
        "B: the next 15 %; C: the others. Where the cost of most sales is known, the "
        "expected margin is compared.",
    )
    evidence = fields.Selection(
        [
            ("own", "Own history"),
            ("peers", "Similar customers"),
            ("company", "Company's customers"),
            ("none", "Not enough yet"),
        ],
        help="What rhythm and expected value rest on. Own history: four purchases or "
        "more. Similar customers: of the same industry, or who mainly buy the same "
        "product category.",
    )
    evidence_date = fields.Date(
        "Own History from",
        help="When there will be enough to go by: the day of the fourth purchase, if "
        "the customer goes on buying as expected. Where the company itself has too few "
        "customers who came back: when there will be ten of them, at the pace so far.",
    )
    loyalty_score = fields.Float(
        digits=(16, 1),
        aggregator="avg",
        help="0 to 100, the sum of its parts.",
    )
    loyalty_recency = fields.Float("Recency Points", digits=(16, 1), aggregator="avg")
    loyalty_frequency = fields.Float(
        "Frequency Points", digits=(16, 1), aggregator="avg"
    )
    loyalty_value = fields.Float("Value Points", digits=(16, 1), aggregator="avg")
    loyalty_tenure = fields.Float("Tenure Points", digits=(16, 1), aggregator="avg")
    loyalty_breadth = fields.Float("Breadth Points", digits=(16, 1), aggregator="avg")
    loyalty_payment = fields.Float("Payment Points", digits=(16, 1), aggregator="avg")
    loyalty_delivery = fields.Float("Delivery Points", digits=(16, 1), aggregator="avg")
    loyalty_returns = fields.Float("Returns Points", digits=(16, 1), aggregator="avg")

    @api.model
    def _read_engine_facts(self, table, company, limit=None):
        """Facts as arrays, for the engine.

        :param str table: table or temporary table with the facts of `company`
        :param int limit: of so many customers at most, always the same ones
        :return: dict of arrays of floats by the engine's names, nan where unknown, and
            "partner_id", all ordered by it. Customers of one "peer_group" are of one
            industry (its id) or, where it is not known, mainly buy one product category
            (minus its id)
        """
        import numpy as np

        columns = {"partner_id": SQL("facts.partner_id")}
        for name, known_as in ENGINE_FACTS.items():
            columns[known_as] = SQL.identifier("facts", name)
            if self._fields[name].type == "date":
                columns[known_as] = SQL("%s - DATE '1970-01-01'", columns[known_as])
        columns["peer_group"] = SQL(
            "COALESCE(partner.industry_id, -facts.main_category_id)"
        )
        source = SQL.identifier(table)
        if limit is not None:
            source = SQL(
                """
                (SELECT * FROM %s WHERE company_id = %s
               ORDER BY hashint8extended(partner_id, 0), partner_id LIMIT %s)
                """,
                source,
                company.id,
                limit,
            )
        # a text for each column: half of the time that as many rows take
        [texts] = self.env.execute_query(
            SQL(
                """
                SELECT %s
                  FROM (
                      SELECT %s
                        FROM %s facts
                        JOIN res_partner partner ON partner.id = facts.partner_id
                       WHERE facts.company_id = %s
                    ORDER BY facts.partner_id
                  ) AS facts
                """,
                SQL(", ").join(
                    SQL(
                        "array_to_string(array_agg(%s), ',', 'nan')",
                        SQL.identifier(name),
                    )
                    for name in columns
                ),
                SQL(", ").join(
                    SQL("%s AS %s", value, SQL.identifier(name))
                    for name, value in columns.items()
                ),
                source,
                company.id,
            )
        )
        return {
            name: np.fromstring(text or "", sep=",")
            for name, text in zip(columns, texts, strict=True)
        }

    @api.model
    def _read_engine_purchases(self, company, partner_ids, as_of):
        """Purchases as arrays, for the engine to learn from.

        :param partner_ids: array of ids of customers, in the order of their facts
        :return: dict of arrays: customer (position in `partner_ids`), day and amount
        """
        import numpy as np

        self._tell_planner()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, day - DATE '1970-01-01', amount::float8"
                " FROM (%s) AS day",
                self._sql_purchases(company, partner_ids.astype(int).tolist(), as_of),
            )
        )
        partner, day, amount = np.array(rows, dtype=float).reshape(-1, 3).T
        customer = np.searchsorted(partner_ids, partner)
        return {"customer": customer, "day": day, "amount": amount}

    @api.model
    def _compute_scores(self, facts, model, as_of):
        """Scores of customers from their facts.

        :param dict facts: see :meth:`_read_engine_facts`
        :param model: record of ``crm.lifecycle.model``, may be empty
        :param as_of: excluding bound of the facts, number of its day
        :return: dict of arrays by the names of the fields of this model, nan or "" for
            empty; dates are numbers of days
        """
        import numpy as np

        from ..engine import scores
        from ..engine.population import HORIZONS

        result = scores.scores(facts, model._get_engine_model(), as_of)
        for name in ("next_order", "evidence"):
            result[f"{name}_date"] = result.pop(f"{name}_day")
        for days in HORIZONS:  # no purchase is certain, and shown as such
            name = f"probability_{days}"
            result[name] = np.minimum(result[name], MOST_CERTAIN)
        return result
