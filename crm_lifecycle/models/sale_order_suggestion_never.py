from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class SaleOrder(models.Model):
    """SCREEN: what may not be offered on an order, whatever was learned."""

    _inherit = "sale.order"

    def _get_suggestion_domain(self, customer=None):
        """:param customer: SQL of his id, where it is not the customer of this order
        :return: domain of the variants that may be suggested on this order; the
        record rules of the user come on top, and what never is a product"""
        self.ensure_one()
        company = self.company_id
        if customer is None:
            customer = SQL("%s", self.partner_id.sudo().commercial_partner_id.id)
        declined = self.env["crm.lifecycle.suggestion"]._sql_declined(company, customer)
        returned = self._lifecycle_sql_returned(company, SQL("ARRAY[%s]", customer))
        # these ask for choices that one click cannot make
        choices = ["event", "event_booth", "course"]
        domain = (
            Domain("sale_ok", "=", True)
            & Domain("type", "!=", "combo")
            & Domain("service_tracking", "not in", choices)
            & Domain(self.env["product.product"]._check_company_domain(company))
            & ~_product_in(
                SQL(
                    "%s UNION ALL SELECT product_id FROM (%s) AS sent_back",
                    declined,
                    returned,
                )
            )
        )
        if company.lifecycle_hide_out_of_stock and self.warehouse_id:
            domain &= Domain("is_storable", "=", False) | self._lifecycle_in_stock()
        return domain

    @api.model
    def _lifecycle_sql_returned(self, company, customer_ids):
        """:param customer_ids: commercial partners, as a list or SQL of an array
        :return: SQL of ``customer`` and ``product_id``, the variant that he sent back,
            was credited, or was refunded over the counter, within the days that the
            company sets
        """
        today = company._lifecycle_today(company._lifecycle_as_of())
        since = today - timedelta(days=company.lifecycle_returned_days)
        self.env.flush_all()
        return SQL(
            """
            SELECT contact.commercial_partner_id AS customer, move.product_id
              FROM res_partner contact
              JOIN sale_order ON sale_order.partner_id = contact.id
              JOIN sale_order_line line ON line.order_id = sale_order.id
              JOIN stock_move move ON move.sale_line_id = line.id
             WHERE contact.commercial_partner_id = ANY(%(customers)s)
               AND sale_order.company_id = %(company)s
               AND move.origin_returned_move_id IS NOT NULL
               AND move.state = 'done'
               AND move.date >= %(since)s
         UNION ALL
            SELECT line.partner_id, line.product_id
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE line.partner_id = ANY(%(customers)s)
               AND line.company_id = %(company)s
               AND line.display_type = 'product'
               AND line.product_id IS NOT NULL
               AND move.move_type = 'out_refund'
               AND move.state = 'posted'
               AND move.invoice_date >= %(since)s
            %(refunded)s
            """,
            refunded=SQL(
                """
         UNION ALL
            SELECT contact.commercial_partner_id, line.product_id
              FROM res_partner contact
              JOIN pos_order ON pos_order.partner_id = contact.id
              JOIN pos_order_line line ON line.order_id = pos_order.id
             WHERE contact.commercial_partner_id = ANY(%s)
               AND pos_order.company_id = %s
               AND pos_order.state IN ('paid', 'done')
               AND pos_order.date_order >= %s
               AND line.qty < 0
                """,
                customer_ids,
                company.id,
                since,
            )
            if "pos.order" in self.env
            else SQL(),
            customers=customer_ids,
            company=company.id,
            since=since,
        )

    def _lifecycle_in_stock(self):
        """:return: domain of the variants of which something is free in the warehouse
        of the order. Searching ``free_qty`` would compute it for every product."""
        path = self.warehouse_id.sudo().view_location_id.parent_path
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                """
                (SELECT SUM(quant.quantity - quant.reserved_quantity)
                   FROM stock_quant quant
                   JOIN stock_location location ON location.id = quant.location_id
                  WHERE quant.product_id = %s AND location.parent_path LIKE %s) > 0
                """,
                SQL.identifier(alias, "id"),
                f"{path}%",
            )
        )


def _product_in(products):
    """:return: domain of the variants whose template is that of one in the SQL"""
    return Domain.custom(
        to_sql=lambda model, alias, query: SQL(
            """
            %s IN (
                SELECT variant.product_tmpl_id
                  FROM (%s) AS refused
                  JOIN product_product variant ON variant.id = refused.product_id
            )
            """,
            model._field_to_sql(alias, "product_tmpl_id", query),
            products,
        )
    )
