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
        this order: always, or because of one of its products. A company without any is
        spared what heeds them, a tenth of the planning of the statement."""
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

    def _sql_ruled(self, parameters, learned):
        """:param learned: name of a table of learned links, with their ``kind``,
            ``product_tmpl_id``, ``source``, ``categ_id``, ``support``, ``confidence``,
            ``fresh`` and ``weight``
        :return: SQL of these, but for ``categ_id`` and those that are forgotten, with
            ``origin``, ``rule_id`` and ``lead`` of those to be suggested first"""
        if not parameters["has_rules"]:
            return SQL(
                """
                SELECT kind, product_tmpl_id, source, support, confidence, fresh,
                       weight, 'learned' AS origin, NULL::int AS rule_id, 0 AS lead
                  FROM %s
                """,
                SQL.identifier(learned),
            )
        meets = """
            %(rule)s.product_tmpl_id = learned.product_tmpl_id
            AND (%(rule)s.open OR %(rule)s.source_tmpl_id = learned.source
                 OR learned.categ_id = ANY(%(rule)s.categ_ids))
        """
        return SQL(
            """
            SELECT learned.kind, learned.product_tmpl_id, learned.source,
                   learned.support, learned.confidence, learned.fresh, learned.weight,
                   CASE WHEN promoted.id IS NULL THEN 'learned' ELSE 'manual' END
                       AS origin,
                   promoted.id AS rule_id,
                   CASE WHEN promoted.id IS NULL THEN 0 ELSE %(promoted)s END AS lead
              FROM %(learned)s AS learned
         LEFT JOIN rule AS promoted
                ON promoted.mode = 'promote' AND %(is_promoted)s
             WHERE NOT EXISTS (
                       SELECT FROM rule AS banned
                        WHERE banned.mode = 'ban' AND %(is_banned)s
                   )
            """,
            learned=SQL.identifier(learned),
            promoted=PROMOTED,
            is_promoted=SQL(meets, rule=SQL.identifier("promoted")),
            is_banned=SQL(meets, rule=SQL.identifier("banned")),
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
