from odoo import api, models
from odoo.tools import SQL

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


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    def _lifecycle_non_product_ids(self):
        """What never counts as a product, neither in facts nor in suggestions: the
        articles that Odoo itself puts on orders, of the modules that are installed.

        The same for all companies: what one uses for discounts, no other sells.

        :return: list of ids of product.product
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
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT id FROM (%s) special WHERE id IS NOT NULL",
                SQL(" UNION ALL ").join(parts),
            )
        )
        return [product_id for (product_id,) in rows]
