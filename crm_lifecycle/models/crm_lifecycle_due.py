from datetime import timedelta
from hashlib import sha256

from odoo import api, fields, models
from odoo.tools import SQL

# Documents of everybody are read at least once in so many nights.
NIGHTS = 7


class CrmLifecycleProfile(models.Model):
    """Who is to be brought up to date, and for whom documents have to be read."""

    _inherit = "crm.lifecycle.profile"

    @api.model
    def _get_due_partner_ids(self, company, as_of):
        """:return: ids of commercial partners, see :meth:`_read_due`"""
        due = self._read_due(company, as_of, self._sql_customers(company))
        return [partner_id for partner_id, _is_known in due]

    @api.model
    def _share_due(self, company, as_of, changed):
        """Customers of `company` who are not up to date.

        :param changed: see :meth:`_begin_reading`
        :return: two lists of ids of commercial partners: whose documents are to be
            read, and whose stored facts still hold
        """
        if changed is None:
            return self._get_due_partner_ids(company, as_of), []
        parts = [], []
        done = company.sudo().lifecycle_reading["done"]
        documents = SQL("SELECT unnest(%s::integer[])", list(changed))
        for partner_id, is_known in self._read_due(
            company, as_of, documents, fields.Datetime.to_datetime(done["as_of"])
        ):
            parts[bool(is_known) and partner_id not in changed].append(partner_id)
        return parts

    def _read_due(self, company, as_of, documents, since=None):
        """Customers of `company` who may have a profile and are not up to date.

        :param documents: SQL of a query of ids, of those who may have none yet
        :return: rows in the order of the ids of the commercial partners: (id, whether
            the stored facts are complete up to `since`)
        """
        self.env.flush_all()
        model = self.env["crm.lifecycle.model"]._get_current(company)
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(company)
        return self.env.execute_query(
            SQL(
                """
                SELECT partner_id, as_of >= %(since)s
                  FROM crm_lifecycle_profile
                 WHERE company_id = %(company)s
                   AND (as_of IS DISTINCT FROM %(as_of)s
                        OR configuration IS DISTINCT FROM %(configuration)s)
                 UNION ALL
                SELECT customer.id, FALSE
                  FROM res_partner customer
                 WHERE customer.id IN (%(documents)s)
                   AND customer.lifecycle_excluded IS NOT TRUE
                   AND NOT EXISTS (
                       SELECT FROM crm_lifecycle_profile profile
                        WHERE profile.partner_id = customer.id
                          AND profile.company_id = %(company)s
                   )
              ORDER BY 1
                """,
                company=company.id,
                documents=documents,
                since=since,
                as_of=as_of,
                configuration=stages._get_configuration(model),
            )
        )

    def _sql_customers(self, company):
        """:return: SQL of a query of ids of commercial partners: of whom `company` has
        a document, and those marked as prospects"""
        branch_ids = company._lifecycle_branch_ids()
        point_of_sale = (
            SQL(
                """
                UNION
                SELECT partner.commercial_partner_id
                  FROM pos_order
                  JOIN res_partner partner ON partner.id = pos_order.partner_id
                 WHERE pos_order.company_id = ANY(%s)
                """,
                branch_ids,
            )
            if "pos.order" in self.env
            else SQL()
        )
        return SQL(
            """
                SELECT partner.commercial_partner_id AS partner_id
                  FROM sale_order
                  JOIN res_partner partner ON partner.id = sale_order.partner_id
                 WHERE sale_order.company_id = ANY(%(companies)s)
                 UNION
                SELECT commercial_partner_id
                  FROM account_move
                 WHERE company_id = ANY(%(companies)s)
                   AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                 UNION
                SELECT partner.commercial_partner_id
                  FROM crm_lead lead
                  JOIN res_partner partner ON partner.id = lead.partner_id
             LEFT JOIN res_users salesperson ON salesperson.id = lead.user_id
                 WHERE %(lead_company)s = ANY(%(companies)s)
                 UNION
                SELECT commercial_partner_id FROM res_partner
                 WHERE lifecycle_prospect
                %(point_of_sale)s
            """,
            companies=branch_ids,
            lead_company=self._sql_lead_company(),
            point_of_sale=point_of_sale,
        )

    @api.model
    def _is_nightly_due(self, company, as_of):
        """Whether the night's work of `company` is not done, or its rules changed.
        Moves only wait as long as it is not done, or because an automation rule
        raised: these are tried again the next night, not every hour."""
        model = self.env["crm.lifecycle.model"]._get_current(company)
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(company)
        return company.sudo().lifecycle_as_of != as_of or bool(
            self.sudo().search_count(
                [
                    ("company_id", "=", company.id),
                    ("configuration", "!=", stages._get_configuration(model)),
                ],
                limit=1,
            )
        )

    @api.model
    def _remember_reading(self, company, as_of):
        """Remember that the reading of documents up to `as_of` begins now: the next one
        has to look at what is written from now on.

        :return: what is remembered of the last reading, since which one has to look;
            None when everybody is to be read, because it went further, or because what
            facts are read from is no longer the same: a module or a new version of this
            one was installed, or a setting of the company changed
        """
        company = company.sudo()
        self.env.flush_all()
        ((transaction,),) = self.env.execute_query(
            SQL("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        )
        reading = company.lifecycle_reading or {}
        moment = fields.Datetime.to_string(as_of)
        source = self._get_source_fingerprint(company)
        begun = reading.get("begun")
        if not begun or begun["as_of"] != moment:  # else it was interrupted
            begun = {"as_of": moment, "transaction": transaction, "source": source}
            company.lifecycle_reading = {**reading, "begun": begun}
        done = reading.get("done")
        if (
            not done
            or done["as_of"] > moment
            or done.get("source") != source
            or not 0 <= transaction - done["transaction"] < 2**31  # another server
        ):
            return None
        return done

    @api.model
    def _begin_reading(self, company, as_of):
        """Remember the reading, and look whose documents are to be read.

        :return: set of ids of commercial partners; None for all
        """
        done = self._remember_reading(company, as_of)
        if not done:
            return None
        since = fields.Datetime.to_datetime(done["as_of"])
        facts = self.env["crm.lifecycle.facts"]
        # every row is looked at once: to compile that takes longer than to do it
        self.env.cr.execute("SELECT set_config('jit', 'off', TRUE)")
        rows = self.env.execute_query(
            facts._sql_changed(company, since, as_of, done["transaction"])
        )
        changed = {partner_id for (partner_id,) in rows}
        return changed.union(self._begin_turn(company, as_of))

    @api.model
    def _is_current(self, company, as_of):
        """Whether the stored facts are those of yesterday's night, or of this one, read
        as they are read now: what is learned from them is what today's would teach."""
        done = self._remember_reading(company, as_of)
        if not done:
            return False
        return as_of - fields.Datetime.to_datetime(done["as_of"]) < timedelta(days=2)

    @api.model
    def _begin_turn(self, company, as_of):
        """Remember the reading, and look whose documents are read whatever changed:
        everybody's, or of those whose turn it is.

        :return: sorted list of ids of commercial partners with a profile
        """
        done = self._remember_reading(company, as_of)
        turn = SQL()
        if done:
            if fields.Datetime.to_datetime(done["as_of"]) == as_of:
                return []
            night = company._lifecycle_today(as_of).toordinal() % NIGHTS
            turn = SQL("AND mod(partner_id, %s) = %s", NIGHTS, night)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id FROM crm_lifecycle_profile
                 WHERE company_id = %s %s ORDER BY partner_id
                """,
                company.id,
                turn,
            )
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _end_reading(self, company, as_of):
        """Documents of all due customers were read since :meth:`_begin_reading`, if
        they were: who was judged once more this night was not."""
        company = company.sudo()
        if begun := company.lifecycle_reading.get("begun"):
            company.lifecycle_reading = {"done": begun}

    @api.model
    def _get_source_fingerprint(self, company):
        """Of the statement that reads the facts, and of what it is told about the
        company."""
        facts = self.env["crm.lifecycle.facts"]
        as_of = fields.Datetime.to_datetime("2000-01-01")
        parameters = facts._get_parameters(company, [], as_of)
        statement = facts._sql_facts(company, [], as_of).code
        non_products = sorted(company._lifecycle_non_product_ids())
        told = f"{statement} {parameters} {non_products}"
        return sha256(told.encode()).hexdigest()
