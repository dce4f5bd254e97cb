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

    def _sql_match(self, parameters):
        """What was reconciled with a receivable line, and with which other line."""
        return SQL(
            """
            SELECT part.*
              FROM %(debits)s
        CROSS JOIN LATERAL (
                  SELECT debit_move_id AS id, credit_move_id AS other_id, max_date,
                         amount
                    FROM account_partial_reconcile
                   WHERE debit_move_id = ANY(parcel.ids) AND max_date <= %(today)s
                  OFFSET 0
              ) AS part
         UNION ALL
            SELECT part.*
              FROM %(credits)s
        CROSS JOIN LATERAL (
                  SELECT credit_move_id, debit_move_id, max_date, amount
                    FROM account_partial_reconcile
                   WHERE credit_move_id = ANY(parcel.ids) AND max_date <= %(today)s
                  OFFSET 0
              ) AS part
            """,
            **parameters,
            debits=self._sql_parcels(
                parameters,
                "item",
                "NOT is_product AND is_debit",
            ),
            credits=self._sql_parcels(
                parameters,
                "item",
                "NOT is_product AND is_credit",
            ),
        )

    def _sql_instalment(self, parameters):
        """Receivable lines of customer invoices and credit notes: when they are due,
        what was reconciled with them, and what that leaves ``open``. Of that, a credit
        note or an exchange difference is no payment. Odoo allows invoices and credit
        notes in journals of sales and purchases only: in others all are entries."""
        return SQL(
            """
            SELECT item.id, item.move_id, item.partner_id, item.due, item.invoice_date,
                   NOT item.is_refund AS is_invoice, item.balance,
                   abs(item.balance) - COALESCE(settled.amount, 0) AS open,
                   COALESCE(settled.paid, 0) AS paid,
                   COALESCE(
                       settled.paid_days
                       - settled.paid * (item.due - DATE '1970-01-01'), 0
                   ) AS paid_delay
              FROM item
         LEFT JOIN (
                  SELECT id, SUM(amount) AS amount,
                         SUM(amount) FILTER (WHERE is_payment) AS paid,
                         SUM(amount * (max_date - DATE '1970-01-01'))
                             FILTER (WHERE is_payment) AS paid_days
                    FROM (
                        SELECT match.*, other.is_payment
                          FROM %(parcels)s
                    CROSS JOIN LATERAL (
                              SELECT line.id,
                                     line.journal_id IS DISTINCT FROM
                                         company.currency_exchange_journal_id
                                     AND (journal.type NOT IN ('sale', 'purchase')
                                          OR (SELECT move_type = 'entry'
                                                FROM account_move
                                               WHERE id = line.move_id))
                                         AS is_payment
                                FROM account_move_line line
                                JOIN res_company company
                                  ON company.id = line.company_id
                                JOIN account_journal journal
                                  ON journal.id = line.journal_id
                               WHERE line.id = ANY(parcel.ids)
                              OFFSET 0
                          ) AS other
                          JOIN match ON match.other_id = other.id
                      ORDER BY match.id
                    ) AS matched
                GROUP BY id
              ) AS settled ON settled.id = item.id
             WHERE NOT item.is_product
            """,
            parcels=self._sql_parcels(parameters, "match", column="other_id"),
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
