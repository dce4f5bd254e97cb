from odoo import models
from odoo.tools import SQL

# Standard normal quantile: 5 % beyond each of the two limits of a rate.
CERTAIN = 1.645


class CrmLifecycleSuggestionReport(models.Model):
    """The query behind the results of suggestions: ledger and documents."""

    _inherit = "crm.lifecycle.suggestion.report"

    @property
    def _table_query(self):
        Template = self.env["product.template"]
        has_cost = "purchase_price" in self.env["sale.order.line"]._fields
        return SQL(
            """
            SELECT suggestion.id, suggestion.company_id, suggestion.partner_id,
                   COALESCE(sale_order.user_id, suggestion.user_id) AS user_id,
                   suggestion.order_id, suggestion.product_id,
                   product.product_tmpl_id, template.categ_id,
                   suggestion.source_tmpl_id, suggestion.kind, suggestion.rule_id,
                   concat_ws(' → ', %(source_name)s, %(name)s) AS link,
                   suggestion.date, suggestion.decline_reason,
                   CASE WHEN back.is_back OR billed.is_credited THEN 'returned'
                        WHEN billed.is_invoiced THEN 'invoiced'
                        WHEN line.id IS NOT NULL AND sale_order.state = 'cancel'
                        THEN 'cancelled'
                        WHEN line.qty_delivered > 0 THEN 'delivered'
                        WHEN line.id IS NOT NULL AND sale_order.state = 'sale'
                        THEN 'ordered'
                        WHEN line.id IS NOT NULL THEN 'added'
                        WHEN suggestion.date_declined IS NOT NULL THEN 'declined'
                        WHEN suggestion.date_added IS NOT NULL THEN 'removed'
                        ELSE 'shown'
                   END AS state,
                   1 AS shown_count,
                   (line.id IS NOT NULL)::int AS added_count,
                   (suggestion.date_declined IS NOT NULL)::int AS declined_count,
                   (line.id IS NOT NULL AND sale_order.state = 'sale')::int
                       AS ordered_count,
                   (COALESCE(line.qty_delivered > 0, FALSE) OR back.is_back)::int
                       AS delivered_count,
                   COALESCE(billed.is_invoiced, FALSE)::int AS invoiced_count,
                   (back.is_back OR COALESCE(billed.is_credited, FALSE))::int
                       AS returned_count,
                   (line.id IS NOT NULL)::int::float8 AS acceptance,
                   (line.id IS NOT NULL)::int::float8 AS acceptance_low,
                   (line.id IS NOT NULL)::int::float8 AS acceptance_high,
                   (line.id IS NOT NULL AND sale_order.state = 'sale')::int::float8
                       AS order_rate,
                   COALESCE(billed.revenue, 0) AS revenue,
                   COALESCE(billed.revenue, 0) AS revenue_mean,
                   billed.revenue - billed.quantity * COALESCE(
                       NULLIF(%(line_cost)s, 0)
                           / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                           / COALESCE(unit.factor / own_unit.factor, 1),
                       NULLIF(suggestion.unit_cost, 0)::numeric
                   ) AS margin
              FROM crm_lifecycle_suggestion suggestion
              JOIN product_product product ON product.id = suggestion.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN product_template source ON source.id = suggestion.source_tmpl_id
         LEFT JOIN sale_order ON sale_order.id = suggestion.order_id
         LEFT JOIN (sale_order_line line
                    JOIN product_product sold ON sold.id = line.product_id)
                ON line.id = suggestion.line_id
               AND sold.product_tmpl_id = product.product_tmpl_id
               AND GREATEST(line.product_uom_qty, line.qty_delivered) > 0
         LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
         LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
        CROSS JOIN LATERAL (
                  SELECT -SUM(item.balance) AS revenue,
                         SUM(item.quantity
                             * CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
                             * COALESCE(item_unit.factor / own_unit.factor, 1)
                         ) AS quantity,
                         bool_or(move.move_type = 'out_refund') AS is_credited,
                         bool_or(move.move_type != 'out_refund') AS is_invoiced
                    FROM sale_order_line_invoice_rel rel
                    JOIN account_move_line item ON item.id = rel.invoice_line_id
                    JOIN account_move move ON move.id = item.move_id
               LEFT JOIN uom_uom item_unit ON item_unit.id = item.product_uom_id
                   WHERE rel.order_line_id = line.id
                     AND move.state = 'posted'
                     AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                   ) AS billed
        CROSS JOIN LATERAL (
                  SELECT EXISTS (
                      SELECT FROM stock_move move
                        JOIN stock_location source ON source.id = move.location_id
                        JOIN stock_location target ON target.id = move.location_dest_id
                       WHERE move.sale_line_id = line.id
                         AND move.state = 'done'
                         AND source.usage = 'customer'
                         AND target.usage != 'customer'
                  ) AS is_back
                   ) AS back
            """,
            name=Template._field_to_sql("template", "name"),
            source_name=Template._field_to_sql("source", "name"),
            line_cost=SQL("line.purchase_price" if has_cost else "NULL::numeric"),
        )

    def _read_group_select(self, aggregate_spec, query):
        """The limits of the rate of a group (Wilson 1927, J. Am. Stat. Assoc. 22)."""
        bounds = {"acceptance_low:avg": SQL("-"), "acceptance_high:avg": SQL("+")}
        if aggregate_spec not in bounds:
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            """
            (AVG(%(rate)s) + %(z)s ^ 2 / (2 * COUNT(*))
             %(sign)s %(z)s * sqrt(
                 AVG(%(rate)s) * (1 - AVG(%(rate)s)) / COUNT(*)
                 + %(z)s ^ 2 / (4.0 * COUNT(*) ^ 2)
             )) / (1 + %(z)s ^ 2 / COUNT(*))
            """,
            rate=self._field_to_sql(self._table, "acceptance", query),
            z=CERTAIN,
            sign=bounds[aggregate_spec],
        )
