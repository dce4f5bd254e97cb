from datetime import timedelta

from odoo import models
from odoo.tools import SQL

# How many days a document may be old when a fact changes with nothing but the passing
# of days: when it is no longer in the future, overdue or expired the day after, and at
# the ends of the last 12 months and of the 12 before. Another number in a source of
# facts has to stand here.
AGES = (0, 1, 365, 730)


class CrmLifecycleSourcesChanged(models.AbstractModel):
    """RECORDS to FACTS: whose facts have to be read again from the documents, because a
    document changed, or because one reached an age that counts. Nobody else's facts
    have become others since.

    A changed document is found by the number of the transaction that wrote it (its
    ``xmin``), so that no change is missed whoever made it: a module without our hooks,
    an SQL statement, an import. Looking at that number in every row takes a tenth of
    the time of adding the rows up.

    Not found: rows that are deleted without Odoo's ORM, and changes of master data, as
    of a product's category or cost. The nightly run reads a share of all customers
    every night, for these.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_changed(self, company, since, as_of, transaction):
        """:param company: the company; its branches are counted in
        :param since, as_of: two excluding bounds, naive datetimes in UTC
        :param int transaction: the first one whose changes count
        :return: SQL of a query of ids of commercial partners, with repetitions, and a
            few too many
        """
        parameters = {
            "companies": company._lifecycle_branch_ids(),
            **{
                f"{table}_hit": self._sql_hit(
                    company, since, as_of, transaction, table, *columns
                )
                for table, columns in self._get_watched().items()
            },
        }
        contacts = [self._sql_changed_sales(parameters)]
        contacts.append(self._sql_changed_prospects(parameters))
        if "pos.order" in self.env:
            contacts.append(self._sql_changed_point_of_sale(parameters))
        return SQL(
            """
            WITH move AS MATERIALIZED (
                SELECT id, commercial_partner_id
                  FROM account_move
                 WHERE company_id = ANY(%(companies)s) AND %(account_move_hit)s
            )
            SELECT commercial_partner_id
              FROM res_partner
             WHERE id IN (%(contacts)s) OR %(res_partner_hit)s
             UNION ALL
            %(invoices)s
            """,
            contacts=SQL(" UNION ALL ").join(contacts),
            invoices=self._sql_changed_invoices(parameters),
            **parameters,
        )

    def _get_watched(self):
        """:return: dict by table that the facts are read from, of its columns whose
        passing counts: dates, and moments in UTC"""
        tables = {
            "res_partner": ((), ()),
            "res_users": ((), ()),
            "sale_order": (("validity_date",), ("create_date", "date_order")),
            "sale_order_line": ((), ()),
            "sale_order_line_invoice_rel": ((), ()),
            "account_move": (("invoice_date",), ()),
            "account_move_line": (("date_maturity",), ()),
            "account_partial_reconcile": (("max_date",), ()),
            "account_payment": (("date",), ()),
            "account_move__account_payment": ((), ()),
            "stock_picking": ((), ("date_done", "date_deadline")),
            "crm_lead": ((), ("create_date", "date_closed", "date_conversion")),
            "calendar_event": ((), ("start",)),
            "calendar_event_res_partner_rel": ((), ()),
            "mail_activity": ((), ("create_date",)),
        }
        if "pos.order" in self.env:
            tables |= {
                "pos_order": ((), ("date_order",)),
                "pos_order_line": ((), ()),
            }
        return tables

    def _sql_hit(self, company, since, as_of, transaction, table, dates, moments):
        """Whether a row of `table` changed, or reached an age that counts."""
        first = company._lifecycle_today(since)
        last = company._lifecycle_today(as_of)
        conditions = [self._sql_touched(table, transaction)]
        for age in map(timedelta, AGES):
            conditions += [
                SQL(
                    "(%(day)s > %(first)s AND %(day)s <= %(last)s)",
                    day=SQL.identifier(table, name),
                    first=first - age,
                    last=last - age,
                )
                for name in dates
            ]
            conditions += [
                SQL(
                    "(%(moment)s >= %(first)s AND %(moment)s < %(last)s)",
                    moment=SQL.identifier(table, name),
                    first=company._lifecycle_bound(first - age + timedelta(1)),
                    last=company._lifecycle_bound(last - age + timedelta(1)),
                )
                for name in moments
            ]
        return SQL("(%s)", SQL(" OR ").join(conditions))

    def _sql_touched(self, table, transaction):
        """Transactions are counted around in 32 bits: ``age`` counts back from now, and
        is far below zero for those of the round before. What this transaction itself
        wrote after a savepoint is a little below."""
        return SQL(
            "(age(%(xmin)s) <= (SELECT age(%(first)s::text::xid))"
            " AND age(%(xmin)s) >= -1000000)",
            xmin=SQL.identifier(table, "xmin"),
            first=transaction % 2**32,
        )

    def _sql_changed_sales(self, parameters):
        """Contacts of orders; also of those whose invoice changed, which may be one of
        somebody else."""
        return SQL(
            """
            SELECT partner_id
              FROM sale_order
             WHERE company_id = ANY(%(companies)s)
               AND (%(sale_order_hit)s OR id IN (
                   SELECT order_id
                     FROM sale_order_line
                    WHERE company_id = ANY(%(companies)s) AND %(sale_order_line_hit)s
                    UNION ALL
                   SELECT line.order_id
                     FROM sale_order_line_invoice_rel
                     JOIN sale_order_line line
                       ON line.id = sale_order_line_invoice_rel.order_line_id
                    WHERE %(sale_order_line_invoice_rel_hit)s
                    UNION ALL
                   SELECT line.order_id
                     FROM account_move_line item
                     JOIN sale_order_line_invoice_rel rel
                       ON rel.invoice_line_id = item.id
                     JOIN sale_order_line line ON line.id = rel.order_line_id
                    WHERE item.move_id = ANY(ARRAY(SELECT id FROM move))
                    UNION ALL
                   SELECT sale_id FROM stock_picking WHERE %(stock_picking_hit)s
               ))
            """,
            **parameters,
        )

    def _sql_changed_prospects(self, parameters):
        return SQL(
            """
            SELECT partner_id FROM crm_lead WHERE %(crm_lead_hit)s
             UNION ALL
            SELECT invited.res_partner_id
              FROM calendar_event
              JOIN calendar_event_res_partner_rel invited
                ON invited.calendar_event_id = calendar_event.id
             WHERE %(calendar_event_hit)s
             UNION ALL
            SELECT lead.partner_id
              FROM calendar_event
              JOIN crm_lead lead ON lead.id = calendar_event.opportunity_id
             WHERE %(calendar_event_hit)s
             UNION ALL
            SELECT res_partner_id
              FROM calendar_event_res_partner_rel
             WHERE %(calendar_event_res_partner_rel_hit)s
             UNION ALL
            SELECT res_id
              FROM mail_activity
             WHERE res_model = 'res.partner' AND %(mail_activity_hit)s
             UNION ALL
            SELECT partner_id FROM res_users WHERE %(res_users_hit)s
            """,
            **parameters,
        )

    def _sql_changed_point_of_sale(self, parameters):
        return SQL(
            """
            SELECT partner_id
              FROM pos_order
             WHERE company_id = ANY(%(companies)s)
               AND (%(pos_order_hit)s OR id IN (
                   SELECT order_id FROM pos_order_line WHERE %(pos_order_line_hit)s
               ))
            """,
            **parameters,
        )

    def _sql_changed_invoices(self, parameters):
        """Commercial partners of invoices."""
        return SQL(
            """
            SELECT commercial_partner_id FROM move
             UNION ALL
            SELECT commercial_partner_id
              FROM account_move
             WHERE company_id = ANY(%(companies)s)
               AND id IN (
                   SELECT move_id
                     FROM account_move_line
                    WHERE company_id = ANY(%(companies)s) AND %(account_move_line_hit)s
                    UNION ALL
                   SELECT line.move_id
                     FROM account_partial_reconcile
                     JOIN account_move_line line
                       ON line.id IN (account_partial_reconcile.debit_move_id,
                                      account_partial_reconcile.credit_move_id)
                    WHERE %(account_partial_reconcile_hit)s
                    UNION ALL
                   SELECT link.invoice_id
                     FROM account_payment
                     JOIN account_move__account_payment link
                       ON link.payment_id = account_payment.id
                    WHERE %(account_payment_hit)s
                    UNION ALL
                   SELECT invoice_id
                     FROM account_move__account_payment
                    WHERE %(account_move__account_payment_hit)s
               )
            """,
            **parameters,
        )
