from odoo import fields, models

# Who may read amounts: those who may read all sales or all customer invoices.
AMOUNT_GROUPS = (
    "sales_team.group_sale_salesman_all_leads,"
    "account.group_account_invoice,account.group_account_readonly"
)
# What tells how far somebody is who has not bought yet.
PROSPECT_FACTS = [
    "quotation_count",
    "quotation_sent_count",
    "last_quotation_date",
    "lead_open_count",
    "opportunity_open_count",
    "last_lead_date",
    "meeting_count",
    "activity_count",
    "round_count",
    "last_outcome",
    "last_outcome_date",
    "lost_reason_id",
]


class CrmLifecycleFacts(models.AbstractModel):
    """FACTS: plain numbers about one customer in one company, read from documents.

    Amounts are in the currency of the company, without taxes. Empty means "not
    known": no delay without a payment, no rhythm without a second purchase.
    """

    _name = "crm.lifecycle.facts"
    _description = "Customer Lifecycle Facts"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    # --- purchases: days with a positive net of what was ordered
    order_count = fields.Integer(
        "Purchases", help="Days on which the customer bought something and kept it."
    )
    order_count_12m = fields.Integer("Purchases in 12 Months", aggregator="sum")
    order_count_before = fields.Integer(
        "Purchases in the Year Before", help="In the 12 months before the last 12."
    )
    first_order_date = fields.Date("First Purchase")
    last_order_date = fields.Date("Last Purchase")
    order_value = fields.Monetary(
        "Purchased",
        groups=AMOUNT_GROUPS,
        help="Value of all purchases, less what was refunded of them.",
    )
    order_value_12m = fields.Monetary("Purchased in 12 Months", groups=AMOUNT_GROUPS)
    order_value_before = fields.Monetary(
        "Purchased in the Year Before",
        groups=AMOUNT_GROUPS,
        help="In the 12 months before the last 12.",
    )
    value_trend = fields.Selection(
        [("up", "Growing"), ("stable", "Stable"), ("down", "Shrinking")],
        help="Purchases of the last 12 months against those of the 12 months before: "
        "more than a fifth more, or less. Empty for who has not been a customer for "
        "two years, or has bought nothing in these two.",
    )
    margin = fields.Monetary(
        groups=AMOUNT_GROUPS,
        help="What is left of the purchases after the cost of the products, where it "
        "is known. Empty: no cost is known.",
    )
    margin_known_value = fields.Monetary(
        "Purchased at Known Cost",
        groups=AMOUNT_GROUPS,
        help="Value of the purchases that the margin was computed of.",
    )
    discount_ratio = fields.Float(
        "Discount in 12 Months",
        aggregator="avg",
        help="Discounts of the last 12 months, as a share of the prices before them.",
    )
    discount_ratio_before = fields.Float(
        "Discount in the Year Before",
        aggregator="avg",
        help="Discounts of the 12 months before the last 12, as a share of the prices "
        "before them.",
    )
    median_gap = fields.Float(
        "Usual Days between Purchases",
        digits=(16, 1),
        aggregator="avg",
        help="Half of the customer's pauses between two purchases were shorter.",
    )
    last_gap = fields.Integer(
        "Last Pause", aggregator="avg", help="Days between the last two purchases."
    )
    order_decay_30 = fields.Float(
        "Purchases, Half-Life 30 Days",
        aggregator="avg",
        help="Purchases, each counting half as much for every 30 days that it was made "
        "before the last one.",
    )
    order_decay_90 = fields.Float(
        "Purchases, Half-Life 90 Days",
        aggregator="avg",
        help="Purchases, each counting half as much for every 90 days that it was made "
        "before the last one.",
    )
    season_count = fields.Integer(
        "Seasons",
        aggregator="avg",
        help="Purchases with a pause of more than half a year before and after them.",
    )
    season_strength = fields.Float(
        "Same Time of the Year",
        digits=(16, 2),
        aggregator="avg",
        help="1: always buys on the same day of the year; 0: all year round.",
    )
    season_day = fields.Integer(
        "Usual Day of the Year",
        aggregator="avg",
        help="Around which day of the year the customer buys; 0 is January 1st.",
    )
    project_count = fields.Integer(
        "Projects",
        aggregator="avg",
        help="Groups of purchases with long pauses between them: more than 60 days, "
        "and more than eight times the customer's usual pause.",
    )
    project_gap = fields.Float(
        "Days between Projects",
        digits=(16, 1),
        aggregator="avg",
        help="Half of the long pauses between two projects were shorter.",
    )
    product_count = fields.Integer("Products", help="Different products bought.")
    category_count = fields.Integer("Categories", help="Different categories bought.")
    main_category_id = fields.Many2one(
        "product.category",
        help="The product category on which the customer spent most.",
    )

    # --- invoices and payments
    net_invoiced = fields.Monetary(
        groups=AMOUNT_GROUPS,
        help="Invoiced less credited, as in the invoice analysis.",
    )
    net_invoiced_12m = fields.Monetary(
        "Net Invoiced in 12 Months", groups=AMOUNT_GROUPS
    )
    last_invoice_date = fields.Date("Last Invoice")
    refund_ratio = fields.Float(
        "Credited Share", aggregator="avg", help="Credited as a share of invoiced."
    )
    invoice_paid_count = fields.Integer("Instalments Paid")
    payment_delay = fields.Float(
        "Payment Delay (Days)",
        digits=(16, 1),
        aggregator="avg",
        help="Days from the due date to the payment, weighted by amount; negative "
        "when the customer pays early.",
    )
    amount_due = fields.Monetary("Receivable", groups=AMOUNT_GROUPS)
    amount_overdue = fields.Monetary("Overdue", groups=AMOUNT_GROUPS)

    # --- deliveries
    delivery_count = fields.Integer("Deliveries")
    delivery_late_count = fields.Integer(
        "Late Deliveries", help="Deliveries done after the promised day."
    )
    delivery_overdue_count = fields.Integer(
        "Overdue Deliveries", help="Open deliveries whose promised day has passed."
    )
    return_count = fields.Integer("Returns")

    # --- work besides selling
    service_count_12m = fields.Integer(
        "Contacts and Corrections in 12 Months",
        help="Meetings, planned activities, returns, late deliveries and credit notes "
        "of the last 12 months: what the customer costs besides the goods.",
    )
    service_count_before = fields.Integer(
        "Contacts and Corrections in the Year Before",
        help="In the 12 months before the last 12.",
    )

    # --- what has not been bought yet
    lead_count = fields.Integer("Leads", help="Leads and opportunities, of all time.")
    lead_open_count = fields.Integer(
        "Open Leads", help="Leads and opportunities that are neither won nor lost."
    )
    opportunity_open_count = fields.Integer(
        "Open Opportunities",
        help="Open leads that became opportunities: the customer has a need and can "
        "buy.",
    )
    lead_won_count = fields.Integer("Won Opportunities")
    lead_lost_count = fields.Integer("Lost Opportunities")
    last_lead_date = fields.Date("Last Lead")
    quotation_count = fields.Integer(
        "Open Quotations", help="Quotations that the customer can still accept."
    )
    quotation_sent_count = fields.Integer(
        "Sent Quotations", help="Open quotations that the customer has received."
    )
    quotation_expired_count = fields.Integer(
        "Expired Quotations",
        help="Quotations that came to nothing: no longer valid, or cancelled.",
    )
    last_quotation_date = fields.Date("Last Quotation")
    meeting_count = fields.Integer(
        "Meetings",
        help="Past meetings in the calendar with the customer, or about one of their "
        "opportunities.",
    )
    activity_count = fields.Integer(
        "Planned Activities",
        help="Calls, e-mails and to-dos on the contact, planned by a colleague; also "
        "those that are done.",
    )
    round_count = fields.Integer(
        "Rounds before First Purchase",
        aggregator="avg",
        help="Quotations and meetings up to the first purchase, or so far.",
    )
    last_outcome = fields.Selection(
        [("won", "Won"), ("lost", "Lost"), ("no_decision", "No decision")],
        help="How the last attempt to sell ended. Won: a purchase or a won "
        "opportunity. Lost: a lost opportunity. No decision: the last quotation "
        "expired or was cancelled, and nothing is open.",
    )
    last_outcome_date = fields.Date(
        "Date of Last Outcome",
        help="The day of the purchase, the day when the opportunity was won or lost, "
        "or the last day when the quotation could be accepted.",
    )
    lost_reason_id = fields.Many2one(
        "crm.lost.reason", help="Why the last opportunity was lost, if that came last."
    )
