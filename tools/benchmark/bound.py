"""The lower bound: what PostgreSQL itself needs to read all documents once and to write
a row of numbers for each customer. Nothing that looks at every document is faster.

The goals were set for a bound whose rows go to the client. With the rows kept on the
server, as the addon keeps them, it is stricter.
"""

# One statement for each subject of the facts, over all companies at once.
AGGREGATES = {
    "bound_orders": """
    SELECT partner.commercial_partner_id AS partner_id, sale.company_id,
           COUNT(*) AS orders, MIN(sale.date_order) AS first,
           MAX(sale.date_order) AS last, SUM(sale.amount_untaxed) AS value
      FROM sale_order sale
      JOIN res_partner partner ON partner.id = sale.partner_id
     WHERE sale.state = 'sale'
  GROUP BY partner.commercial_partner_id, sale.company_id
    """,
    "bound_products": """
    SELECT partner.commercial_partner_id AS partner_id, line.product_id,
           COUNT(*) AS times, SUM(line.price_subtotal) AS value
      FROM sale_order_line line
      JOIN sale_order sale ON sale.id = line.order_id
      JOIN res_partner partner ON partner.id = sale.partner_id
     WHERE sale.state = 'sale'
  GROUP BY partner.commercial_partner_id, line.product_id
    """,
    "bound_invoices": """
    SELECT commercial_partner_id AS partner_id, company_id, COUNT(*) AS invoices,
           SUM(amount_untaxed_signed) AS net, SUM(amount_residual_signed) AS due
      FROM account_move
     WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')
       AND state = 'posted'
  GROUP BY commercial_partner_id, company_id
    """,
    "bound_payments": """
    SELECT line.partner_id, line.company_id,
           SUM(partial.amount * (partial.max_date - line.date_maturity)) AS delay,
           SUM(partial.amount) AS paid
      FROM account_partial_reconcile partial
      JOIN account_move_line line ON line.id = partial.debit_move_id
      JOIN account_move_line other ON other.id = partial.credit_move_id
     WHERE line.display_type = 'payment_term' AND other.payment_id IS NOT NULL
  GROUP BY line.partner_id, line.company_id
    """,
    "bound_deliveries": """
    SELECT partner.commercial_partner_id AS partner_id, picking.company_id,
           COUNT(*) AS deliveries,
           COUNT(*) FILTER (WHERE picking.date_done > picking.date_deadline) AS late
      FROM stock_picking picking
      JOIN sale_order sale ON sale.id = picking.sale_id
      JOIN res_partner partner ON partner.id = sale.partner_id
  GROUP BY partner.commercial_partner_id, picking.company_id
    """,
}
# A row of twenty numbers for each customer of a company, all of which become others.
PREPARE = """
    CREATE TABLE IF NOT EXISTS crm_lifecycle_bound AS
    SELECT partner_id, company_id, n AS n0, n AS n1, n AS n2, n AS n3, n AS n4,
           n AS n5, n AS n6, n AS n7, n AS n8, n AS n9, n AS n10, n AS n11, n AS n12,
           n AS n13, n AS n14, n AS n15, n AS n16, n AS n17
      FROM (SELECT partner.commercial_partner_id AS partner_id, sale.company_id,
                   COUNT(*)::numeric AS n
              FROM sale_order sale
              JOIN res_partner partner ON partner.id = sale.partner_id
          GROUP BY partner.commercial_partner_id, sale.company_id) AS counted;
    CREATE UNIQUE INDEX IF NOT EXISTS crm_lifecycle_bound_key
        ON crm_lifecycle_bound (partner_id, company_id);
    ANALYZE crm_lifecycle_bound
"""
UPSERT = """
    INSERT INTO crm_lifecycle_bound AS stored
    SELECT partner_id, company_id, n0 + 1, n1 + 1, n2 + 1, n3 + 1, n4 + 1, n5 + 1,
           n6 + 1, n7 + 1, n8 + 1, n9 + 1, n10 + 1, n11 + 1, n12 + 1, n13 + 1, n14 + 1,
           n15 + 1, n16 + 1, n17 + 1
      FROM crm_lifecycle_bound
        ON CONFLICT (partner_id, company_id) DO UPDATE
       SET (n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, n12, n13, n14, n15, n16,
            n17)
         = ROW(excluded.n0, excluded.n1, excluded.n2, excluded.n3, excluded.n4,
               excluded.n5, excluded.n6, excluded.n7, excluded.n8, excluded.n9,
               excluded.n10, excluded.n11, excluded.n12, excluded.n13, excluded.n14,
               excluded.n15, excluded.n16, excluded.n17)
"""


def send(cr):
    """The rows of all aggregates go to the client."""
    for statement in AGGREGATES.values():
        cr.execute(statement)
        cr.fetchall()


def keep(cr):
    """They stay on the server: the stricter bound."""
    for table, statement in AGGREGATES.items():
        cr.execute(f"CREATE TEMP TABLE {table} AS {statement}")
    cr.execute("DROP TABLE " + ", ".join(AGGREGATES))
