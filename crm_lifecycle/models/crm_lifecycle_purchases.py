from odoo import api, models
from odoo.tools import SQL


class CrmLifecyclePurchases(models.Model):
    """SUGGESTIONS: what was bought, for the learning and for whoever suggests."""

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _get_buyer_ids(self, company, as_of):
        """:return: sorted ids of commercial partners with an order, invoice or point of
        sale order of the company, without those who are excluded"""
        self.env.flush_all()
        sources = [
            SQL(
                """
                SELECT contact.commercial_partner_id AS id
                  FROM sale_order
                  JOIN res_partner contact ON contact.id = sale_order.partner_id
                 WHERE sale_order.state = 'sale'
                   AND sale_order.company_id = ANY(%(ids)s)
                """,
                ids=company._lifecycle_branch_ids(),
            ),
            SQL(
                """
                SELECT commercial_partner_id FROM account_move
                 WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt')
                   AND company_id = ANY(%(ids)s)
                """,
                ids=company._lifecycle_branch_ids(),
            ),
        ]
        if "pos.order" in self.env:
            sources.append(
                SQL(
                    """
                    SELECT contact.commercial_partner_id
                      FROM pos_order
                      JOIN res_partner contact ON contact.id = pos_order.partner_id
                     WHERE pos_order.company_id = ANY(%(ids)s)
                    """,
                    ids=company._lifecycle_branch_ids(),
                )
            )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.id
                  FROM (%s) AS buyer
                  JOIN res_partner customer USING (id)
                 WHERE customer.lifecycle_excluded IS NOT TRUE
              ORDER BY 1
                """,
                SQL(" UNION ").join(sources),
            )
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _sql_purchases(self, parameters, credited=True):
        """What was bought, on which day, by the same reading as the facts: with the
        point of sale, and without what was credited or cost nothing.

        Products are looked up one by one: PostgreSQL expects a few lines where there
        are many, and would compare each of them with every product.

        :param parameters: of ``crm.lifecycle.facts``: company, customers and as_of
        :param credited: whether what was credited of orders is taken off
        :return: SQL, one row per customer, variant and day: customer, product_id,
            product_tmpl_id, categ_id, day, quantity in the unit of the product, and
            amount without taxes in the currency of the company
        """
        self.env.flush_all()
        Facts = self.env["crm.lifecycle.facts"]
        select = SQL(
            """
            SELECT line.partner_id AS customer, line.product_id,
                   template.id AS product_tmpl_id, template.categ_id, line.day,
                   SUM(line.quantity * CASE
                       WHEN line.product_uom_id != template.uom_id
                       THEN (SELECT factor FROM uom_uom WHERE id = line.product_uom_id)
                            / (SELECT factor FROM uom_uom WHERE id = template.uom_id)
                       ELSE 1
                   END) AS quantity,
                   SUM(line.amount) AS amount
              FROM (%(lines)s) AS line (
                       partner_id, day, product_id, product_uom_id, quantity, price,
                       discount, cost, rate, amount
                   )
        CROSS JOIN LATERAL (
                  SELECT template.id, template.categ_id, template.uom_id
                    FROM product_product product
                    JOIN product_template template
                      ON template.id = product.product_tmpl_id
                   WHERE product.id = line.product_id
                   LIMIT 1
              ) AS template
             WHERE line.product_id != ALL(%(non_products)s)
               AND line.day <= %(today)s
          GROUP BY line.partner_id, line.product_id, template.id, template.categ_id,
                   line.day
            HAVING round(SUM(line.amount), %(decimals)s) > 0
            """,
            lines=Facts._sql_lines(parameters, credited),
            **parameters,
        )
        sources = ["contact", "placed", "ordered", "item"]
        if credited:
            sources.append("billed")
        return Facts._sql_with(sources, parameters, select)

    @api.model
    def _read_purchases(self, company, as_of, partner_ids):
        """Texts of numbers instead of so many rows: a tenth of the memory.

        :return: two arrays. Of each customer, product and day: customer, template, day
            number, quantity and amount, shape (5, n). Of each template that was bought:
            its id, category, quantity and amount, shape (4, products)
        """
        import numpy as np

        Facts = self.env["crm.lifecycle.facts"]
        Facts._tell_planner()
        parameters = Facts._get_parameters(company, partner_ids, as_of)
        [(lines, products)] = self.env.execute_query(
            SQL(
                """
                WITH purchase AS MATERIALIZED (%s),
                taken AS MATERIALIZED (
                    SELECT customer, product_tmpl_id, day, MIN(categ_id) AS categ_id,
                           round(SUM(quantity)::numeric, 3) AS quantity,
                           round(SUM(amount), 2) AS amount
                      FROM purchase
                  GROUP BY customer, product_tmpl_id, day
                )
                SELECT (
                    SELECT string_agg(
                               concat_ws(
                                   ' ', customer, product_tmpl_id,
                                   day - date '0001-01-01' + 1, quantity, amount
                               ), ' '
                           )
                      FROM taken
                ), (
                    SELECT string_agg(
                               concat_ws(
                                   ' ', product_tmpl_id, categ_id, quantity, amount
                               ), ' '
                           )
                      FROM (
                          SELECT product_tmpl_id,
                                 COALESCE(MIN(categ_id), 0) AS categ_id,
                                 SUM(quantity) AS quantity, SUM(amount) AS amount
                            FROM taken
                        GROUP BY product_tmpl_id
                      ) AS product
                )
                """,
                self._sql_purchases(parameters),
            )
        )
        return (
            np.fromstring(lines or "", sep=" ").reshape(-1, 5).T,
            np.fromstring(products or "", sep=" ").reshape(-1, 4).T,
        )
