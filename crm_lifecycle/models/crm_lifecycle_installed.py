from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

YEAR = 365
# Supplies that last for so small a part of the pieces are bought elsewhere too; said
# when two of them at least should have been used up.
COVERED = 0.75
# What is chosen as supplies of something that the customer owns, beside scores below 1.
OWNED = 0.5


class ProductTemplate(models.Model):
    _inherit = "product.template"

    lifecycle_consumable_ids = fields.Many2many(
        "product.template",
        "lifecycle_consumable_rel",
        "product_tmpl_id",
        "consumable_tmpl_id",
        string="Supplies and Services",
        help="What a customer who owns this product will need again and again, like "
        "toner, filters or maintenance. It is offered when it is due. What is learned "
        "from sales comes on top.",
    )


class CrmLifecycleAffinity(models.Model):
    """SUGGESTIONS: the equipment that one customer owns, and its consumables."""

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _sql_consumables(self, company):
        """:return: SQL of the pairs of equipment and consumable, learned or declared on
        the product: source_tmpl_id, product_tmpl_id, and how many days a unit lasts on
        one piece (empty: not known)
        """
        self.env["product.template"].flush_model(["lifecycle_consumable_ids"])
        return SQL(
            """
            SELECT source_tmpl_id, product_tmpl_id, MAX(share) AS share,
                   MAX(usual_days) AS usual_days
              FROM (
                  SELECT source_tmpl_id, product_tmpl_id, confidence AS share,
                         NULLIF(usual_days, 0) AS usual_days
                    FROM crm_lifecycle_affinity
                   WHERE company_id = %s AND kind = 'consumable'
               UNION ALL
                  SELECT product_tmpl_id, consumable_tmpl_id, NULL, NULL
                    FROM lifecycle_consumable_rel
              ) AS link
          GROUP BY source_tmpl_id, product_tmpl_id
            """,
            company.id,
        )

    @api.model
    def _sql_declared_supplies(self, today, lead):
        """:return: SQL of rows like those of ``link`` in :meth:`_find`: chosen supplies
        of the products on the order, and of those that the customer owns, unless his
        last purchase of them was less than his usual pause ago"""
        self.env["product.template"].flush_model(["lifecycle_consumable_ids"])
        return SQL(
            """
            UNION ALL
            SELECT 'consumable', chosen.consumable_tmpl_id, source.id, 0, NULL, FALSE,
                   CASE WHEN source.on_order THEN 0 ELSE %(owned)s::float8 END,
                   'declared', NULL, CASE WHEN source.on_order THEN %(lead)s ELSE 0 END
              FROM source
              JOIN lifecycle_consumable_rel chosen ON chosen.product_tmpl_id = source.id
         LEFT JOIN owned ON owned.template_id = chosen.consumable_tmpl_id
             WHERE source.on_order
                OR owned.last IS NULL
                OR %(today)s - owned.last >= COALESCE(owned.pause, 0)
            """,
            owned=OWNED,
            lead=lead,
            today=today,
        )

    @api.model
    def _sql_returned(self, company, partner_id):
        """:return: SQL of what `partner_id` gave back, by template: quantity in its
        unit. Sent back or credited, whichever is more."""
        return SQL(
            """
            SELECT product_tmpl_id, SUM(GREATEST(moved, credited)) AS quantity
              FROM (
                  SELECT template.id AS product_tmpl_id,
                         (SELECT SUM(move.quantity
                                     * COALESCE(unit.factor / own_unit.factor, 1))
                            FROM stock_move move
                       LEFT JOIN uom_uom unit ON unit.id = move.product_uom
                           WHERE move.sale_line_id = line.id
                             AND move.state = 'done'
                             AND move.origin_returned_move_id IS NOT NULL
                             AND move.to_refund) AS moved,
                         (SELECT SUM(item.quantity
                                     * COALESCE(unit.factor / own_unit.factor, 1))
                            FROM sale_order_line_invoice_rel rel
                            JOIN account_move_line item ON item.id = rel.invoice_line_id
                            JOIN account_move move ON move.id = item.move_id
                       LEFT JOIN uom_uom unit ON unit.id = item.product_uom_id
                           WHERE rel.order_line_id = line.id
                             AND move.move_type = 'out_refund'
                             AND move.state = 'posted') AS credited
                    FROM sale_order_line line
                    JOIN sale_order ON sale_order.id = line.order_id
                    JOIN res_partner contact ON contact.id = sale_order.partner_id
                    JOIN product_product product ON product.id = line.product_id
                    JOIN product_template template
                      ON template.id = product.product_tmpl_id
               LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
                   WHERE contact.commercial_partner_id = %(partner_id)s
                     AND sale_order.company_id = ANY(%(companies)s)
                     AND sale_order.state = 'sale'
              ) AS line
             WHERE moved IS NOT NULL OR credited IS NOT NULL
          GROUP BY product_tmpl_id
            """,
            partner_id=partner_id,
            companies=company._lifecycle_branch_ids(),
        )

    @api.model
    def _find_installed(self, company, partner_id):
        """The consumables of what a customer owns: bought and kept.

        Where the usual days of other owners are not known, those of the customer
        count: from his first to his last purchase, by what he bought before the last.
        Due is the day when his last purchase is used up on all his pieces. Of the last
        365 days, or since he owns the equipment::

            pieces supplied = units bought * days per unit / days

        :param partner_id: a commercial partner
        :return: list of dicts: product_tmpl_id (the consumable), source_ids (templates
            owned), pieces (how many of them in all), usual_days (per unit and piece,
            None: not known), last_date, due_date, and supplied (pieces; None when there
            is too little to tell)
        """
        as_of = company._lifecycle_as_of()
        today = company._lifecycle_today(as_of)
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH purchase AS MATERIALIZED (%(purchases)s),
                returned AS (%(returned)s),
                owned AS (
                    SELECT product_tmpl_id, MIN(day) AS since,
                           SUM(quantity) - COALESCE((
                               SELECT quantity FROM returned
                                WHERE returned.product_tmpl_id
                                      = purchase.product_tmpl_id
                           ), 0) AS pieces
                      FROM purchase
                  GROUP BY product_tmpl_id
                ),
                needed AS (
                    SELECT link.product_tmpl_id,
                           ARRAY_AGG(owned.product_tmpl_id
                                     ORDER BY owned.pieces DESC,
                                              owned.product_tmpl_id) AS source_ids,
                           SUM(owned.pieces)::float AS pieces,
                           MIN(owned.since) AS since,
                           AVG(link.usual_days) AS usual_days
                      FROM (%(links)s) AS link
                      JOIN owned ON owned.product_tmpl_id = link.source_tmpl_id
                     WHERE owned.pieces > 0
                  GROUP BY link.product_tmpl_id
                )
                SELECT needed.*, used.*
                  FROM needed
            CROSS JOIN LATERAL (
                      SELECT MIN(day) AS first_date, MAX(day) AS last_date,
                             SUM(quantity)::float AS quantity,
                             SUM(quantity) FILTER (WHERE day = final)::float
                                 AS last_quantity,
                             SUM(quantity) FILTER (
                                 WHERE day > %(today)s::date - %(year)s
                                   AND day >= needed.since
                             )::float AS quantity_12m
                        FROM (
                            SELECT purchase.*, MAX(day) OVER () AS final
                              FROM purchase
                             WHERE product_tmpl_id = needed.product_tmpl_id
                        ) AS bought
                  ) AS used
              ORDER BY needed.pieces DESC, needed.product_tmpl_id
                """,
                purchases=self._sql_purchases(
                    self.env["crm.lifecycle.facts"]._get_parameters(
                        company, [partner_id], as_of
                    ),
                    credited=False,
                ),
                returned=self._sql_returned(company, partner_id),
                links=self._sql_consumables(company),
                today=today,
                year=YEAR,
            )
        )
        return [self._complete_installed(row, today) for row in rows]

    def _complete_installed(self, row, today):
        """:return: what :meth:`_find_installed` says of one consumable"""
        days, pieces = row["usual_days"], row["pieces"]
        if not days and row["last_date"] and row["first_date"] < row["last_date"]:
            used = row["quantity"] - row["last_quantity"]
            days = pieces * (row["last_date"] - row["first_date"]).days / used
        last, due, supplied = row["last_date"] or row["since"], None, None
        if days:
            used_up = (row["last_quantity"] or 1) * days / pieces
            due = last + timedelta(days=round(used_up))
            window = min((today - row["since"]).days + 1, YEAR)
            if window >= 2 * days:
                supplied = (row["quantity_12m"] or 0) * days / window
        return {
            "product_tmpl_id": row["product_tmpl_id"],
            "source_ids": row["source_ids"],
            "pieces": pieces,
            "usual_days": days,
            "last_date": row["last_date"],
            "due_date": due,
            "supplied": supplied,
            "is_short": supplied is not None
            and supplied <= COVERED * pieces
            and supplied <= pieces - 1,
        }
