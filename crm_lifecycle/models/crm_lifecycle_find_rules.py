from odoo import models
from odoo.tools import SQL

# Beside scores below 1: what people decided and declared goes before what was learned.
ALWAYS, PROMOTED, DECLARED = 100, 10, 5
# Fields of a product in which people declare what goes with it and what replaces it.
DECLARED_FIELDS = [
    ("optional_product_ids", "cross_sell"),
    ("accessory_product_ids", "cross_sell"),
    ("alternative_product_ids", "up_sell"),
]


class CrmLifecycleFindRules(models.Model):
    """SUGGESTIONS, found by look-ups: what people decided and declared."""

    _inherit = "crm.lifecycle.affinity"

    def _sql_rules(self, parameters):
        """Manual rules, the categories that they hold for, and whether they hold for
        this order: always, or because of one of its products."""
        return SQL(
            """
            rule AS MATERIALIZED (
                SELECT rule.*, rule.open OR trigger.id IS NOT NULL AS holds,
                       trigger.id AS trigger_id
                  FROM (
                      SELECT rule.id, rule.mode, rule.product_tmpl_id,
                             rule.source_tmpl_id,
                             COALESCE(rule.source_tmpl_id, rule.source_categ_id) IS NULL
                                 AS open,
                             ARRAY(
                                 SELECT below.id
                                   FROM product_category categ
                                   JOIN product_category below
                                     ON below.parent_path
                                        LIKE categ.parent_path || '%%'
                                  WHERE categ.id = rule.source_categ_id
                             ) AS categ_ids
                        FROM crm_lifecycle_suggestion_rule rule
                       WHERE rule.active
                         AND (rule.company_id IS NULL
                              OR rule.company_id = %(company)s)
                  ) AS rule
             LEFT JOIN LATERAL (
                          SELECT id FROM ordered
                           WHERE id = rule.source_tmpl_id
                              OR categ_id = ANY(rule.categ_ids)
                        ORDER BY id LIMIT 1
                       ) AS trigger ON TRUE
            )
            """,
            **parameters,
        )

    def _sql_rule_meets(self, alias):
        """:return: condition that a rule is about a learned link"""
        rule = SQL.identifier(alias)
        return SQL(
            """
            %(rule)s.product_tmpl_id = learned.product_tmpl_id
            AND (%(rule)s.open OR %(rule)s.source_tmpl_id = learned.source
                 OR learned.categ_id = ANY(%(rule)s.categ_ids))
            """,
            rule=rule,
        )

    def _sql_declared(self, kind):
        """:return: rows like those of ``link`` of one kind, from the fields of the
        products on the order in which people declare what goes with them"""
        Template = self.env["product.template"]
        rows = []
        for name, declared_kind in DECLARED_FIELDS:
            field = Template._fields.get(name)
            if not field or declared_kind != kind:
                continue
            other = SQL("relation.%s", SQL.identifier(field.column2, to_flush=field))
            join = SQL()
            if field.comodel_name == "product.product":
                join = SQL("JOIN product_product variant ON variant.id = %s", other)
                other = SQL("variant.product_tmpl_id")
            rows.append(
                SQL(
                    """
                    UNION ALL
                    SELECT %(kind)s, %(other)s, ordered.id, 0, NULL, FALSE, 0,
                           'declared', NULL, %(declared)s
                      FROM ordered
                      JOIN %(relation)s AS relation ON relation.%(source)s = ordered.id
                      %(join)s
                    """,
                    kind=kind,
                    other=other,
                    declared=DECLARED,
                    relation=SQL.identifier(field.relation),
                    source=SQL.identifier(field.column1),
                    join=join,
                )
            )
        return SQL(" ").join(rows)
