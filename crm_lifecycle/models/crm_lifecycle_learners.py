from odoo import api, models
from odoo.tools import SQL

# So many customers are learned from, the same ones each time; and of products that few
# of them bought, so many buyers each, as long as these are no more than so many in all.
LEARNERS, RARE_BUYERS, MORE_LEARNERS = 20_000, 10, 10_000


class CrmLifecycleLearners(models.Model):
    """SUGGESTIONS, the learning: from whose purchases."""

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _get_buyer_ids(self, company, as_of):
        """:return: ids of commercial partners with an order, invoice or point of sale
        order of the company, without those who are excluded; in an order drawn by
        lot, always the same one"""
        self.env.flush_all()
        query = SQL(
            """
            SELECT customer.id
              FROM (
                  SELECT commercial_partner_id AS id
                    FROM res_partner
                   WHERE id IN (%s)
              UNION
                  SELECT commercial_partner_id FROM account_move
                   WHERE state = 'posted'
                     AND move_type IN ('out_invoice', 'out_receipt')
                     AND company_id = ANY(%s)
              ) AS buyer
              JOIN res_partner customer USING (id)
             WHERE customer.lifecycle_excluded IS NOT TRUE
          ORDER BY hashint8extended(customer.id, 0), customer.id
            """,
            SQL(" UNION ").join(
                SQL(
                    "SELECT partner_id FROM %s WHERE %s AND company_id = ANY(%s)",
                    SQL.identifier(table),
                    SQL("state = 'sale'" if table == "sale_order" else "TRUE"),
                    company._lifecycle_branch_ids(),
                )
                for table in self._get_order_tables()
            ),
            company._lifecycle_branch_ids(),
        )
        rows = self.env["crm.lifecycle.facts"]._read_on_replica(
            lambda Reader: Reader.env.execute_query(query)
        )
        return [partner_id for (partner_id,) in rows]

    def _get_order_tables(self):
        return ["sale_order", *(["pos_order"] if "pos.order" in self.env else [])]

    @api.model
    def _get_rare_buyer_ids(self, company, parts, others):
        """Of each product that few of the learners bought, the first buyers in the
        order of :meth:`_get_buyer_ids`: else who asks for it would get no more than
        what is popular.

        :param parts: what :meth:`_read_purchases` returned of the learners
        :param others: ids of the customers who are not among them
        :return: ids of some of these
        """
        import numpy as np

        pairs = np.concatenate([part[0][:2] for part in parts], axis=1).astype(int)
        ids, buyers = np.unique(np.unique(pairs, axis=1)[1], return_counts=True)
        companies = company._lifecycle_branch_ids()
        lines = [
            SQL(
                """
                SELECT line.product_id, contact.commercial_partner_id
                  FROM %(lines)s line
                  JOIN %(orders)s orders ON orders.id = line.order_id
                  JOIN res_partner contact ON contact.id = orders.partner_id
                 WHERE line.product_id IN (SELECT id FROM rare)
                   AND orders.state IN ('sale', 'paid', 'done')
                   AND orders.company_id = ANY(%(companies)s)
                """,
                lines=SQL.identifier(f"{table}_line"),
                orders=SQL.identifier(table),
                companies=companies,
            )
            for table in self._get_order_tables()
        ]
        lines.append(
            SQL(
                """
                SELECT line.product_id, move.commercial_partner_id
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.product_id IN (SELECT id FROM rare)
                   AND line.display_type = 'product'
                   AND line.parent_state = 'posted'
                   AND move.move_type IN ('out_invoice', 'out_receipt')
                   AND move.company_id = ANY(%(companies)s)
                """,
                companies=companies,
            )
        )
        query = SQL(
            """
            WITH rare AS MATERIALIZED (
                SELECT product.id, template.id AS template_id
                  FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE template.active
                   AND template.sale_ok
                   AND template.id != ALL(%(known)s)
            )
            SELECT partner_id
              FROM (
                  SELECT partner_id, row_number() OVER (
                             PARTITION BY template_id
                             ORDER BY hashint8extended(partner_id, 0), partner_id
                         ) AS place
                    FROM (
                        SELECT DISTINCT template_id, partner_id
                          FROM rare
                          JOIN (%(lines)s) AS line (product_id, partner_id)
                            ON line.product_id = rare.id
                    ) AS buyer
              ) AS buyer
             WHERE place <= %(buyers)s
          GROUP BY partner_id
          ORDER BY MIN(place), partner_id
            """,
            known=ids[buyers >= RARE_BUYERS].tolist(),
            lines=SQL(" UNION ALL ").join(lines),
            buyers=RARE_BUYERS,
        )
        rows = self.env["crm.lifecycle.facts"]._read_on_replica(
            lambda Reader: Reader.env.execute_query(query)
        )
        others = set(others)
        more = [partner_id for (partner_id,) in rows if partner_id in others]
        return more[:MORE_LEARNERS]
