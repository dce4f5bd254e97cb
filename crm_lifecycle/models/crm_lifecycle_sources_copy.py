from contextlib import contextmanager

from odoo import models
from odoo.tools import SQL
from odoo.tools.sql import column_exists

# What is copied, with the columns to be looked up by, in this order: a query reads the
# copies made before it, and the table itself while its own copy is not there yet. Names
# with crm_lifecycle_ only help.
COPIES = [
    (
        "crm_lifecycle_contact",
        ["id"],
        """
        SELECT id FROM res_partner
         WHERE commercial_partner_id = ANY(%(partners)s)
        """,
    ),
    (
        "sale_order",
        ["partner_id"],
        """
        SELECT * FROM sale_order
         WHERE partner_id IN (SELECT id FROM crm_lifecycle_contact)
           AND company_id = ANY(%(companies)s)
        """,
    ),
    (
        "sale_order_line",
        ["order_id"],
        """
        SELECT * FROM sale_order_line
         WHERE order_id IN (SELECT id FROM sale_order)
        """,
    ),
    (
        "stock_picking",
        ["sale_id"],
        """
        SELECT * FROM stock_picking
         WHERE sale_id IN (SELECT id FROM sale_order)
        """,
    ),
    (  # the lines of their invoices
        "crm_lifecycle_item",
        ["id"],
        """
        SELECT line.id, move.reversed_entry_id
          FROM account_move move
          JOIN account_move_line line ON line.move_id = move.id
         WHERE move.commercial_partner_id = ANY(%(partners)s)
           AND move.company_id = ANY(%(companies)s)
           AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
        """,
    ),
    (  # their orders may be invoiced to others, and others' orders to them
        "sale_order_line_invoice_rel",
        ["order_line_id", "invoice_line_id"],
        """
        SELECT * FROM sale_order_line_invoice_rel
         WHERE order_line_id IN (SELECT id FROM sale_order_line)
         UNION
        SELECT * FROM sale_order_line_invoice_rel
         WHERE invoice_line_id IN (SELECT id FROM crm_lifecycle_item)
        """,
    ),
    (
        "account_partial_reconcile",
        ["debit_move_id", "credit_move_id"],
        """
        SELECT * FROM account_partial_reconcile
         WHERE debit_move_id IN (SELECT id FROM crm_lifecycle_item)
     UNION ALL
        SELECT * FROM account_partial_reconcile
         WHERE credit_move_id IN (SELECT id FROM crm_lifecycle_item)
           AND debit_move_id NOT IN (SELECT id FROM crm_lifecycle_item)
        """,
    ),
    (
        "account_move_line",
        ["move_id"],
        """
        SELECT * FROM account_move_line
         WHERE id IN (
             SELECT id FROM crm_lifecycle_item
              UNION
             SELECT invoice_line_id FROM sale_order_line_invoice_rel
              UNION
             SELECT debit_move_id FROM account_partial_reconcile
              UNION
             SELECT credit_move_id FROM account_partial_reconcile
         )
        """,
    ),
    (
        "account_move",
        ["commercial_partner_id"],
        """
        SELECT * FROM account_move
         WHERE id IN (
             SELECT move_id FROM account_move_line
              UNION
             SELECT reversed_entry_id FROM crm_lifecycle_item
         )
        """,
    ),
    (
        "account_move__account_payment",
        ["invoice_id"],
        """
        SELECT * FROM account_move__account_payment
         WHERE invoice_id IN (SELECT id FROM account_move)
        """,
    ),
    (
        "account_payment",
        [],
        """
        SELECT * FROM account_payment
         WHERE id IN (SELECT payment_id FROM account_move__account_payment)
        """,
    ),
    (
        "crm_lead",
        ["partner_id"],
        """
        SELECT * FROM crm_lead
         WHERE partner_id IN (SELECT id FROM crm_lifecycle_contact)
        """,
    ),
    (
        "calendar_event_res_partner_rel",
        ["res_partner_id"],
        """
        SELECT * FROM calendar_event_res_partner_rel
         WHERE res_partner_id IN (SELECT id FROM crm_lifecycle_contact)
        """,
    ),
    (
        "calendar_event",
        ["opportunity_id"],
        """
        SELECT * FROM calendar_event
         WHERE id IN (SELECT calendar_event_id FROM calendar_event_res_partner_rel)
            OR opportunity_id IN (SELECT id FROM crm_lead)
        """,
    ),
    (
        "mail_activity",
        ["res_id"],
        """
        SELECT * FROM mail_activity
         WHERE res_model = 'res.partner'
           AND res_id IN (SELECT id FROM crm_lifecycle_contact)
        """,
    ),
]
POINT_OF_SALE_COPIES = [
    (  # with what they refund, whoever bought it
        "pos_order_line",
        ["order_id"],
        """
        SELECT line.*
          FROM pos_order
          JOIN pos_order_line line ON line.order_id = pos_order.id
         WHERE pos_order.partner_id IN (SELECT id FROM crm_lifecycle_contact)
         UNION ALL
        SELECT * FROM pos_order_line
         WHERE id IN (
             SELECT line.refunded_orderline_id
               FROM pos_order
               JOIN pos_order_line line ON line.order_id = pos_order.id
               JOIN pos_order_line refunded ON refunded.id = line.refunded_orderline_id
               JOIN pos_order origin ON origin.id = refunded.order_id
              WHERE pos_order.partner_id IN (SELECT id FROM crm_lifecycle_contact)
                AND (origin.partner_id IS NULL
                     OR origin.partner_id
                        NOT IN (SELECT id FROM crm_lifecycle_contact))
         )
        """,
    ),
    (
        "pos_order",
        ["partner_id"],
        """
        SELECT * FROM pos_order
         WHERE id IN (SELECT order_id FROM pos_order_line)
        """,
    ),
]


