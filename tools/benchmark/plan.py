"""What the synthetic company sells: plain tables that its documents are made from.

Everything follows from row numbers by a hash, so that a size gives the same company
every time. Nothing real is in it; what matters is its shape:

- few customers order much and most little (a power law); new ones come and many leave;
  some only ever had a lead or a quotation;
- a customer buys from a favourite bundle of products, from others, and what is popular;
- some orders are cancelled, not delivered yet, delivered late, not invoiced yet; some
  invoices have no order;
- customers pay late by habit, a few in part or not at all; some lines are sent back
  and credited.

Days are counted from the first of the history; `days` is the first after it, on which
nothing happens any more: ``NULLIF(LEAST(day, days), days)`` is a day or never. Orders
and lines are numbered in the order of time, as in a database that grew.
"""

# Parameters: customers, products, bundles, days (numbers), start (date), rate (units
# of the foreign currency for one of the companies'), users and categories (ids).
STATEMENTS = (
    """
    CREATE FUNCTION pg_temp.chance(number bigint, salt integer) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT ((hashint8extended(number, salt) >> 12) + 2251799813685248)
                 / 4503599627370496::float8 $$
    """,
    """
    CREATE TEMP TABLE plan_product AS
    SELECT product,
           nextval('product_template_id_seq')::int AS template_id,
           nextval('product_product_id_seq')::int AS product_id,
           (%(categories)s::int[])[1 + product / 8 %% cardinality(%(categories)s)]
               AS categ_id,
           round(LEAST(2000, 3 * (1 - pg_temp.chance(product, 1)) ^ -0.8)::numeric, 2)
               AS price
      FROM generate_series(0, %(products)s - 1) AS product
    """,
    """
    CREATE TEMP TABLE plan_customer AS
    SELECT lived.*, %(start)s::date + first_day AS born,
           CASE WHEN pg_temp.chance(customer, 2) < 0.05 THEN 0
                ELSE LEAST(400, 1 + (last_day - first_day) / 3,
                           floor(1.66 * (1 - pg_temp.chance(customer, 3)) ^ -0.55))
           END::int AS orders,
           company = 0 AND pg_temp.chance(customer, 4) < 0.06 AS is_foreign,
           pg_temp.chance(customer, 5) < 0.6 AS is_regular,
           pg_temp.chance(customer, 6) ^ 3 AS slowness,
           floor(%(bundles)s * pg_temp.chance(customer, 7))::int AS bundle,
           (%(users)s::int[])[1 + customer %% cardinality(%(users)s)] AS user_id,
           nextval('res_partner_id_seq')::int AS partner_id,
           CASE WHEN pg_temp.chance(customer, 8) < 0.2
                THEN nextval('res_partner_id_seq')::int END AS contact_id
      FROM (
          SELECT born.*,
                 first_day + floor(
                     (%(days)s - first_day) * pg_temp.chance(customer, 9) ^ 0.5
                 )::int AS last_day
            FROM (
                SELECT customer, (pg_temp.chance(customer, 10) < 0.15)::int AS company,
                       floor(%(days)s * pg_temp.chance(customer, 11))::int AS first_day
                  FROM generate_series(1, %(customers)s) AS customer
            ) AS born
      ) AS lived
    """,
    # When what happens. "direct" is an invoice without an order.
    """
    CREATE TEMP TABLE plan_event AS
    SELECT placed.*, delivery, invoice, credit, payment
      FROM (
          SELECT row_number() OVER (ORDER BY day, customer, state) AS number,
                 customer, company, is_foreign, slowness, bundle, user_id, partner_id,
                 COALESCE(contact_id, partner_id) AS contact_id, day, state,
                 CASE WHEN is_foreign THEN %(rate)s ELSE 1 END::numeric AS rate
            FROM (
                SELECT plan_customer.*,
                       first_day + floor((last_day - first_day) * CASE
                           WHEN is_regular
                           THEN (place - 1 + 0.3 * pg_temp.chance(seed, 20)) / orders
                           ELSE pg_temp.chance(seed, 20) END
                       )::int AS day,
                       CASE WHEN pg_temp.chance(seed, 21) < 0.02 THEN 'cancel'
                            WHEN pg_temp.chance(seed, 21) < 0.035 THEN 'direct'
                            ELSE 'sale' END AS state
                  FROM plan_customer
            CROSS JOIN LATERAL generate_series(1, orders) AS place
            CROSS JOIN LATERAL (SELECT customer * 1000::bigint + place AS seed) AS salt
             UNION ALL
                SELECT plan_customer.*,
                       %(days)s - 1 - floor(90 * pg_temp.chance(customer, 22))::int,
                       CASE WHEN customer %% 2 = 0 THEN 'draft' ELSE 'sent' END
                  FROM plan_customer
                 WHERE pg_temp.chance(customer, 23) < 0.06
            ) AS ordered
      ) AS placed
CROSS JOIN LATERAL (
          SELECT NULLIF(LEAST(
              CASE WHEN state = 'sale' AND pg_temp.chance(number, 24) > 0.015
                   THEN day + 1 - floor(2.2 * ln(1 - pg_temp.chance(number, 25))) END,
              %(days)s), %(days)s)::int AS delivery
      ) AS sent
CROSS JOIN LATERAL (
          SELECT NULLIF(LEAST(
              CASE WHEN state = 'direct' THEN day
                   WHEN pg_temp.chance(number, 26) > 0.03
                   THEN delivery + floor(3 * pg_temp.chance(number, 27)) END,
              %(days)s), %(days)s)::int AS invoice
      ) AS billed
CROSS JOIN LATERAL (
          SELECT NULLIF(LEAST(
              CASE WHEN pg_temp.chance(number, 28) < 0.055
                   THEN invoice + 3 + floor(30 * pg_temp.chance(number, 29)) END,
              %(days)s), %(days)s)::int AS credit,
                 NULLIF(LEAST(
              CASE WHEN pg_temp.chance(number, 30) > 0.03
                   THEN invoice + GREATEST(1, floor(
                       35 - 30 * pg_temp.chance(number, 31)
                       - 40 * slowness * ln(1 - pg_temp.chance(number, 32)))) END,
              %(days)s), %(days)s)::int AS payment
      ) AS settled
    """,
    # "position" 1 is the line that comes back when something is credited
    """
    CREATE TEMP TABLE plan_line AS
    SELECT row_number() OVER (ORDER BY chosen.number, product) AS number,
           chosen.number AS event,
           row_number() OVER (PARTITION BY chosen.number ORDER BY product) AS position,
           product_id, quantity, charged.price,
           round(quantity * charged.price, 2) AS subtotal,
           round(round(quantity * charged.price, 2) / rate, 2) AS balance
      FROM (
          SELECT DISTINCT ON (plan_event.number, product)
                 plan_event.number, product, rate,
                 1 - floor(1.5 * ln(1 - pg_temp.chance(seed, 40)))::int AS quantity
            FROM plan_event
      CROSS JOIN LATERAL generate_series(1, LEAST(40, -floor(
                3.75 * ln(1 - pg_temp.chance(plan_event.number, 41))
            )::int)) AS place
      CROSS JOIN LATERAL (SELECT plan_event.number * 64 + place AS seed) AS salt
      CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN pg_temp.chance(seed, 42) < 0.55
                    THEN bundle * 8 + floor(8 * pg_temp.chance(seed, 43))
                    WHEN pg_temp.chance(seed, 42) < 0.8
                    THEN floor(
                        %(bundles)s * pg_temp.chance(plan_event.number, 44) ^ 2
                    ) * 8 + floor(8 * pg_temp.chance(seed, 43))
                    ELSE floor(%(products)s * pg_temp.chance(seed, 43) ^ 3)
                END::int AS product
            ) AS taste
        ORDER BY plan_event.number, product, place
      ) AS chosen
      JOIN plan_product USING (product)
CROSS JOIN LATERAL (SELECT round(plan_product.price * rate, 2) AS price) AS charged
    """,
    # amounts are those of the document, "balance" is in the currency of the company
    """
    CREATE TEMP TABLE plan_order AS
    SELECT number, customer, company, is_foreign, rate, state, partner_id, contact_id,
           user_id, partner_id != contact_id AS by_contact,
           ordered, ordered + interval '5 days' AS promised,
           delivery IS NOT NULL AS is_delivered,
           %(start)s::date + delivery + interval '15 hours' AS delivered,
           invoice IS NOT NULL AS is_invoiced, %(start)s::date + invoice AS invoiced,
           credit IS NOT NULL AS is_credited, %(start)s::date + credit AS credited,
           paid > 0 AS is_paid, %(start)s::date + payment AS paid_on,
           total, total_balance, credit_total, credit_balance, paid, paid_balance,
           total - credit_total - paid AS residual,
           total_balance - credit_balance - paid_balance AS residual_balance,
           CASE WHEN invoice IS NOT NULL THEN row_number() OVER (
               PARTITION BY company, date_part('year', %(start)s::date + invoice)
                   ORDER BY invoice, number) END AS invoice_number,
           CASE WHEN credit IS NOT NULL THEN row_number() OVER (
               PARTITION BY company, date_part('year', %(start)s::date + credit)
                   ORDER BY credit, number) END AS credit_number,
           CASE WHEN paid > 0 THEN row_number() OVER (
               PARTITION BY company, date_part('year', %(start)s::date + payment),
                            paid > 0
                   ORDER BY payment, number) END AS payment_number
      FROM plan_event
      JOIN (
          SELECT event AS number, SUM(subtotal) AS total, SUM(balance) AS total_balance,
                 MAX(subtotal) FILTER (WHERE position = 1) AS first,
                 MAX(balance) FILTER (WHERE position = 1) AS first_balance
            FROM plan_line
        GROUP BY event
      ) AS line USING (number)
CROSS JOIN LATERAL (
          SELECT %(start)s::date + day + interval '8 hours'
                 + interval '1 second' * floor(36000 * pg_temp.chance(number, 50))
                     AS ordered,
                 CASE WHEN credit IS NULL THEN 0 ELSE first END AS credit_total,
                 CASE WHEN credit IS NULL THEN 0 ELSE first_balance END
                     AS credit_balance,
                 pg_temp.chance(number, 51) < 0.03 AS is_partial
      ) AS credited
CROSS JOIN LATERAL (
          SELECT CASE WHEN payment IS NULL THEN 0
                      WHEN is_partial THEN round((total - credit_total) / 2, 2)
                      ELSE total - credit_total END AS paid,
                 CASE WHEN payment IS NULL THEN 0
                      WHEN is_partial THEN round((total - credit_total) / 2 / rate, 2)
                      ELSE total_balance - credit_balance END AS paid_balance
      ) AS settled
    """,
    # the records that each order will be, numbered in the order of time
    """
    CREATE TEMP TABLE plan_document AS
    SELECT plan_order.*,
           nextval('sale_order_id_seq')::int AS order_id,
           nextval('stock_reference_id_seq')::int AS reference_id,
           nextval('stock_picking_id_seq')::int AS delivery_id,
           CASE WHEN is_credited THEN nextval('stock_picking_id_seq')::int END
               AS receipt_id,
           nextval('account_move_id_seq')::int AS invoice_id,
           nextval('account_move_line_id_seq')::int AS invoice_receivable_id,
           CASE WHEN is_credited THEN nextval('account_move_id_seq')::int END
               AS credit_id,
           CASE WHEN is_credited THEN nextval('account_move_line_id_seq')::int END
               AS credit_receivable_id,
           CASE WHEN is_credited THEN nextval('account_partial_reconcile_id_seq')::int
           END AS credit_partial_id,
           CASE WHEN is_paid THEN nextval('account_payment_id_seq')::int END
               AS payment_id,
           CASE WHEN is_paid THEN nextval('account_move_id_seq')::int END AS entry_id,
           CASE WHEN is_paid THEN nextval('account_move_line_id_seq')::int END
               AS entry_receivable_id,
           CASE WHEN is_paid THEN nextval('account_partial_reconcile_id_seq')::int END
               AS paid_partial_id,
           CASE WHEN is_invoiced AND residual = 0
                THEN nextval('account_full_reconcile_id_seq')::int END AS full_id
      FROM (SELECT * FROM plan_order ORDER BY number) AS plan_order
    """,
    """
    CREATE TEMP TABLE plan_item AS
    SELECT plan_line.*,
           nextval('sale_order_line_id_seq')::int AS order_line_id,
           nextval('stock_move_id_seq')::int AS move_id,
           nextval('account_move_line_id_seq')::int AS invoice_line_id
      FROM (SELECT * FROM plan_line ORDER BY number) AS plan_line
    """,
    """
    CREATE UNIQUE INDEX ON plan_document (number);
    ANALYZE plan_customer, plan_product, plan_document, plan_item;
    """,
)
