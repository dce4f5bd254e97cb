from odoo import models
from odoo.tools import SQL, ormcache

# Facts that may change with the passing of days alone: also because a quotation is no
# longer valid, or a meeting is over. And those that change with the cost of a product.
PASSING_FACTS = {
    "order_count_12m",
    "order_count_before",
    "order_value_12m",
    "order_value_before",
    "discount_ratio",
    "discount_ratio_before",
    "service_count_12m",
    "service_count_before",
    "value_trend",
    "margin",
    "margin_known_value",
    "net_invoiced_12m",
    "amount_overdue",
    "delivery_overdue_count",
    "quotation_count",
    "quotation_sent_count",
    "quotation_expired_count",
    "meeting_count",
    "round_count",
    "last_outcome",
    "last_outcome_date",
    "lost_reason_id",
}
# Number of documents of a kind, and the dates that tell how recent a new one is: the
# first of them that changed, else the first.
DOCUMENT_DATES = {
    "order_count": ("last_order_date", "first_order_date"),
    "quotation_count": ("last_quotation_date",),
    "lead_count": ("last_lead_date",),
}


class CrmLifecycleProfile(models.Model):
    """STAGE, decided: why a customer is to move to ``rule_stage_id``.

    ``pending_move`` is set in the statement that writes his numbers, where the old and
    the new ones are both at hand, and emptied by the move.
    """

    _inherit = "crm.lifecycle.profile"

    @ormcache("company.id", "today")
    def _sql_pending_move(self, company, today):
        """:return: two expressions for the cause of the move that waits for a row of
        ``next``: of a customer with a ``profile``, and of a new one"""
        first_run = SQL(
            "(SELECT lifecycle_as_of IS NULL FROM res_company WHERE id = %s)",
            company.id,
        )
        oldest = SQL(
            "(SELECT %s - COALESCE(lifecycle_hold_days, 0) FROM res_company"
            " WHERE id = %s)",
            today,
            company.id,
        )
        facts = self.env["crm.lifecycle.facts"]
        documents = [name for name in self._get_rule_fields() if name in facts._fields]
        columns = [
            SQL.identifier(name) for name in documents if name not in PASSING_FACTS
        ]
        kept = SQL(
            """
            CASE WHEN profile.is_pinned THEN NULL
                 WHEN profile.stage_date IS NOT NULL
                      AND profile.stage_id = next.rule_stage_id THEN NULL
                 WHEN %(first_run)s THEN 'first_run'
                 WHEN split_part(profile.configuration, '-', 1)
                      IS DISTINCT FROM split_part(next.configuration, '-', 1)
                 THEN 'model'
                 WHEN profile.configuration IS DISTINCT FROM next.configuration
                 THEN 'rules'
                 WHEN %(newest_added)s < %(oldest)s THEN 'old_document'
                 WHEN profile.as_of = next.as_of
                      OR (%(stored)s) IS DISTINCT FROM (%(now)s) THEN 'document'
                 ELSE COALESCE(profile.pending_move, 'time')
            END
            """,
            first_run=first_run,
            newest_added=self._sql_newest_added(),
            oldest=oldest,
            stored=SQL(", ").join(SQL("profile.%s", each) for each in columns),
            now=SQL(", ").join(SQL("next.%s", each) for each in columns),
        )
        new = SQL(
            """
            CASE WHEN %(first_run)s THEN 'first_run'
                 WHEN GREATEST(%(dates)s) < %(oldest)s THEN 'old_document'
                 ELSE 'document'
            END
            """,
            first_run=first_run,
            oldest=oldest,
            dates=SQL(", ").join(
                SQL.identifier("next", each)
                for each in documents
                if facts._fields[each].type == "date"
            ),
        )
        return kept, new

    def _sql_newest_added(self):
        """:return: date of the newest document that was added to those of ``profile``,
        empty when none was. One that changes neither the first nor the last date of its
        kind is as old as the last one at least."""
        dates = []
        for count, names in DOCUMENT_DATES.items():
            changed = SQL(" ").join(
                SQL(
                    "WHEN %(new)s IS DISTINCT FROM %(old)s THEN %(new)s",
                    new=SQL.identifier("next", name),
                    old=SQL.identifier("profile", name),
                )
                for name in names
            )
            dates.append(
                SQL(
                    "CASE WHEN %s > %s THEN CASE %s ELSE %s END END",
                    SQL.identifier("next", count),
                    SQL.identifier("profile", count),
                    changed,
                    SQL.identifier("next", names[0]),
                )
            )
        return SQL("GREATEST(%s)", SQL(", ").join(dates))
