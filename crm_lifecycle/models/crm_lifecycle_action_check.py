import ast
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize_all


class CrmLifecycleAction(models.Model):
    """SAFETY KIT: why an action is not done for a customer. The same checks answer
    before it is switched on whom it would reach."""

    _inherit = "crm.lifecycle.action"

    def _get_obstacles(self, transitions):
        """What keeps this action from being done now for customers who moved.

        :param transitions: moves in one company, into the stage of this action
        :return: dict of the id of a transition to the code of the first obstacle (see
            ``REASONS`` of the log); those without an obstacle are not in it
        """
        self.ensure_one()
        found = {}
        for reason, select in self._get_checks():
            stopped = select(transitions)
            found.update(dict.fromkeys(stopped.ids, reason))
            transitions -= stopped
        return found

    def _get_checks(self):
        """:return: list of (reason, function that selects the transitions that this
        reason stops), in the order in which they are tried
        """

        def chosen(condition):
            return lambda transitions: transitions.filtered(condition)

        checks = [
            ("excluded", chosen(lambda move: move.partner_id.lifecycle_excluded)),
            ("archived", chosen(lambda move: not move.partner_id.active)),
            ("quiet", chosen(lambda move: move.partner_id.lifecycle_quiet)),
            ("left", self._select_left),
            ("repeated", self._select_repeated),
        ]
        if self.kind == "email":
            checks += [
                ("no_email", self._select_no_email),
                ("blacklisted", self._select_blacklisted),
            ]
        if self.kind == "activity":
            checks += [
                ("no_user", chosen(lambda move: not self._get_responsible(move)))
            ]
        checks += [("condition", self._select_condition)]
        if self.kind == "email":
            checks += [("cool_down", self._select_cool_down)]
        return checks

    def _select_left(self, transitions):
        """The stay in the stage that began with the move is over."""
        if self.even_if_left:
            return transitions.browse()
        newest = dict(
            transitions._read_group(
                [
                    ("profile_id", "in", transitions.profile_id.ids),
                    ("is_reconstructed", "!=", True),
                ],
                ["profile_id"],
                ["id:max"],
            )
        )
        return transitions.filtered(
            lambda move: (
                move.profile_id.stage_id != move.to_stage_id
                or newest[move.profile_id] != move.id
            )
        )

    def _select_repeated(self, transitions):
        since = fields.Datetime.now() - timedelta(days=self.repeat_days)
        done = self._get_done(
            transitions, [("action_id", "in", self.ids), ("date_done", ">", since)]
        )
        return transitions.filtered(lambda move: move.partner_id in done.partner_id)

    def _select_cool_down(self, transitions):
        """Another automatic e-mail was sent a short while ago."""
        days = transitions.company_id.lifecycle_cooldown_days
        since = fields.Datetime.now() - timedelta(days=days)
        done = self._get_done(
            transitions, [("action_id.kind", "=", "email"), ("date_done", ">", since)]
        )
        return transitions.filtered(lambda move: move.partner_id in done.partner_id)

    def _get_done(self, transitions, domain):
        """:return: what was done for these customers in this company"""
        return (
            self.env["crm.lifecycle.outbox"]
            .with_context(active_test=False)
            .search(
                Domain("partner_id", "in", transitions.partner_id.ids)
                & Domain("company_id", "in", transitions.company_id.ids)
                & Domain(domain)
            )
        )

    def _select_no_email(self, transitions):
        addresses = self._get_addresses(transitions)
        return transitions.filtered(lambda move: not addresses[move.id])

    def _select_blacklisted(self, transitions):
        addresses = self._get_addresses(transitions)
        asked = set().union(*addresses.values())
        blacklisted = set(
            self.env["mail.blacklist"]
            .search([("email", "in", list(asked))])
            .mapped("email")
        )
        return transitions.filtered(lambda move: addresses[move.id] & blacklisted)

    def _get_addresses(self, transitions):
        """To whom the template writes.

        :return: dict of the id of a transition to a set of normalized addresses
        """
        record_ids = {move.id: self._get_record(move).id for move in transitions}
        recipients = self.template_id._generate_template_recipients(
            list(record_ids.values()), {"email_cc", "email_to", "partner_to"}
        )
        addresses = {}
        for move_id, record_id in record_ids.items():
            values = recipients[record_id]
            partners = self.env["res.partner"].browse(values.get("partner_ids", []))
            addresses[move_id] = {
                *filter(None, partners.mapped("email_normalized")),
                *email_normalize_all(values.get("email_to") or ""),
                *email_normalize_all(values.get("email_cc") or ""),
            }
        return addresses

    def _select_condition(self, transitions):
        """Customers for whom the condition does not hold (yet)."""
        holds = transitions.profile_id.with_context(active_test=False).search(
            Domain("id", "in", transitions.profile_id.ids)
            & Domain(ast.literal_eval(self.condition))
        )
        return transitions.filtered(lambda move: move.profile_id not in holds)
