from hashlib import sha256

from odoo import api, fields, models
from odoo.tools import SQL

# Documents of everybody are read at least once in so many nights.
NIGHTS = 7


class CrmLifecycleProfile(models.Model):
    """Who is to be brought up to date, and for whom documents have to be read."""

    _inherit = "crm.lifecycle.profile"

    @api.model
    def _get_due_partner_ids(self, company, as_of, changed=None):
        """Customers of `company` who may have a profile and are not up to date.

        :param changed: among these and those who have one; else all documents are
            searched
        :return: sorted list of ids of commercial partners
        """
        self.env.flush_all()
        model = self.env["crm.lifecycle.model"]._get_current(company)
        stages = self.env["crm.lifecycle.stage"]._get_company_stages(company)
        documents = self._sql_customers(company)
        if changed is not None:
            documents = SQL("SELECT unnest(%s::integer[])", list(changed))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT candidate.partner_id
                  FROM (
                      SELECT partner_id FROM crm_lifecycle_profile
                       WHERE company_id = %(company)s
                       UNION
                      %(documents)s
                  ) AS candidate
                  JOIN res_partner customer ON customer.id = candidate.partner_id
             LEFT JOIN crm_lifecycle_profile profile
                    ON profile.partner_id = candidate.partner_id
                   AND profile.company_id = %(company)s
                 WHERE (profile.id IS NOT NULL
                        OR customer.lifecycle_excluded IS NOT TRUE)
                   AND (profile.as_of IS DISTINCT FROM %(as_of)s
                        OR profile.configuration IS DISTINCT FROM %(configuration)s)
              ORDER BY candidate.partner_id
                """,
                company=company.id,
                documents=documents,
                as_of=as_of,
                configuration=stages._get_configuration(model),
            )
        )
        return [partner_id for (partner_id,) in rows]

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
    def _begin_turn(self, company, as_of):
        """Remember the reading, and look whose documents are read whatever changed:
        everybody's, or of those whose turn it is.

        :return: sorted list of ids of commercial partners with a profile
        """
        done = self._remember_reading(company, as_of)
        partner_ids = sorted(self._get_partner_ids(company))
        if not done:
            return partner_ids
        if fields.Datetime.to_datetime(done["as_of"]) == as_of:
            return []
        night = company._lifecycle_today(as_of).toordinal() % NIGHTS
        return [each for each in partner_ids if each % NIGHTS == night]

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

    @api.model
    def _get_known_partner_ids(self, company, changed):
        """:param changed: see :meth:`_begin_reading`
        :return: set of ids of commercial partners whose stored facts still hold"""
        done = (company.sudo().lifecycle_reading or {}).get("done")
        if changed is None:
            return set()
        return self._get_partner_ids(company, done["as_of"]) - changed

    def _get_partner_ids(self, company, as_of=None):
        """:param as_of: of those who are complete up to here, else of all
        :return: set of ids of the commercial partners with a profile in `company`"""
        since = SQL("AND as_of >= %s", as_of) if as_of else SQL()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id FROM crm_lifecycle_profile WHERE company_id = %s %s",
                company.id,
                since,
            )
        )
        return {partner_id for (partner_id,) in rows}
