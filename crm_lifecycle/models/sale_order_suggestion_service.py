from datetime import timedelta

from odoo import models
from odoo.tools import SQL, format_date

from .planned import planned

MODELS = {
    "delivery": "stock.picking",
    "return": "stock.picking",
    "credit": "sale.order",
    "overdue": "account.move",
}


class SaleOrder(models.Model):
    """SCREEN: what has to be put right for a customer before more is offered to him.

    Read from the documents when it is shown, whoever made them: what is wrong is said
    to everybody who may make a quotation, and the document named to those who may read
    it.
    """

    _inherit = "sale.order"

    def _lifecycle_service(self):
        """:return: list of dicts of a text, how many more there are of the kind, and
        model and id of the document (False when the user may not read it); of each kind
        the oldest document"""
        self.ensure_one()
        prepare, found = planned(self.env, self._lifecycle_sql_service())
        found = self.env.execute_query_dict(SQL("%s %s", prepare, found))
        readable = {}
        for model in {MODELS[row["kind"]] for row in found}:
            Document = self.env[model]
            if Document.has_access("read"):
                ids = [row["id"] for row in found if MODELS[row["kind"]] == model]
                Document = Document.search_fetch([("id", "in", ids)], ["name"])
            readable[model] = Document
        service = []
        for row in found:
            model = MODELS[row["kind"]]
            document = readable[model].filtered(lambda d, row=row: d.id == row["id"])
            service.append(
                {
                    "kind": row["kind"],
                    "text": self._lifecycle_service_text(row, document),
                    "more": row["more"],
                    "model": model if document else False,
                    "id": document.id,
                }
            )
        return service

    def _lifecycle_service_text(self, row, document):
        """:param document: empty when its name is not for this user"""
        name = document.name
        date = format_date(self.env, row["date"])
        if row["kind"] == "delivery":
            if name:
                return self.env._(
                    "Delivery %(name)s was promised for %(date)s.", name=name, date=date
                )
            return self.env._("A delivery was promised for %(date)s.", date=date)
        if row["kind"] == "return":
            if name:
                return self.env._(
                    "Return %(name)s is open since %(date)s.", name=name, date=date
                )
            return self.env._("A return is open since %(date)s.", date=date)
        if row["kind"] == "credit":
            if name:
                return self.env._(
                    "Goods of order %(name)s came back on %(date)s and are not "
                    "credited yet.",
                    name=name,
                    date=date,
                )
            return self.env._(
                "Goods came back on %(date)s and are not credited yet.", date=date
            )
        if name:
            return self.env._(
                "Invoice %(name)s was due on %(date)s.", name=name, date=date
            )
        return self.env._("An invoice was due on %(date)s.", date=date)

    def _lifecycle_sql_service(self):
        """:return: SQL, one row per kind of problem: kind, id and date of the oldest
        document, and how many more there are

        - ``delivery``: not done, and its deadline has passed
        - ``return``: goods that are expected back
        - ``credit``: an order whose goods came back within a year, and of which more is
          invoiced than the customer has
        - ``overdue``: invoices late for some days, when all of them come to more than a
          share of what he was invoiced in 365 days
        """
        self.env.flush_all()
        company = self.company_id
        as_of = company._lifecycle_as_of()
        today = company._lifecycle_today(as_of)
        return SQL(
            """
            WITH placed AS (
                SELECT sale_order.id
                  FROM res_partner contact
                  JOIN sale_order ON sale_order.partner_id = contact.id
                 WHERE contact.commercial_partner_id = %(customer)s
                   AND sale_order.company_id = %(company)s
                   AND sale_order.state = 'sale'
            ),
            transfer AS (
                SELECT CASE WHEN destination.usage = 'customer' THEN 'delivery'
                            WHEN source.usage = 'customer' THEN 'return' END AS kind,
                       picking.id, picking.create_date,
                       (picking.date_deadline
                           AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS promised
                  FROM placed
                  JOIN stock_picking picking ON picking.sale_id = placed.id
                  JOIN stock_location source ON source.id = picking.location_id
                  JOIN stock_location destination
                    ON destination.id = picking.location_dest_id
                 WHERE picking.state NOT IN ('draft', 'done', 'cancel')
            ),
            overdue AS (
                SELECT move.id, MIN(line.date_maturity) AS date,
                       SUM(SUM(line.amount_residual)) OVER () AS total
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.partner_id = %(customer)s
                   AND line.company_id = %(company)s
                   AND line.display_type = 'payment_term'
                   AND line.amount_residual > 0
                   AND line.date_maturity < %(today)s::date - %(days)s
                   AND move.move_type = 'out_invoice'
                   AND move.state = 'posted'
                   AND move.payment_state IN ('not_paid', 'partial')
              GROUP BY move.id
            ),
            problem AS (
                SELECT kind, id, promised AS date
                  FROM transfer
                 WHERE kind = 'delivery' AND promised < %(today)s
             UNION ALL
                SELECT kind, id, create_date::date
                  FROM transfer
                 WHERE kind = 'return'
             UNION ALL
                SELECT 'credit', placed.id, MAX(move.date)::date
                  FROM placed
                  JOIN sale_order_line line ON line.order_id = placed.id
                  JOIN stock_move move ON move.sale_line_id = line.id
                 WHERE line.qty_invoiced > line.qty_delivered
                   AND move.origin_returned_move_id IS NOT NULL
                   AND move.to_refund
                   AND move.state = 'done'
                   AND move.date >= %(year)s
              GROUP BY placed.id
             UNION ALL
                SELECT 'overdue', id, date
                  FROM overdue
                 WHERE total > %(share)s * COALESCE((
                           SELECT -SUM(line.balance)
                             FROM account_move_line line
                             JOIN account_move move ON move.id = line.move_id
                            WHERE line.partner_id = %(customer)s
                              AND line.company_id = %(company)s
                              AND line.display_type = 'product'
                              AND move.move_type IN ('out_invoice', 'out_refund')
                              AND move.state = 'posted'
                              AND move.invoice_date > %(year)s
                       ), 0)
            )
            SELECT DISTINCT ON (kind) kind, id, date,
                   COUNT(*) OVER (PARTITION BY kind) - 1 AS more
              FROM problem
          ORDER BY kind, date, id
            """,
            customer=self.partner_id.sudo().commercial_partner_id.id,
            company=company.id,
            tz=company.lifecycle_tz,
            today=today,
            year=today - timedelta(days=365),
            days=company.lifecycle_service_overdue_days,
            share=company.lifecycle_service_overdue_share,
        )
