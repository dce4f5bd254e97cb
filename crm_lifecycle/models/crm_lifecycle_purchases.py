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
        query = SQL(
            """
            SELECT customer.id
              FROM (%s) AS buyer
              JOIN res_partner customer USING (id)
             WHERE customer.lifecycle_excluded IS NOT TRUE
          ORDER BY 1
            """,
            SQL(" UNION ").join(sources),
        )
        rows = self.env["crm.lifecycle.facts"]._read_on_replica(
            lambda Reader: Reader.env.execute_query(query)
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
        """A text of numbers instead of so many rows: a tenth of the memory.

        :return: two arrays. Of each customer, product and day: customer, template, day
            number, quantity and amount, shape (5, n). Of each template that was bought:
            its id, category, quantity and amount, shape (4, products)
        """
        import numpy as np

        from ..engine.links import starts

        Facts = self.env["crm.lifecycle.facts"]
        parameters = Facts._get_parameters(company, partner_ids, as_of)
        query = SQL(
            """
            SELECT string_agg(
                       concat_ws(
                           ' ', customer, product_tmpl_id, day - date '0001-01-01' + 1,
                           quantity, amount, COALESCE(categ_id, 0)
                       ), ' '
                   )
              FROM (%s) AS purchase
            """,
            self._sql_purchases(parameters),
        )

        def read(Reader):
            Reader._tell_planner()
            return Reader.env.execute_query(query)

        [(text,)] = Facts._read_on_replica(read)
        rows = np.fromstring(text or "", sep=" ").reshape(-1, 6).T
        rows = rows[:, np.lexsort((rows[2], rows[1], rows[0]))]
        first = starts(*rows[:3])  # variants of one product teach together
        lines = rows[:5, first]
        for column, decimals in ((3, 3), (4, 2)):
            sums = np.add.reduceat(rows[column], first) if first.size else rows[column]
            lines[column] = np.round(sums, decimals)
        ids, place, number = np.unique(lines[1], return_index=True, return_inverse=True)
        quantity, amount = (
            np.bincount(number, lines[column], len(ids)) for column in (3, 4)
        )
        return lines, np.stack((ids, rows[5, first][place], quantity, amount))
