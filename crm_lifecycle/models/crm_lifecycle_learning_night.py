from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lifecycle_learning import TOPICS

# What was learned changes slowly: each topic is learned again after so many days, and
# links when there are so many times as many purchases as then.
LEARNING_DAYS, LEARNING_GROWTH = 7, 1.1


class CrmLifecycleLearningNight(models.Model):
    """SUGGESTIONS, the learning: what of it in which night.

    The first night learns everything, so that there are suggestions after it. From then
    on each topic has its night of the week, one that neighbouring companies do not
    have: so no night is much longer than others. No night of a company has more than
    one thing to learn: forecasts or one topic. What has to wait, also because the
    server was off, comes in one of the next nights.

    ``res.company.lifecycle_learned`` keeps what was learned ``last`` and on which day;
    of each topic the last of its nights; how many purchases there were when links were
    learned; and whose turn comes next (see ``_get_turn_ids``). Earlier versions learned
    all at once, on one ``day``.
    """

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _get_due(self, company, as_of):
        """What `company` is to learn (again) in the night to `as_of`.

        :return: dict of what is to be noted of it in ``lifecycle_learned``, with
            ``topics``; empty when nothing is due
        """
        company = company.sudo()
        purchases = self._count_purchases(company)
        known = company.lifecycle_learned
        topics = self._get_due_topics(company, as_of, purchases) if known else TOPICS
        if not topics:
            return {}
        today = company._lifecycle_today(as_of)
        due = {"last": today.isoformat(), "topics": list(topics)}
        for topic in topics:
            due[topic] = self._get_last_day(company, topic, today).isoformat()
        if "links" in topics:
            due["purchases"] = purchases
        if "gaps" in topics:
            due["turn"] = (known or {}).get("turn", 0) + 1
        return due

    def _get_due_topics(self, company, as_of, purchases):
        """:return: list of the topic that has waited longest, or of none"""
        today, known = company._lifecycle_today(as_of), company.lifecycle_learned
        if known.get("last") == today.isoformat():
            return []
        if self._is_learning_forecasts(company, as_of):
            return []
        if purchases > LEARNING_GROWTH * known["purchases"]:
            return ["links"]
        ages = {
            topic: (today - date.fromisoformat(known.get(topic, known.get("day")))).days
            for topic in TOPICS
        }
        waited = today - self._get_last_day(company, "settings", today)
        Model = self.env["crm.lifecycle.suggestion.model"]
        if not Model._get_due_tasks(company, as_of - waited):
            del ages["settings"]
        due = [topic for topic, age in ages.items() if not 0 <= age < LEARNING_DAYS]
        return [max(due, key=ages.get)] if due else []

    def _get_last_day(self, company, topic, today):
        """:return: the last day until `today` that is the one of the week for `topic`
        in `company`"""
        number = len(TOPICS) * company.id + TOPICS.index(topic)
        return today - timedelta(days=(today.toordinal() - number) % LEARNING_DAYS)

    def _is_learning_forecasts(self, company, as_of):
        """Whether forecasts are learned in the night to `as_of`, or have been."""
        begun = (company.lifecycle_night or {}).get("begun", {})
        is_begun = begun.get("as_of") == fields.Datetime.to_string(as_of)
        if is_begun and "learn" in begun["steps"]:
            return True
        return self.env["crm.lifecycle.model"]._is_due(company, as_of)

    def _count_purchases(self, company):
        [(purchases,)] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(order_count), 0)
                  FROM crm_lifecycle_profile WHERE company_id = %s
                """,
                company.id,
            )
        )
        return int(purchases)

    @api.model
    def _nightly_units(self, company, as_of, due):
        """Learn what is due. Of the other categories to win, those that customers have
        bought are forgotten; what they buy is read when something is suggested.

        :param due: what :meth:`_get_due` returned
        :return: generator of units of work, each the number of units left
        """
        company = company.sudo()
        if known := company.lifecycle_learned:
            day = date.fromisoformat(known.get("gaps", known.get("day")))
            self.env["crm.lifecycle.gap"]._forget_filled(company, as_of, day)
        if due:
            yield from self._learn_units(company, as_of, due["topics"])
            company.lifecycle_learned = {**(known or {}), **due}
