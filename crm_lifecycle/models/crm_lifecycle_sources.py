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
# What purchases are made of, each after those that it reads.
LINE_SOURCES = ["contact", "placed", "ordered", "invoice", "item", "billed"]
PURCHASE_SOURCES = [*LINE_SOURCES, "line", "purchase"]

# So many customers are few: PostgreSQL plans a statement for ten of them.
FEW = 20
# How many ids are looked up at once, see :meth:`_sql_parcels`.
PARCEL = 10_000

# What PostgreSQL is told for the rest of a transaction that reads documents of many
# customers. It takes the statements for huge and the index for slow, and would read
# whole tables, and compile and start other processes for longer than they take.
PLANNER = """
    set_config('random_page_cost', '1.1', TRUE),
    set_config('work_mem', '64MB', TRUE),
    set_config('max_parallel_workers_per_gather', '0', TRUE),
    set_config('jit', 'off', TRUE)
"""


class CrmLifecycleSources(models.AbstractModel):
    """RECORDS to FACTS: how the sources of the facts are put together. The sources are
    in the files beside this one: purchases, payments, prospects and other documents.

    Each ``_sql_*`` method returns one common table expression, from the same named
    parameters. What they share:

    - ``contact``: contacts of the customers asked for, with their customer as
      ``partner_id``. Orders, deliveries and leads follow today's commercial partner of
      their contact; invoices and payments follow the commercial partner that the
      invoice was made for, which keeps the old one when a contact moves.
    - ``placed``, ``ordered`` and ``item`` (orders, their lines, and the lines of
      invoices) are each read once, however many facts come from them.
    - Rows of a big table are looked up by ids in parcels, see :meth:`_sql_parcels`.
    - What one source filters another by is a column that is true or false: PostgreSQL
      then expects half of the rows, else one in 200, and looks them up one by one.
    - Columns of one length come first, amounts and texts last: PostgreSQL unpacks a row
      up to the last column that it is asked for.
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
        parameters = self._get_parameters(company, partner_ids, as_of)
        sources = [
            *PURCHASE_SOURCES,
            "rhythm",
            "breadth",
            "invoiced",
            "match",
            "instalment",
            "unposted",
            "receivable",
            "transfer",
            "delivered",
            "quoted",
            "lead",
            "meeting",
            "activity",
        ]
        return self._sql_with(sources, parameters, self._sql_select(parameters))

    @api.model
    def _tell_planner(self):
        """See ``PLANNER``."""
        self.env.cr.execute(SQL("SELECT %s", SQL(PLANNER)))

    @api.model
    def _sql_purchases(self, company, partner_ids, as_of):
        """The purchases that the facts are made of, parameters as of `_sql_facts`.

        :return: SQL of a query, one row per customer and day with a purchase:
            ``partner_id``, ``day`` and ``amount``
        """
        parameters = self._get_parameters(company, partner_ids, as_of)
        select = SQL(
            """
            SELECT partner_id, day, SUM(amount) AS amount
              FROM (%(lines)s) AS bought (
                       partner_id, day, product_id, product_uom_id, quantity, price,
                       discount, cost, rate, amount
                   )
             WHERE day <= %(today)s
          GROUP BY partner_id, day
            HAVING round(SUM(amount), %(decimals)s) > 0
          ORDER BY partner_id, day
            """,
            lines=self._sql_lines(parameters),
            **parameters,
        )
        return self._sql_with(LINE_SOURCES, parameters, select)

    def _get_parameters(self, company, partner_ids, as_of):
        return {
            "partners": list(partner_ids),
            "are_few": self._are_few(partner_ids),
            "company": company.id,
            "companies": company._lifecycle_branch_ids(),
            "as_of": as_of,
            "today": company._lifecycle_today(as_of),
            "tz": company.lifecycle_tz,
            "decimals": company._lifecycle_remembered()[2],
            "non_products": SQL("ARRAY(%s)", company._lifecycle_sql_non_products()),
            "nobody": NOBODY,
        }

    def _are_few(self, partner_ids):
        """Whether PostgreSQL expects about as few rows as there are."""
        return len(partner_ids) <= FEW

    def _sql_with(self, names, parameters, select):
        """:param names: sources, each after those that it reads
        :return: SQL of `select` with these sources"""
        sources = SQL(", ").join(
            SQL(
                "%s AS MATERIALIZED (%s)",
                SQL.identifier(name),
                getattr(self, f"_sql_{name}")(parameters),
            )
            for name in names
        )
        return SQL("WITH %s %s", sources, select)

    def _sql_parcels(self, parameters, source, condition="TRUE", column="id"):
        """The ids of a source in arrays ``ids``, for a lateral look-up of all ids of
        one: PostgreSQL reads these in the order of the index, in a third of the time
        that a look-up for each takes, and never reads the whole table.

        Of each array it expects 10 ids. Those of many customers are cut into pieces
        because it expects 1000 of these; else it would take what is found for a few
        rows, and compare all with all when it joins them.

        :param str column: other than ``id`` it may name an id several times, which has
            to stand in one parcel only: it would be found in each
        """
        parcel = SQL(
            "SELECT array_agg(%(column)s) AS ids FROM %(source)s WHERE %(condition)s",
            column=SQL(
                "%s%s",
                SQL("" if column == "id" else "DISTINCT "),
                SQL.identifier(column),
            ),
            source=SQL.identifier(source),
            condition=SQL(condition),
        )
        if not parameters["are_few"]:
            parcel = SQL(
                """
                SELECT ids[first:first + %(size)s - 1] AS ids
                  FROM (%(parcel)s) AS whole
            CROSS JOIN LATERAL generate_series(1, cardinality(ids), %(size)s) AS first
                """,
                parcel=parcel,
                size=PARCEL,
            )
        return SQL("(%s) AS parcel", parcel)

    def _sql_contact(self, parameters):
        """Contacts of the customers; ``is_customer``: the one whom they belong to."""
        return SQL(
            """
            SELECT id, commercial_partner_id AS partner_id,
                   id = commercial_partner_id AS is_customer, active, company_id,
                   lifecycle_prospect, lifecycle_excluded
              FROM res_partner
             WHERE commercial_partner_id = ANY(%(partners)s)
            """,
            **parameters,
        )

    def _sql_placed(self, parameters):
        """Quotations and orders, in the state that they had at ``as_of``, with their
        days and rate to the company's currency.

        What Odoo does not date: an order was sent to the customer before it was
        confirmed; a cancelled quotation has not been touched since, and a quotation
        that was sent was so from the beginning. Cancelled orders are left out; what
        tells them from cancelled quotations is a transfer or an invoice.
        """
        return SQL(
            """
            SELECT sale_order.id, contact.partner_id, held.state = 'sale' AS is_sold,
                   (sale_order.date_order AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                       AS day,
                   (CASE
                        WHEN sale_order.state IN ('draft', 'sent')
                        THEN sale_order.date_order
                        ELSE LEAST(sale_order.create_date, sale_order.date_order)
                    END AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS quoted_day,
                   (CASE WHEN sale_order.state = 'cancel' THEN sale_order.write_date
                     END AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                       AS cancelled_day,
                   sale_order.validity_date, held.state,
                   COALESCE(NULLIF(sale_order.currency_rate, 0), 1) AS rate
              FROM sale_order
              JOIN contact ON contact.id = sale_order.partner_id
        CROSS JOIN LATERAL (
                  SELECT CASE
                             WHEN sale_order.state = 'sale'
                              AND sale_order.date_order >= %(as_of)s
                             THEN 'sent'
                             WHEN sale_order.state = 'cancel'
                              AND sale_order.write_date >= %(as_of)s
                             THEN 'draft'
                             ELSE sale_order.state
                         END AS state
                   ) AS held
             WHERE sale_order.company_id = ANY(%(companies)s)
               AND (sale_order.date_order < %(as_of)s
                    OR sale_order.create_date < %(as_of)s
                       AND sale_order.state NOT IN ('draft', 'sent'))
               AND (sale_order.state != 'cancel'
                    OR (SELECT picking.id
                          FROM stock_picking picking
                         WHERE picking.sale_id = sale_order.id
                         LIMIT 1) IS NULL
                       AND (SELECT line.id
                              FROM sale_order_line line
                              JOIN sale_order_line_invoice_rel rel
                                ON rel.order_line_id = line.id
                             WHERE line.order_id = sale_order.id
                             LIMIT 1) IS NULL)
            """,
            **parameters,
        )
