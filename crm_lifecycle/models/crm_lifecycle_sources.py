from odoo import api, models
from odoo.tools import SQL

# Contacts that stand for nobody in particular: the public user's, and those that
# localisations use for anonymous sales.
NOBODY = (
    ("base", "public_partner"),
    ("l10n_ar", "par_cfa"),
    ("l10n_cl", "par_cfa"),
    ("l10n_ec", "ec_final_consumer"),
    ("l10n_pe_pos", "partner_pe_cf"),
    ("l10n_uy", "partner_cfu"),
)


class CrmLifecycleSources(models.AbstractModel):
    """RECORDS to FACTS: the only file that knows where the facts come from.

    Each ``_sql_*`` method returns one common table expression, from the same named
    parameters. What they share:

    - ``contact``: contacts of the customers asked for, with their customer as
      ``partner_id``. Orders, deliveries and leads follow today's commercial partner of
      their contact; invoices and payments follow the commercial partner that the
      invoice was made for, which keeps the old one when a contact moves.
    - A document counts when it is dated before ``as_of``, an excluding bound in UTC;
      dates without a time count up to ``today``, the last day before that bound in the
      time zone of the company.
    - Amounts are without taxes and in the currency of the company.
    """

    _inherit = "crm.lifecycle.facts"

    @api.model
    def _sql_facts(self, company, partner_ids, as_of):
        """Facts of some customers of one company, in one statement.

        Only those who have a profile come out: commercial partners with a lead, a
        quotation, an order, a customer invoice or a point of sale order in the company,
        or marked as prospects; and neither excluded, nor the partner of one of our
        companies, nor the public user or an internal user.

        :param company: the company; its branches are counted in
        :param partner_ids: list of ids of commercial partners
        :param as_of: naive datetime in UTC, excluding
        :return: SQL of a query, one row per customer: ``partner_id``, ``active`` and
            the stored fields of ``crm.lifecycle.facts``
        """
        branches = self.env["res.company"].sudo().search([("id", "child_of", company.id)])
        parameters = {
            "partners": list(partner_ids),
            "company": company.id,
            "companies": branches.ids,
            "main_company": self.env["res.company"]._get_main_company().id,
            "as_of": as_of,
            "today": company._lifecycle_today(as_of),
            "tz": company.lifecycle_tz,
            "decimals": company.currency_id.decimal_places,
            "non_products": company._lifecycle_non_product_ids(),
            "nobody": NOBODY,
        }
        sources = {
            name: getattr(self, f"_sql_{name}")(parameters)
            for name in self._get_sources()
        }
        return SQL(
            "WITH %s %s",
            SQL(", ").join(
                SQL("%s AS MATERIALIZED (%s)", SQL.identifier(name), source)
                for name, source in sources.items()
            ),
            self._sql_select(parameters),
        )

    @api.model
    def _get_sources(self):
        """:return: names of the sources, each after those that it reads."""
        return [
            "contact",
            "placed",
            "line",
            "purchase",
            "rhythm",
            "breadth",
            "invoiced",
            "instalment",
            "settled",
            "receivable",
            "delivered",
            "quoted",
            "lead",
        ]

    def _sql_contact(self, parameters):
        return SQL(
            """
            SELECT id, commercial_partner_id AS partner_id
              FROM res_partner
             WHERE commercial_partner_id = ANY(%(partners)s)
            """,
            **parameters,
        )

    def _sql_placed(self, parameters):
        """Quotations and orders, with their day and rate to the company's currency."""
        return SQL(
            """
            SELECT sale_order.id, contact.partner_id, sale_order.state,
                   (sale_order.date_order AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                       AS day,
                   COALESCE(NULLIF(sale_order.currency_rate, 0), 1) AS rate
              FROM sale_order
              JOIN contact ON contact.id = sale_order.partner_id
             WHERE sale_order.company_id = ANY(%(companies)s)
               AND sale_order.state IN ('draft', 'sent', 'sale')
               AND sale_order.date_order < %(as_of)s
            """,
            **parameters,
        )

    def _sql_line(self, parameters):
        """What was bought on which day: lines of orders, of invoices without an order
        and of the point of sale, and what was credited of them, on the day of the
        purchase."""
        lines = [
            self._sql_line_ordered(parameters),
            self._sql_line_credited(parameters),
            self._sql_line_invoiced(parameters),
        ]
        if "pos.order" in self.env:
            lines.append(self._sql_line_point_of_sale(parameters))
        return SQL(" UNION ALL ").join(lines)

    def _sql_line_ordered(self, parameters):
        return SQL(
            """
            SELECT placed.partner_id, placed.day, line.product_id,
                   line.price_subtotal / placed.rate AS amount
              FROM placed
              JOIN sale_order_line line ON line.order_id = placed.id
             WHERE placed.state = 'sale'
               AND line.display_type IS NULL
               AND line.is_downpayment IS NOT TRUE
            """,
            **parameters,
        )

    def _sql_line_credited(self, parameters):
        """Invoice lines that go against their order line: credit notes and negative
        lines of a later invoice."""
        return SQL(
            """
            SELECT placed.partner_id, placed.day, credit.product_id,
                   -credit.balance AS amount
              FROM placed
              JOIN sale_order_line line ON line.order_id = placed.id
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
              JOIN account_move_line credit ON credit.id = rel.invoice_line_id
              JOIN account_move move ON move.id = credit.move_id
             WHERE placed.state = 'sale'
               AND line.is_downpayment IS NOT TRUE
               AND credit.display_type = 'product'
               AND credit.balance * line.price_subtotal > 0
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.state = 'posted'
               AND move.invoice_date <= %(today)s
            """,
            **parameters,
        )

    def _sql_line_invoiced(self, parameters):
        """Invoice lines without an order line; a credit note counts against the invoice
        that it reverses, and not at all when it reverses none."""
        return SQL(
            """
            SELECT move.commercial_partner_id AS partner_id,
                   COALESCE(reversed.invoice_date, move.invoice_date) AS day,
                   line.product_id,
                   -line.balance AS amount
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
         LEFT JOIN account_move reversed ON reversed.id = move.reversed_entry_id
             WHERE move.commercial_partner_id = ANY(%(partners)s)
               AND move.company_id = ANY(%(companies)s)
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND (move.move_type != 'out_refund' OR reversed.id IS NOT NULL)
               AND move.state = 'posted'
               AND move.invoice_date <= %(today)s
               AND line.display_type = 'product'
               AND NOT EXISTS (
                   SELECT FROM sale_order_line_invoice_rel rel
                    WHERE rel.invoice_line_id = line.id
               )
            """,
            **parameters,
        )

    def _sql_line_point_of_sale(self, parameters):
        """Lines of point of sale orders, once only: not when the order was invoiced
        and not when the line settles a sale order."""
        pos_line = self.env["pos.order.line"]
        settles = (
            SQL("line.sale_order_line_id IS NULL")
            if "sale_order_line_id" in pos_line._fields
            else SQL("TRUE")
        )
        return SQL(
            """
            SELECT contact.partner_id,
                   (COALESCE(origin.date_order, pos_order.date_order)
                       AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
                   line.product_id,
                   line.price_subtotal
                       / COALESCE(NULLIF(pos_order.currency_rate, 0), 1)::numeric
                       AS amount
              FROM pos_order
              JOIN contact ON contact.id = pos_order.partner_id
              JOIN pos_order_line line ON line.order_id = pos_order.id
         LEFT JOIN pos_order_line refunded ON refunded.id = line.refunded_orderline_id
         LEFT JOIN pos_order origin ON origin.id = refunded.order_id
             WHERE pos_order.company_id = ANY(%(companies)s)
               AND pos_order.state IN ('paid', 'done')
               AND pos_order.date_order < %(as_of)s
               AND pos_order.account_move IS NULL
               AND %(settles)s
            """,
            **parameters,
            settles=settles,
        )

    def _sql_purchase(self, parameters):
        """Purchases: days with a positive net, numbered from the last one, with the
        pause before each."""
        return SQL(
            """
            SELECT partner_id, day, amount,
                   day - lag(day) OVER (PARTITION BY partner_id ORDER BY day) AS gap,
                   row_number() OVER (PARTITION BY partner_id ORDER BY day DESC)
                       AS from_last
              FROM (
                  SELECT partner_id, day, SUM(amount) AS amount
                    FROM line
                   WHERE day <= %(today)s
                GROUP BY partner_id, day
                  HAVING SUM(amount) > 0
              ) AS event
            """,
            **parameters,
        )

    def _sql_rhythm(self, parameters):
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) AS order_count,
                   COUNT(*) FILTER (WHERE day > %(today)s::date - 365)
                       AS order_count_12m,
                   MIN(day) AS first_order_date,
                   MAX(day) AS last_order_date,
                   SUM(amount) AS order_value,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS median_gap,
                   MAX(gap) FILTER (WHERE from_last = 1) AS last_gap
              FROM purchase
          GROUP BY partner_id
            """,
            **parameters,
        )

    def _sql_breadth(self, parameters):
        """Different products (variants counted together) and categories, without
        deliveries, discounts and the like, and without what was credited."""
        return SQL(
            """
            SELECT bought.partner_id,
                   COUNT(*) AS product_count,
                   COUNT(DISTINCT template.categ_id) AS category_count
              FROM (
                  SELECT line.partner_id, product.product_tmpl_id
                    FROM line
                    JOIN product_product product ON product.id = line.product_id
                   WHERE line.product_id != ALL(%(non_products)s)
                GROUP BY line.partner_id, product.product_tmpl_id
                  HAVING SUM(line.amount) > 0
              ) AS bought
              JOIN product_template template ON template.id = bought.product_tmpl_id
          GROUP BY bought.partner_id
            """,
            **parameters,
        )

    def _sql_invoiced(self, parameters):
        """Net invoiced: minus the balance of the product lines of posted customer
        invoices, credit notes and receipts, as in Odoo's invoice analysis."""
        return SQL(
            """
            SELECT move.commercial_partner_id AS partner_id,
                   -SUM(line.balance) AS net_invoiced,
                   -SUM(line.balance)
                       FILTER (WHERE move.invoice_date > %(today)s::date - 365)
                       AS net_invoiced_12m,
                   MAX(move.invoice_date) FILTER (WHERE move.move_type != 'out_refund')
                       AS last_invoice_date,
                   SUM(line.balance) FILTER (WHERE move.move_type = 'out_refund')
                       AS credited,
                   -SUM(line.balance) FILTER (WHERE move.move_type != 'out_refund')
                       AS invoiced
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
             WHERE move.commercial_partner_id = ANY(%(partners)s)
               AND move.company_id = ANY(%(companies)s)
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.state = 'posted'
               AND move.invoice_date <= %(today)s
               AND line.display_type = 'product'
          GROUP BY move.commercial_partner_id
            """,
            **parameters,
        )

    def _sql_instalment(self, parameters):
        """Receivable lines of customer invoices and credit notes, with their due date."""
        return SQL(
            """
            SELECT line.id, move.commercial_partner_id AS partner_id, line.balance,
                   COALESCE(line.date_maturity, line.date) AS due,
                   move.move_type != 'out_refund' AS is_invoice
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
             WHERE move.commercial_partner_id = ANY(%(partners)s)
               AND move.company_id = ANY(%(companies)s)
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.state = 'posted'
               AND move.invoice_date <= %(today)s
               AND line.display_type = 'payment_term'
            """,
            **parameters,
        )

    def _sql_settled(self, parameters):
        """What was settled of each instalment, and whether by a payment: a credit note
        or an exchange difference is none."""
        return SQL(
            """
            SELECT match.id,
                   SUM(match.amount) AS amount,
                   SUM(abs(match.amount)) FILTER (WHERE match.is_payment) AS paid,
                   SUM(abs(match.amount) * match.delay) FILTER (WHERE match.is_payment)
                       AS paid_delay
              FROM (
                  SELECT side.id, side.amount, side.delay,
                         other_move.move_type = 'entry'
                         AND other_move.journal_id
                             IS DISTINCT FROM company.currency_exchange_journal_id
                             AS is_payment
                    FROM (
                        SELECT instalment.id, partial.amount,
                               partial.max_date - instalment.due AS delay,
                               partial.credit_move_id AS other_id
                          FROM instalment
                          JOIN account_partial_reconcile partial
                            ON partial.debit_move_id = instalment.id
                         WHERE partial.max_date <= %(today)s
                     UNION ALL
                        SELECT instalment.id, -partial.amount,
                               partial.max_date - instalment.due,
                               partial.debit_move_id
                          FROM instalment
                          JOIN account_partial_reconcile partial
                            ON partial.credit_move_id = instalment.id
                         WHERE partial.max_date <= %(today)s
                    ) AS side
                    JOIN account_move_line other ON other.id = side.other_id
                    JOIN account_move other_move ON other_move.id = other.move_id
                    JOIN res_company company ON company.id = other_move.company_id
              ) AS match
          GROUP BY match.id
            """,
            **parameters,
        )

    def _sql_receivable(self, parameters):
        return SQL(
            """
            SELECT instalment.partner_id,
                   COUNT(*) FILTER (WHERE is_invoice AND settled.paid > 0)
                       AS invoice_paid_count,
                   SUM(settled.paid_delay) FILTER (WHERE is_invoice)
                       / NULLIF(SUM(settled.paid) FILTER (WHERE is_invoice), 0)
                       AS payment_delay,
                   SUM(instalment.balance - COALESCE(settled.amount, 0)) AS amount_due,
                   SUM(instalment.balance - COALESCE(settled.amount, 0))
                       FILTER (WHERE is_invoice AND due < %(today)s) AS amount_overdue
              FROM instalment
         LEFT JOIN settled ON settled.id = instalment.id
          GROUP BY instalment.partner_id
            """,
            **parameters,
        )

    def _sql_delivered(self, parameters):
        """Transfers of orders to the customer, and back. The promise is the deadline;
        a delivery is late from the day after it."""
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) FILTER (WHERE outgoing AND done_day IS NOT NULL)
                       AS delivery_count,
                   COUNT(*) FILTER (WHERE outgoing AND done_day > promised_day)
                       AS delivery_late_count,
                   COUNT(*) FILTER (
                       WHERE outgoing AND done_day IS NULL AND promised_day < %(today)s
                   ) AS delivery_overdue_count,
                   COUNT(*) FILTER (WHERE incoming AND done_day IS NOT NULL)
                       AS return_count
              FROM (
                  SELECT placed.partner_id,
                         destination.usage = 'customer' AS outgoing,
                         source.usage = 'customer' AS incoming,
                         CASE WHEN picking.state = 'done'
                               AND picking.date_done < %(as_of)s
                              THEN (picking.date_done
                                  AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                         END AS done_day,
                         (picking.date_deadline
                             AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                             AS promised_day
                    FROM placed
                    JOIN stock_picking picking ON picking.sale_id = placed.id
                    JOIN stock_location source ON source.id = picking.location_id
                    JOIN stock_location destination
                      ON destination.id = picking.location_dest_id
                   WHERE placed.state = 'sale'
                     AND picking.state NOT IN ('draft', 'cancel')
              ) AS transfer
          GROUP BY partner_id
            """,
            **parameters,
        )

    def _sql_quoted(self, parameters):
        return SQL(
            """
            SELECT partner_id,
                   COUNT(*) FILTER (WHERE state != 'sale') AS quotation_count,
                   MAX(day) FILTER (WHERE state != 'sale') AS last_quotation_date
              FROM placed
          GROUP BY partner_id
            """,
            **parameters,
        )

    def _sql_lead(self, parameters):
        """Leads and opportunities. One without a company belongs to the company of
        its salesperson, else of its contact, else to the main company."""
        return SQL(
            """
            SELECT contact.partner_id,
                   COUNT(*) AS lead_count,
                   COUNT(*) FILTER (WHERE lead.active AND lead.won_status = 'pending')
                       AS lead_open_count,
                   COUNT(*) FILTER (WHERE lead.won_status = 'won') AS lead_won_count,
                   COUNT(*) FILTER (WHERE lead.won_status = 'lost') AS lead_lost_count,
                   MAX((lead.create_date
                       AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date) AS last_lead_date
              FROM crm_lead lead
              JOIN contact ON contact.id = lead.partner_id
              JOIN res_partner partner ON partner.id = contact.id
         LEFT JOIN res_users salesperson ON salesperson.id = lead.user_id
             WHERE lead.create_date < %(as_of)s
               AND COALESCE(
                       lead.company_id, salesperson.company_id, partner.company_id,
                       %(main_company)s
                   ) = ANY(%(companies)s)
          GROUP BY contact.partner_id
            """,
            **parameters,
        )

    def _sql_select(self, parameters):
        """Facts as they are shown: amounts in the precision of the currency, days to
        one decimal, shares to four."""
        return SQL(
            """
            SELECT partner.id AS partner_id,
                   partner.active,
                   COALESCE(rhythm.order_count, 0) AS order_count,
                   COALESCE(rhythm.order_count_12m, 0) AS order_count_12m,
                   rhythm.first_order_date,
                   rhythm.last_order_date,
                   round(COALESCE(rhythm.order_value, 0), %(decimals)s) AS order_value,
                   round(rhythm.median_gap::numeric, 1) AS median_gap,
                   rhythm.last_gap,
                   COALESCE(breadth.product_count, 0) AS product_count,
                   COALESCE(breadth.category_count, 0) AS category_count,
                   round(COALESCE(invoiced.net_invoiced, 0), %(decimals)s)
                       AS net_invoiced,
                   round(COALESCE(invoiced.net_invoiced_12m, 0), %(decimals)s)
                       AS net_invoiced_12m,
                   invoiced.last_invoice_date,
                   round(
                       COALESCE(invoiced.credited, 0) / NULLIF(invoiced.invoiced, 0), 4
                   )::float8 AS refund_ratio,
                   COALESCE(receivable.invoice_paid_count, 0) AS invoice_paid_count,
                   round(receivable.payment_delay, 1) AS payment_delay,
                   round(COALESCE(receivable.amount_due, 0), %(decimals)s)
                       AS amount_due,
                   round(COALESCE(receivable.amount_overdue, 0), %(decimals)s)
                       AS amount_overdue,
                   COALESCE(delivered.delivery_count, 0) AS delivery_count,
                   COALESCE(delivered.delivery_late_count, 0) AS delivery_late_count,
                   COALESCE(delivered.delivery_overdue_count, 0)
                       AS delivery_overdue_count,
                   COALESCE(delivered.return_count, 0) AS return_count,
                   COALESCE(lead.lead_count, 0) AS lead_count,
                   COALESCE(lead.lead_open_count, 0) AS lead_open_count,
                   COALESCE(lead.lead_won_count, 0) AS lead_won_count,
                   COALESCE(lead.lead_lost_count, 0) AS lead_lost_count,
                   lead.last_lead_date,
                   COALESCE(quoted.quotation_count, 0) AS quotation_count,
                   quoted.last_quotation_date
              FROM res_partner partner
         LEFT JOIN rhythm ON rhythm.partner_id = partner.id
         LEFT JOIN breadth ON breadth.partner_id = partner.id
         LEFT JOIN invoiced ON invoiced.partner_id = partner.id
         LEFT JOIN receivable ON receivable.partner_id = partner.id
         LEFT JOIN delivered ON delivered.partner_id = partner.id
         LEFT JOIN quoted ON quoted.partner_id = partner.id
         LEFT JOIN lead ON lead.partner_id = partner.id
             WHERE partner.id = ANY(%(partners)s)
               AND partner.commercial_partner_id = partner.id
               AND partner.lifecycle_excluded IS NOT TRUE
               AND NOT EXISTS (
                   SELECT FROM ir_model_data
                    WHERE ir_model_data.res_id = partner.id
                      AND ir_model_data.model = 'res.partner'
                      AND (ir_model_data.module, ir_model_data.name) IN %(nobody)s
               )
               AND (COALESCE(
                       rhythm.partner_id, invoiced.partner_id, quoted.partner_id,
                       lead.partner_id
                   ) IS NOT NULL
                   OR partner.lifecycle_prospect
                      AND (partner.company_id IS NULL
                           OR partner.company_id = ANY(%(companies)s)))
               AND NOT EXISTS (
                   SELECT FROM res_company WHERE res_company.partner_id = partner.id
               )
               AND NOT EXISTS (
                   SELECT FROM res_users
                    WHERE res_users.partner_id = partner.id
                      AND res_users.share IS NOT TRUE
               )
            """,
            **parameters,
        )
