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
        """Receivable lines of customer invoices and credit notes, when they are due."""
        return SQL(
            """
            SELECT id, move_id, partner_id, balance, amount_currency, due, invoice_date,
                   move_type != 'out_refund' AS is_invoice
              FROM item
             WHERE NOT is_product
            """
        )

    def _sql_reconciled(self, parameters):
        """What was reconciled with each instalment, and whether it was a payment: a
        credit note or an exchange difference is none.

        Odoo reconciles a line as a debit when one of its amounts is above zero, as a
        credit when one is below: nearly always only one is looked up."""
        return SQL(
            """
            SELECT match.id,
                   SUM(match.amount) AS amount,
                   SUM(match.amount) FILTER (WHERE match.is_payment) AS paid,
                   SUM(match.amount * match.delay) FILTER (WHERE match.is_payment)
                       AS paid_delay
              FROM (
                  SELECT instalment.id, side.amount,
                         side.max_date - instalment.due AS delay,
                         other_move.move_type = 'entry'
                         AND other_move.journal_id
                             IS DISTINCT FROM company.currency_exchange_journal_id
                             AS is_payment
                    FROM instalment
              CROSS JOIN LATERAL (
                        SELECT amount, max_date, credit_move_id AS other_id
                          FROM account_partial_reconcile
                         WHERE debit_move_id = CASE
                             WHEN instalment.balance > 0
                               OR instalment.amount_currency > 0
                             THEN instalment.id
                         END
                     UNION ALL
                        SELECT amount, max_date, debit_move_id
                          FROM account_partial_reconcile
                         WHERE credit_move_id = CASE
                             WHEN instalment.balance < 0
                               OR instalment.amount_currency < 0
                             THEN instalment.id
                         END
                    ) AS side
                    JOIN account_move_line other ON other.id = side.other_id
                    JOIN account_move other_move ON other_move.id = other.move_id
                    JOIN res_company company ON company.id = other_move.company_id
                   WHERE side.max_date <= %(today)s
              ) AS match
          GROUP BY match.id
            """,
            **parameters,
        )

    def _sql_unreconciled(self, parameters):
        """What reconciliation leaves open of each instalment."""
        return SQL(
            """
            SELECT instalment.*,
                   abs(instalment.balance) - COALESCE(reconciled.amount, 0) AS open
              FROM instalment
         LEFT JOIN reconciled ON reconciled.id = instalment.id
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
                SELECT invoice.move_id, payment.id, payment.date,
                       abs(payment.amount_company_currency_signed) * invoice.open
                           / SUM(invoice.open) OVER (PARTITION BY payment.id) AS amount
                  FROM (
                      SELECT move_id, SUM(open) AS open
                        FROM unreconciled
                    GROUP BY move_id
                      HAVING SUM(open) > 0
                  ) AS invoice
                  JOIN account_move__account_payment link
                    ON link.invoice_id = invoice.move_id
                  JOIN account_payment payment ON payment.id = link.payment_id
                 WHERE payment.move_id IS NULL
                   AND payment.state IN ('in_process', 'paid')
                   AND payment.date <= %(today)s
            ),
            share AS (
                SELECT shared.*,
                       SUM(amount) OVER (PARTITION BY move_id ORDER BY date, id)
                           AS amount_until
                  FROM shared
            ),
            rest AS (
                SELECT unreconciled.*,
                       SUM(open) OVER (PARTITION BY move_id ORDER BY due, id)
                           AS open_until
                  FROM unreconciled
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
                  SELECT unreconciled.partner_id, unreconciled.is_invoice,
                         unreconciled.due, unreconciled.balance,
                         (%(today)s::date - unreconciled.invoice_date) / 365
                             AS years_ago,
                         unreconciled.open - COALESCE(unposted.paid, 0) AS open,
                         COALESCE(reconciled.paid, 0) + COALESCE(unposted.paid, 0)
                             AS paid,
                         COALESCE(reconciled.paid_delay, 0)
                             + COALESCE(unposted.paid_delay, 0) AS paid_delay
                    FROM unreconciled
               LEFT JOIN reconciled ON reconciled.id = unreconciled.id
               LEFT JOIN unposted ON unposted.id = unreconciled.id
              ) AS state
          GROUP BY partner_id
            """,
            **parameters,
        )
