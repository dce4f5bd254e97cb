from odoo import api, models
from odoo.tools import SQL

from .crm_lifecycle_sources import LINE_SOURCES


class CrmLifecyclePurchases(models.Model):
    """SUGGESTIONS: what was bought, for the learning and for whoever suggests."""

    _inherit = "crm.lifecycle.affinity"

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
        sources = ["contact", "placed", "ordered", "invoice", "item"]
        if credited:
            sources.append("billed")
        return Facts._sql_with(sources, parameters, select)

    @api.model
    def _read_purchases(self, company, as_of, partner_ids):
        """The same as :meth:`_sql_purchases`, put together here: PostgreSQL takes as
        long for that as for finding the lines.

        :return: two arrays. Of each customer, product and day: customer, template, day
            number, quantity and amount, shape (5, n). Of each template that was bought:
            its id, category, quantity and amount, shape (4, products)
        """
        import numpy as np

        from ..engine.links import summed

        Facts = self.env["crm.lifecycle.facts"]
        parameters = Facts._get_parameters(company, partner_ids, as_of)
        lines, products, units = Facts._read_on_replica(
            lambda Reader: self.with_env(Reader.env)._read_lines(parameters)
        )
        variant, template, category, unit = products
        sold_in, factor = units
        place = np.searchsorted(variant, lines["product"])
        factors = [
            factor[np.searchsorted(sold_in, each)]
            for each in (
                np.where(lines["unit"], lines["unit"], unit[place]),
                unit[place],
            )
        ]
        keys, sums = summed(
            [lines["customer"], place, lines["day"]],
            [lines["quantity"] * factors[0] / factors[1], lines["amount"]],
        )
        kept = np.round(sums[1], parameters["decimals"]) > 0
        customer, place, day = keys[:, kept]
        # variants of one product teach together
        keys, (quantity, amount) = summed(
            [customer, template[place], day], sums[:, kept]
        )
        lines = np.stack((*keys, np.round(quantity, 3), np.round(amount, 2)))
        ids, number = np.unique(lines[1], return_inverse=True)
        quantity, amount = (
            np.bincount(number, lines[column], len(ids)) for column in (3, 4)
        )
        category = dict(zip(template, category, strict=True))
        categories = [category[each] for each in ids]
        return lines, np.stack((ids, categories, quantity, amount))

    @api.model
    def _read_lines(self, parameters):
        """Bytes instead of so many rows: a tenth of the memory.

        :param parameters: of ``crm.lifecycle.facts``: company, customers and as_of
        :return: array of the lines; id, template, category (0: none) and unit of each
            variant on them; id and factor of each unit
        """
        import numpy as np

        Facts = self.env["crm.lifecycle.facts"]
        Facts._tell_planner()
        select = SQL(
            """
            SELECT string_agg(
                       int4send(partner_id) || int4send(product_id)
                       || int4send(COALESCE(product_uom_id, 0))
                       || int4send(day - date '0001-01-01' + 1)
                       || float8send(quantity::float8) || float8send(amount::float8),
                       ''
                   )
              FROM (%(lines)s) AS line (
                       partner_id, day, product_id, product_uom_id, quantity, price,
                       discount, cost, rate, amount
                   )
             WHERE product_id != ALL(%(non_products)s)
               AND day <= %(today)s
            """,
            lines=Facts._sql_lines(parameters),
            **parameters,
        )
        [(read,)] = self.env.execute_query(
            Facts._sql_with(LINE_SOURCES, parameters, select)
        )
        row = [(name, ">i4") for name in ("customer", "product", "unit", "day")]
        row += [("quantity", ">f8"), ("amount", ">f8")]
        lines = np.frombuffer(read or b"", row)
        products = self.env.execute_query(
            SQL(
                """
                SELECT product.id, template.id, COALESCE(template.categ_id, 0),
                       template.uom_id
                  FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE product.id = ANY(%s)
              ORDER BY product.id
                """,
                np.unique(lines["product"]).tolist(),
            )
        )
        units = self.env.execute_query(
            SQL("SELECT id, factor::float8 FROM uom_uom ORDER BY id")
        )
        return lines, np.array(products, int).reshape(-1, 4).T, np.array(units).T