class CrmLifecycleSourcesCopy(models.AbstractModel):
    """RECORDS to FACTS of many dates: the documents of some customers, copied once.

    PostgreSQL looks for a table among the temporary ones first. Copies under the names
    of Odoo's tables therefore serve ``_sql_facts`` as it is, for as many dates as
    wanted, without going through the indexes of the whole database each time.

    A copy must hold every row that ``_sql_facts`` reads for these customers, and may
    hold more. Tables without a copy are read where they are: slower, and as right.
    """

    _inherit = "crm.lifecycle.facts"

    @contextmanager
    def _copied_documents(self, company, partner_ids):
        """Inside, only ``_sql_facts`` and what it needs may run for these customers:
        the ORM, too, would read the copies.

        :param company: record of res.company
        :param partner_ids: ids of commercial partners
        """
        self.env.flush_all()
        copies = COPIES + ("pos.order" in self.env and POINT_OF_SALE_COPIES or [])
        for table, columns, select in copies:
            is_model = column_exists(self.env.cr, table, "id")
            self.env.cr.execute(
                SQL(
                    "CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s",
                    SQL.identifier(table),
                    SQL(
                        select,
                        partners=list(partner_ids),
                        companies=company._lifecycle_branch_ids(),
                    ),
                )
            )
            copy = SQL.identifier("pg_temp", table)
            if is_model:  # queries group by the key and select what depends on it
                self.env.cr.execute(SQL("ALTER TABLE %s ADD PRIMARY KEY (id)", copy))
            for column in map(SQL.identifier, columns):
                self.env.cr.execute(SQL("CREATE INDEX ON %s (%s)", copy, column))
            self.env.cr.execute(SQL("ANALYZE %s", copy))
        yield
        tables = [
            SQL.identifier("pg_temp", table) for table, _columns, _select in copies
        ]
        self.env.cr.execute(SQL("DROP TABLE %s", SQL(", ").join(tables)))
