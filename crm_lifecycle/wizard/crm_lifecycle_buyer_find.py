from odoo import api, fields, models
from odoo.tools import SQL

# So many customers are looked at, those who are the most likely to buy anything, and so
# many of them listed.
CUSTOMERS, LIMIT = 2000, 500
# Who has bought the product before is due from so many of his pauses on, until he has
# let so many pass.
EARLY, LATE = 0.8, 4
# A match that is shown as 0 % is none; one that is not known yet may be.
LEAST = 0.005


class CrmLifecycleBuyer(models.TransientModel):
    """The statement that finds who is likely to buy a product."""

    _inherit = "crm.lifecycle.buyer"

    @api.model
    def _fill(self, template, company):
        """Make the list of this user for a product, in the place of the one before.

        - Bought before, on two days or more: due from 0.8 to 4 of his own pauses after
          the last time; the share is that of his purchases that have it.
        - Not bought: the link from what he bought that has the greatest share. Supplies
          also when one unit should be used up since he bought the last.

        Chance: his chance of any purchase within 90 days, times the share. Expected
        value: times mean quantity and mean price of what was sold of it, else its
        sales price.

        Nobody for a product that is never suggested, nor who sent it back lately.
        """
        self.check_access("create")
        self.search(
            [("product_tmpl_id", "=", template.id), ("create_uid", "=", self.env.uid)]
        ).unlink()
        self.env.flush_all()
        self.env["crm.lifecycle.facts"]._tell_planner()
        link = self._sql_link(template, company)
        customer_ids = []
        never = self.env["crm.lifecycle.suggestion.rule"]._get_never(company)
        if template.sale_ok and template.id not in never:
            asked = self.env.execute_query(self._sql_asked(template, company, link))
            customer_ids = [partner_id for (partner_id,) in asked]
        sent_back = self.env.execute_query(
            SQL(
                "SELECT customer FROM (%s) AS sent_back WHERE product_id = ANY(%s)",
                self.env["sale.order"]._lifecycle_sql_returned(company, customer_ids),
                template.with_context(active_test=False).product_variant_ids.ids,
            )
        )
        customer_ids = list(set(customer_ids) - {customer for (customer,) in sent_back})
        self.env.execute_query(self._sql_fill(template, company, link, customer_ids))
        self.invalidate_model()

    def _sql_link(self, template, company):
        """:return: SQL of what leads to the product: source_tmpl_id, kind, share of its
        customers who buy the product, and for supplies usual_days. Without the links
        that people forbid."""
        Template = self.env["product.template"].with_context(active_test=False)
        forbidden = self.env["crm.lifecycle.suggestion.rule"]._get_unlinked(
            company, template
        )
        return SQL(
            """
            SELECT *
              FROM (
                  SELECT source_tmpl_id, kind, confidence AS share, NULL AS usual_days
                    FROM crm_lifecycle_affinity
                   WHERE company_id = %(company)s
                     AND product_tmpl_id = %(product)s
                     AND source_tmpl_id IS NOT NULL
                     AND kind IN ('cross_sell', 'similar', 'up_sell')
               UNION ALL
                  SELECT source_tmpl_id, 'consumable', share, usual_days
                    FROM (%(consumables)s) AS link
                   WHERE product_tmpl_id = %(product)s
              ) AS link
             WHERE source_tmpl_id NOT IN %(forbidden)s
            """,
            forbidden=Template._search(forbidden, bypass_access=True).subselect(),
            company=company.id,
            product=template.id,
            consumables=self.env["crm.lifecycle.affinity"]._sql_consumables(company),
        )

    def _sql_asked(self, template, company, link):
        """:return: SQL of the customers to be looked at: those whom the user may see,
        who have bought the product or one that leads to it, are in no experiment
        and have not declined it lately"""
        readable = self.env["crm.lifecycle.profile"]._search(
            [("company_id", "=", company.id)]
        )
        documents = [
            SQL(
                """
                SELECT contact.commercial_partner_id
                  FROM sale_order_line line
                  JOIN sale_order document ON document.id = line.order_id
                  JOIN res_partner contact ON contact.id = document.partner_id
                 WHERE line.product_id IN (SELECT id FROM variant)
                   AND document.state = 'sale'
                """
            ),
            SQL(
                """
                SELECT document.commercial_partner_id
                  FROM account_move_line line
                  JOIN account_move document ON document.id = line.move_id
                 WHERE line.product_id IN (SELECT id FROM variant)
                   AND document.move_type IN ('out_invoice', 'out_receipt')
                   AND document.state = 'posted'
                """
            ),
        ]
        if "pos.order.line" in self.env:
            documents.append(
                SQL(
                    """
                    SELECT contact.commercial_partner_id
                      FROM pos_order_line line
                      JOIN pos_order document ON document.id = line.order_id
                      JOIN res_partner contact ON contact.id = document.partner_id
                     WHERE line.product_id IN (SELECT id FROM variant)
                    """
                )
            )
        return SQL(
            """
            WITH link AS (%(link)s),
            variant AS (
                SELECT id FROM product_product
                 WHERE product_tmpl_id = %(product)s
                    OR product_tmpl_id IN (SELECT source_tmpl_id FROM link)
            )
            SELECT profile.partner_id
              FROM crm_lifecycle_profile profile
             WHERE profile.id IN %(readable)s
               AND profile.partner_id IN (%(documents)s)
               AND NOT %(held_out)s
               AND NOT EXISTS (
                   SELECT FROM crm_lifecycle_suggestion suggestion
                     JOIN product_product variant ON variant.id = suggestion.product_id
                    WHERE suggestion.partner_id = profile.partner_id
                      AND suggestion.company_id = %(company)s
                      AND variant.product_tmpl_id = %(product)s
                      AND suggestion.date_declined >= %(quiet)s
               )
          ORDER BY profile.probability_90 DESC NULLS LAST, profile.partner_id
             LIMIT %(limit)s
            """,
            link=link,
            product=template.id,
            company=company.id,
            readable=readable.subselect(),
            documents=SQL(" UNION ALL ").join(documents),
            held_out=self.env["crm.lifecycle.holdout"]._sql_held_out(
                company, SQL("profile.partner_id")
            ),
            quiet=fields.Datetime.subtract(
                fields.Datetime.now(), days=company.lifecycle_quiet_days
            ),
            limit=CUSTOMERS,
        )

    def _sql_fill(self, template, company, link, customer_ids):
        as_of = company._lifecycle_as_of()
        return SQL(
            """
            WITH link AS (%(link)s),
            purchase AS MATERIALIZED (
                SELECT customer, product_tmpl_id, COUNT(DISTINCT day) AS times,
                       MIN(day) AS first_date, MAX(day) AS last_date,
                       SUM(quantity) AS quantity, SUM(amount) AS amount
                  FROM (%(purchases)s) AS line
                 WHERE product_tmpl_id = %(product)s
                    OR product_tmpl_id IN (SELECT source_tmpl_id FROM link)
              GROUP BY customer, product_tmpl_id
            ),
            usual AS (
                SELECT COALESCE(SUM(quantity) / NULLIF(SUM(times), 0), 1)
                       * COALESCE(SUM(amount) / NULLIF(SUM(quantity), 0), %(price)s)
                       AS value
                  FROM purchase
                 WHERE product_tmpl_id = %(product)s
            ),
            own AS (
                SELECT *, ((last_date - first_date)
                           / NULLIF(times - 1, 0))::int AS pause
                  FROM purchase
                 WHERE product_tmpl_id = %(product)s
            ),
            candidate AS (
                SELECT customer, 'reorder' AS kind, NULL::int AS source_tmpl_id,
                       NULL::float AS share, times, last_date,
                       last_date + pause AS due_date
                  FROM own
                 WHERE %(today)s - last_date BETWEEN %(early)s * pause
                                                 AND %(late)s * pause
             UNION ALL
                SELECT source.customer, link.kind, link.source_tmpl_id,
                       link.share, NULL, own.last_date,
                       own.last_date + link.usual_days::int
                  FROM link
                  JOIN purchase source ON source.product_tmpl_id = link.source_tmpl_id
             LEFT JOIN own ON own.customer = source.customer
                 WHERE own.customer IS NULL
                    OR link.kind = 'consumable' AND link.usual_days > 0
                   AND own.last_date + link.usual_days::int <= %(today)s
            )
            INSERT INTO crm_lifecycle_buyer (
                product_tmpl_id, profile_id, partner_id, kind, source_tmpl_id, share,
                last_date, due_date, probability, currency_id, expected_value,
                create_uid, create_date, write_uid, write_date
            )
            SELECT %(product)s, found.profile_id, found.customer, found.kind,
                   found.source_tmpl_id, found.share, found.last_date, found.due_date,
                   COALESCE(found.chance, 0), %(currency)s,
                   COALESCE(found.chance, 0) * usual.value,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM (
                  SELECT DISTINCT ON (candidate.customer)
                         candidate.customer, profile.id AS profile_id, candidate.kind,
                         candidate.source_tmpl_id, candidate.last_date,
                         candidate.due_date, known.share,
                         profile.probability_90 * known.share AS chance
                    FROM candidate
                    JOIN crm_lifecycle_profile profile
                      ON profile.partner_id = candidate.customer
                     AND profile.company_id = %(company)s
              CROSS JOIN LATERAL (
                        SELECT COALESCE(
                            candidate.share,
                            LEAST(1, candidate.times::float
                                     / NULLIF(profile.order_count, 0)),
                            0
                        ) AS share
                    ) AS known
                ORDER BY candidate.customer, known.share DESC, candidate.kind,
                         candidate.source_tmpl_id
              ) AS found, usual
             WHERE (found.chance >= %(least)s) IS NOT FALSE
          ORDER BY found.chance DESC NULLS LAST, found.customer
             LIMIT %(limit)s
            """,
            link=link,
            company=company.id,
            product=template.id,
            price=template.list_price,
            purchases=self.env["crm.lifecycle.affinity"]._sql_purchases(
                self.env["crm.lifecycle.facts"]._get_parameters(
                    company, customer_ids, as_of
                )
            ),
            today=company._lifecycle_today(as_of),
            early=EARLY,
            late=LATE,
            currency=company.currency_id.id,
            uid=self.env.uid,
            now=fields.Datetime.now(),
            least=LEAST,
            limit=LIMIT,
        )


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def action_lifecycle_buyers(self):
        """List who is likely to buy this product."""
        self.ensure_one()
        self.env["crm.lifecycle.buyer"]._fill(self, self.env.company)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_lifecycle.crm_lifecycle_buyer_action"
        )
        return {
            **action,
            "display_name": self.env._("Likely Buyers of %s", self.name),
            "domain": [
                ("product_tmpl_id", "=", self.id),
                ("create_uid", "=", self.env.uid),
            ],
        }
