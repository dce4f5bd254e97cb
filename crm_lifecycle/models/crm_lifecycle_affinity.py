from odoo import api, fields, models
from odoo.tools import SQL

KINDS = [
    ("reorder", "Buy again"),
    ("cross_sell", "Goes with"),
    ("together", "On the same orders"),
    ("similar", "Bought by similar customers"),
    ("up_sell", "Better choice"),
    ("consumable", "Supplies"),
    ("novelty", "New"),
    ("popular", "Popular"),
]
# Against what is on the same orders as a product of this one: how much weighs what
# else its buyers bought, and what goes with the customer's earlier purchases.
BUYERS_WEIGHT, HISTORY_WEIGHT = 0.5, 0.5
HISTORY_PRODUCTS = 200


class CrmLifecycleAffinity(models.Model):
    """SUGGESTIONS: which product goes with which, learned from what was bought.

    Products are templates: the variants of a product teach together. A popular product
    has no product that it goes with; it is what new customers are offered.
    """

    _name = "crm.lifecycle.affinity"
    _description = "Learned Suggestion"
    _order = "weight desc, id"
    _rec_name = "product_tmpl_id"
    _log_access = False  # written by SQL only, with its own date

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(KINDS, "Suggested as", required=True, readonly=True)
    source_tmpl_id = fields.Many2one(
        "product.template",
        "Bought Product",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: suggested whatever the customer buys.",
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        "Suggested Product",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    support = fields.Integer(
        "Customers",
        readonly=True,
        aggregator=None,
        help="How many customers this was learned from: those who bought both "
        "products; for a popular product, those who bought it. Of products on the same "
        "orders, how many orders.",
    )
    confidence = fields.Float(
        "Share",
        readonly=True,
        aggregator=None,
        help="Of the customers (or orders) of the bought product, the share who bought "
        "the suggested one.",
    )
    lift = fields.Float(
        "× as Often",
        digits=(16, 2),
        readonly=True,
        aggregator=None,
        help="How many times as often as all customers the customers of the bought "
        "product buy the suggested one.",
    )
    weight = fields.Float(
        digits=(16, 6),
        readonly=True,
        aggregator=None,
        help="Order in which the products are suggested.",
    )
    usual_days = fields.Float(
        "Days per Unit",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="Of supplies: how long one unit lasts for one piece of the bought "
        "product, as half of its owners use it. 0: not known.",
    )
    usual_quantity = fields.Float(
        "Usual Quantity",
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="Of supplies: how much its owners take at a time. 0: not known.",
    )
    date = fields.Date(
        "Learned on", readonly=True, help="Last day on which the numbers changed."
    )

    _pair_unique = models.UniqueIndex(
        "(company_id, kind, COALESCE(source_tmpl_id, 0), product_tmpl_id)"
    )

    @api.model
    def _sql_purchases(self, company, as_of, non_products, partner_id=None):
        """What was bought: lines of confirmed orders, and of customer invoices without
        an order, dated before `as_of` in the company or its branches. Only what counts
        as a product, and what was taken rather than returned.

        :param as_of: excluding bound, naive datetime in UTC
        :param non_products: ids of the variants that do not count as products
        :param partner_id: a commercial partner, else all who are not excluded
        :return: SQL, one row per line: customer, product_id, product_tmpl_id, categ_id,
            day, quantity in the unit of the product, and amount without taxes in the
            currency of the company
        """
        self.env.flush_all()
        Line = self.env["sale.order.line"]
        special = [
            SQL("AND line.%s IS NOT TRUE", SQL.identifier(name))
            for name in ("is_downpayment", "is_expense", "is_delivery")
            if name in Line._fields
        ]
        if "reward_id" in Line._fields:
            special.append(SQL("AND line.reward_id IS NULL"))
        return SQL(
            """
            SELECT line.customer, line.product_id, template.id AS product_tmpl_id,
                   template.categ_id, line.day, line.amount,
                   line.quantity * COALESCE(unit.factor / own_unit.factor, 1)
                       AS quantity
              FROM (
                  SELECT contact.commercial_partner_id AS customer,
                         line.product_id, sale_order.date_order::date AS day,
                         line.product_uom_qty AS quantity,
                         line.product_uom_id AS uom_id,
                         line.price_subtotal
                             / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                             AS amount
                    FROM sale_order
                    JOIN res_partner contact ON contact.id = sale_order.partner_id
                    JOIN sale_order_line line ON line.order_id = sale_order.id
                   WHERE sale_order.state = 'sale'
                     AND sale_order.company_id = ANY(%(companies)s)
                     AND sale_order.date_order < %(as_of)s
                     AND line.display_type IS NULL
                     %(special)s
               UNION ALL
                  SELECT move.commercial_partner_id, line.product_id, move.invoice_date,
                         line.quantity, line.product_uom_id, -line.balance
                    FROM account_move move
                    JOIN account_move_line line ON line.move_id = move.id
                   WHERE move.move_type IN ('out_invoice', 'out_receipt')
                     AND move.state = 'posted'
                     AND move.company_id = ANY(%(companies)s)
                     AND move.invoice_date <= %(today)s
                     AND line.display_type = 'product'
                     AND NOT EXISTS (
                         SELECT FROM sale_order_line_invoice_rel rel
                          WHERE rel.invoice_line_id = line.id
                     )
              ) AS line
              JOIN res_partner customer ON customer.id = line.customer
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN uom_uom unit ON unit.id = line.uom_id
         LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
             WHERE %(customer)s
               AND line.quantity > 0
               AND line.product_id != ALL(%(non_products)s)
            """,
            companies=company._lifecycle_branch_ids(),
            as_of=as_of,
            today=company._lifecycle_today(as_of),
            special=SQL(" ").join(special),
            customer=SQL("line.customer = %s", partner_id)
            if partner_id
            else SQL("customer.lifecycle_excluded IS NOT TRUE"),
            non_products=non_products,
        )

    @api.model
    def _find(self, company, partner_id, ordered_ids, variants, limit):
        """The best suggestions of each kind for an order.

        What is on the same orders as the products of this one counts in full; what
        else their buyers bought, and what goes with what the customer bought before,
        counts less, the latter only for products new to him.
        A better choice is only sought for what is on the order. Popular products that
        he has bought already come last.

        :param partner_id: the commercial partner
        :param ordered_ids: product templates on the order
        :param variants: Query of the variants (product.product) that may be suggested;
            of a product with several, the one the customer bought most often is
        :param limit: how many better choices, and how many others
        :return: list of dicts, the best first among better choices, among what goes
            with the order or the customer, and among popular products: kind,
            product_id (variant), source (bought template that contributes most),
            on_order (whether that is on the order), support (of that link), weight,
            quantity, due_days, last_date, origin, rule_id and confidence
        """
        non_products = company._lifecycle_non_product_ids()
        purchases = self._sql_purchases(
            company, company._lifecycle_as_of(), non_products, partner_id
        )
        return self.env.execute_query_dict(
            SQL(
                """
                WITH purchase AS MATERIALIZED (%(purchases)s),
                recent AS (
                    SELECT product_tmpl_id
                      FROM purchase
                     WHERE product_tmpl_id != ALL(%(ordered)s::int[])
                  GROUP BY product_tmpl_id
                  ORDER BY MAX(day) DESC, product_tmpl_id
                     LIMIT %(history)s
                ),
                source AS (
                    SELECT id, 1.0 AS weight, TRUE AS on_order
                      FROM unnest(%(ordered)s::int[]) AS id
                 UNION ALL
                    SELECT product_tmpl_id, %(weight)s / sqrt(COUNT(*) OVER ()), FALSE
                      FROM recent
                ),
                link AS (
                    SELECT CASE link.kind WHEN 'together' THEN 'cross_sell'
                                          ELSE link.kind END AS kind,
                           link.product_tmpl_id, source.on_order,
                           link.source_tmpl_id, link.support,
                           link.weight * source.weight
                               * CASE WHEN source.on_order AND link.kind = 'cross_sell'
                                      THEN %(buyers)s ELSE 1 END AS weight
                      FROM source
                      JOIN crm_lifecycle_affinity link
                        ON link.source_tmpl_id = source.id
                     WHERE link.company_id = %(company)s
                       AND (link.kind = 'cross_sell' OR source.on_order)
                 UNION ALL
                    SELECT kind, product_tmpl_id, FALSE, NULL, support, weight
                      FROM crm_lifecycle_affinity
                     WHERE company_id = %(company)s AND kind = 'popular'
                ),
                product AS (
                    SELECT kind, product_tmpl_id, BOOL_OR(on_order) AS goes_with_order,
                           SUM(weight) AS weight,
                           (ARRAY_AGG(source_tmpl_id
                                      ORDER BY weight DESC, source_tmpl_id))[1]
                               AS source,
                           (ARRAY_AGG(support
                                      ORDER BY weight DESC, source_tmpl_id))[1]
                               AS support,
                           product_tmpl_id IN (SELECT product_tmpl_id FROM purchase)
                               AS is_known
                      FROM link
                  GROUP BY kind, product_tmpl_id
                ),
                candidate AS (
                    SELECT DISTINCT ON (kind = 'up_sell', product.product_tmpl_id)
                           product.*, variant.id AS product_id
                      FROM product
                      JOIN product_product variant USING (product_tmpl_id)
                 LEFT JOIN (
                              SELECT product_id, COUNT(*) AS times
                                FROM purchase
                            GROUP BY product_id
                           ) AS taken ON taken.product_id = variant.id
                     WHERE variant.id IN %(variants)s
                       AND variant.id != ALL(%(non_products)s)
                       AND (kind != 'cross_sell' OR goes_with_order OR NOT is_known)
                  ORDER BY kind = 'up_sell', product.product_tmpl_id, kind,
                           taken.times DESC NULLS LAST, variant.id
                ),
                ranked AS (
                    SELECT kind, product_id, source, support, weight,
                           source = ANY(%(ordered)s::int[]) AS on_order,
                           ROW_NUMBER() OVER (
                               PARTITION BY kind = 'up_sell'
                               ORDER BY kind, kind = 'popular' AND is_known,
                                        weight DESC, product_tmpl_id
                           ) AS rank
                      FROM candidate
                )
                SELECT kind, product_id, source, support, on_order, weight,
                       NULL::numeric AS quantity, NULL::int AS due_days,
                       NULL::date AS last_date, 'learned' AS origin,
                       NULL::int AS rule_id, NULL::float AS confidence
                  FROM ranked
                 WHERE rank <= %(limit)s
              ORDER BY kind != 'up_sell', rank
                """,
                purchases=purchases,
                ordered=ordered_ids,
                history=HISTORY_PRODUCTS,
                weight=HISTORY_WEIGHT,
                buyers=BUYERS_WEIGHT,
                company=company.id,
                variants=variants.subselect(),
                non_products=non_products,
                limit=limit,
            )
        )
