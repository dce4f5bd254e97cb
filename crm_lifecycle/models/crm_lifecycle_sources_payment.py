from odoo import models
from odoo.tools import SQL


class CrmLifecycleSourcesPayment(models.AbstractModel):
    """RECORDS to FACTS: when invoices were paid, and what is open.

    See ``crm_lifecycle_sources.py`` for what the methods share. Odoo has two ways to
    know that an invoice is paid: its receivable lines are reconciled with something; or
    a payment is linked to it that has no journal entry, as with an accounting app that
    reconciles invoices with bank statements. The second counts for what the first
    leaves open: once the bank statement is reconciled, only that counts.
    """

    _inherit = "crm.lifecycle.facts"

    def _sql_instalment(self, parameters):
        """Receivable lines of customer invoices and credit notes: when they are due,
        what was reconciled with them, and what that leaves ``open``. Of that, a credit
        note or an exchange difference is no payment.

        Odoo reconciles a line as a debit when one of its amounts is above zero, as a
        credit when one is below: nearly always only one is looked up.
        """
        return SQL(
            """
            SELECT item.id, item.move_id, item.partner_id, item.balance, item.due,
                   item.invoice_date, item.move_type != 'out_refund' AS is_invoice,
                   abs(item.balance) - COALESCE(settled.amount, 0) AS open,
                   COALESCE(settled.paid, 0) AS paid,
                   COALESCE(settled.paid_delay, 0) AS paid_delay
              FROM item
        CROSS JOIN LATERAL (
                  SELECT SUM(amount) AS amount,
                         SUM(amount) FILTER (WHERE is_payment) AS paid,
                         SUM(amount * (max_date - item.due))
                             FILTER (WHERE is_payment) AS paid_delay
                    FROM (
                        SELECT side.amount, side.max_date,
                               move.move_type = 'entry'
                               AND move.journal_id
                                   IS DISTINCT FROM company.currency_exchange_journal_id
                                   AS is_payment
                          FROM (
                              SELECT amount, max_date, credit_move_id AS line_id
                                FROM account_partial_reconcile
                               WHERE debit_move_id = CASE
                                   WHEN item.balance > 0 OR item.amount_currency > 0
                                   THEN item.id
                               END
                           UNION ALL
                              SELECT amount, max_date, debit_move_id
                                FROM account_partial_reconcile
                               WHERE credit_move_id = CASE
                                   WHEN item.balance < 0 OR item.amount_currency < 0
                                   THEN item.id
                               END
                          ) AS side
                          JOIN account_move_line line ON line.id = side.line_id
                          JOIN account_move move ON move.id = line.move_id
                          JOIN res_company company ON company.id = move.company_id
                         WHERE side.max_date <= %(today)s
                    ) AS match
              ) AS settled
             WHERE NOT item.is_product
            """,
            **parameters,
        )

    def _sql_unposted(self, parameters):
        """What payments without a journal entry paid of each instalment. One for
        several invoices is divided among them by what is open; those of an invoice
        pay its instalments in the order of their due dates."""
        return SQL(
            """
            WITH shared AS (
                SELECT instalment.move_id, payment.id, payment.date,
                       abs(payment.amount_company_currency_signed)
                           * SUM(instalment.open)
                           / SUM(SUM(instalment.open)) OVER (PARTITION BY payment.id)
                           AS amount
                  FROM instalment
                  JOIN account_move__account_payment link
                    ON link.invoice_id = instalment.move_id
                  JOIN account_payment payment ON payment.id = link.payment_id
                 WHERE payment.move_id IS NULL
                   AND payment.state IN ('in_process', 'paid')
                   AND payment.date <= %(today)s
              GROUP BY instalment.move_id, payment.id
                HAVING SUM(instalment.open) > 0
            ),
            share AS (
                SELECT shared.*,
                       SUM(amount) OVER (PARTITION BY move_id ORDER BY date, id)
                           AS amount_until
                  FROM shared
            ),
            rest AS (
                SELECT id, move_id, due, open,
                       SUM(open) OVER (PARTITION BY move_id ORDER BY due, id)
                           AS open_until
                  FROM instalment
                 WHERE move_id IN (SELECT move_id FROM shared)
            ),
            part AS (
                SELECT rest.id, share.date - rest.due AS delay,
                       LEAST(rest.open_until, share.amount_until)
                       - GREATEST(
                           rest.open_until - rest.open,
                           share.amount_until - share.amount
                       ) AS amount
                  FROM rest
                  JOIN share ON share.move_id = rest.move_id
            )
            SELECT id, SUM(amount) AS paid, SUM(amount * delay) AS paid_delay
              FROM part
             WHERE amount > 0
          GROUP BY id
            """,
            **parameters,
        )

    def _sql_receivable(self, parameters):
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) FILTER (WHERE is_invoice AND paid > 0)
                       AS invoice_paid_count,
                   SUM(paid_delay) FILTER (WHERE is_invoice)
                       / NULLIF(SUM(paid) FILTER (WHERE is_invoice), 0)
                       AS payment_delay,
                   COUNT(*) FILTER (WHERE NOT is_invoice AND years_ago = 0)
                       AS service_count_12m,
                   COUNT(*) FILTER (WHERE NOT is_invoice AND years_ago = 1)
                       AS service_count_before,
                   SUM(open * sign(balance)) AS amount_due,
                   SUM(open) FILTER (WHERE is_invoice AND due < %(today)s)
                       AS amount_overdue
              FROM (
                  SELECT instalment.partner_id, instalment.is_invoice,
                         instalment.due, instalment.balance,
                         (%(today)s::date - instalment.invoice_date) / 365
                             AS years_ago,
                         instalment.open - COALESCE(unposted.paid, 0) AS open,
                         instalment.paid + COALESCE(unposted.paid, 0) AS paid,
                         instalment.paid_delay + COALESCE(unposted.paid_delay, 0)
                             AS paid_delay
                    FROM instalment
               LEFT JOIN unposted ON unposted.id = instalment.id
              ) AS state
          GROUP BY partner_id
            """,
            **parameters,
        )
