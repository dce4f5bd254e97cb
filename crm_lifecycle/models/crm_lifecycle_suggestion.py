import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lifecycle_affinity import KINDS

# Links of products on the same orders are shown as going with them.
SUGGESTION_KINDS = [kind for kind in KINDS if kind[0] != "together"]
DECLINE_REASONS = [
    ("has_it", "Has it already"),
    ("not_needed", "Does not need it"),
    ("too_expensive", "Too expensive"),
    ("other_supplier", "Buys it elsewhere"),
    ("wrong_product", "Wrong product"),
    ("other", "Other reason"),
]
# A salesperson declines, saves the quotation, and the two are one suggestion.
ADOPTED_HOURS = 24


class CrmLifecycleSuggestion(models.Model):
    """LEDGER: what was offered to whom, and what the seller did with it.

    One row per saved order and suggestion, however often it was on the screen, and one
    for each that was declined before the order was saved. Only what nobody else knows
    is kept here. Whether it was ordered, delivered, invoiced or returned is read from
    the documents when somebody asks: ``crm.lifecycle.suggestion.report``. So selling
    costs nothing more, and the numbers follow whatever happens to the documents.

    Read through the report only; written by the methods of the order only.
    """

    _name = "crm.lifecycle.suggestion"
    _description = "Suggestion Made"
    _order = "id desc"
    _rec_name = "product_id"
    _log_access = False  # written by SQL only, with its own dates

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        required=True,
        index=True,
        ondelete="cascade",
        help="The commercial partner at that time.",
    )
    user_id = fields.Many2one("res.users", "Seen by")
    # What was offered and declined stays known when a quotation is deleted.
    order_id = fields.Many2one("sale.order", index="btree_not_null")
    line_id = fields.Many2one("sale.order.line", index="btree_not_null")
    product_id = fields.Many2one(
        "product.product",
        "Suggested Product",
        required=True,
        index=True,
        ondelete="cascade",
    )
    source_tmpl_id = fields.Many2one(
        "product.template",
        "Bought Product",
        index="btree_not_null",
        ondelete="cascade",
    )
    kind = fields.Selection(SUGGESTION_KINDS, "Suggested as", required=True)
    rule_id = fields.Many2one(
        "crm.lifecycle.suggestion.rule", "Manual Rule", index="btree_not_null"
    )
    date = fields.Datetime("Shown on", required=True, index=True)
    date_added = fields.Datetime("Added on")
    date_declined = fields.Datetime("Declined on")
    decline_reason = fields.Selection(DECLINE_REASONS, "Why Declined")
    unit_cost = fields.Float(
        "Cost of a Unit",
        help="In the product's unit and the company's currency, when it was added.",
    )

    # Declined on an order that was never saved: as often as somebody did so.
    _order_unique = models.UniqueIndex(
        "(order_id, product_id, kind, COALESCE(source_tmpl_id, 0))"
    )

    @api.model
    def _prepare(self, company, partner, order_id, suggestion):
        """:param suggestion: dict with product_id, kind, and maybe source and rule_id
        :return: dict for :meth:`_record`
        """
        return {
            "company_id": company.id,
            "partner_id": partner.commercial_partner_id.id,
            "order_id": order_id or None,
            "product_id": suggestion["product_id"],
            "kind": suggestion["kind"],
            "source_tmpl_id": suggestion.get("source") or None,
            "rule_id": suggestion.get("rule_id") or None,
        }

    @api.model
    def _record(self, rows):
        """Note what was shown, added (with ``line_id`` and ``unit_cost``) or declined
        (with ``decline_reason``). What was added or declined is so from now on,
        whatever it was before; what was merely shown again changes nothing.

        The statement itself leaves out customers who want no profile, and what is not
        there any more: nobody is kept from selling because a product was deleted while
        the quotation was on the screen.

        :param rows: list of dicts, see :meth:`_prepare`; of several lines with the same
            suggestion the last one counts
        """
        kinds = dict(SUGGESTION_KINDS)
        rows = [row for row in rows if row["kind"] in kinds]
        if not rows:
            return
        self.env["res.partner"].flush_model(["lifecycle_excluded"])
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lifecycle_suggestion (
                       company_id, partner_id, user_id, order_id, product_id,
                       source_tmpl_id, kind, rule_id, date, line_id, date_added,
                       unit_cost, date_declined, decline_reason
                )
                SELECT DISTINCT ON (made.order_id, product.id, made.kind, source.id)
                       made.company_id, customer.id, %(user)s, made.order_id,
                       product.id, source.id, made.kind, rule.id, %(now)s,
                       made.line_id,
                       CASE WHEN made.line_id IS NOT NULL THEN %(now)s END,
                       made.unit_cost,
                       CASE WHEN made.decline_reason IS NOT NULL THEN %(now)s END,
                       made.decline_reason
                  FROM jsonb_to_recordset(%(rows)s) AS made (
                           company_id int, partner_id int, order_id int, kind text,
                           product_id int, source_tmpl_id int, rule_id int,
                           line_id int, unit_cost float8, decline_reason text
                       )
                  JOIN product_product product ON product.id = made.product_id
                  JOIN res_partner customer
                    ON customer.id = made.partner_id
                   AND customer.lifecycle_excluded IS NOT TRUE
             LEFT JOIN product_template source ON source.id = made.source_tmpl_id
             LEFT JOIN crm_lifecycle_suggestion_rule rule ON rule.id = made.rule_id
              ORDER BY made.order_id, product.id, made.kind, source.id,
                       made.line_id DESC
           ON CONFLICT (order_id, product_id, kind, COALESCE(source_tmpl_id, 0))
             DO UPDATE
                   SET partner_id = EXCLUDED.partner_id,
                       line_id = EXCLUDED.line_id,
                       date_added = EXCLUDED.date_added,
                       unit_cost = EXCLUDED.unit_cost,
                       date_declined = EXCLUDED.date_declined,
                       decline_reason = EXCLUDED.decline_reason
                 WHERE COALESCE(
                           EXCLUDED.date_added, EXCLUDED.date_declined
                       ) IS NOT NULL
                """,
                user=self.env.uid,
                now=fields.Datetime.now(),
                rows=json.dumps(rows),
            )
        )
        self.invalidate_model()

    @api.model
    def _adopt(self, order):
        """What this user declined for this customer before the order was saved belongs
        to the order."""
        since = fields.Datetime.now() - timedelta(hours=ADOPTED_HOURS)
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lifecycle_suggestion
                   SET order_id = %(order)s
                 WHERE id IN (
                       SELECT MAX(id)
                         FROM crm_lifecycle_suggestion declined
                        WHERE order_id IS NULL
                          AND partner_id = %(partner)s
                          AND company_id = %(company)s
                          AND user_id = %(user)s
                          AND date_declined >= %(since)s
                          AND NOT EXISTS (
                              SELECT FROM crm_lifecycle_suggestion known
                               WHERE known.order_id = %(order)s
                                 AND known.product_id = declined.product_id
                                 AND known.kind = declined.kind
                                 AND COALESCE(known.source_tmpl_id, 0)
                                     = COALESCE(declined.source_tmpl_id, 0)
                          )
                     GROUP BY product_id, kind, source_tmpl_id
                   )
                """,
                order=order.id,
                partner=order.partner_id.commercial_partner_id.id,
                company=order.company_id.id,
                user=self.env.uid,
                since=since,
            )
        )
        self.invalidate_model()

    @api.model
    def _sql_declined(self, company, partner_id):
        """:param partner_id: a commercial partner, or SQL of one
        :return: SQL of the variants that he need not be offered in `company` for the
            time being, because he declined them lately
        """
        days = timedelta(days=company.lifecycle_quiet_days)
        return SQL(
            """
            SELECT product_id FROM crm_lifecycle_suggestion
             WHERE partner_id = %s AND company_id = %s AND date_declined >= %s
            """,
            partner_id,
            company.id,
            fields.Datetime.now() - days,
        )

    @api.model
    def _forget(self, partner_ids):
        """Nothing is kept of customers who do not want a profile."""
        rows = self.sudo().search([("partner_id", "in", partner_ids)])
        rows.line_id.lifecycle_suggestion = False
        rows.unlink()
