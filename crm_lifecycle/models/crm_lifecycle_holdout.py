import hashlib
import secrets

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

BUCKETS = 2**32


class CrmLifecycleHoldout(models.Model):
    """EXPERIMENT: some customers, drawn by lot, see no suggestions for a while. Only so
    can a company know what suggestions bring: those who are offered something differ
    in many ways from those who are not.

    Whether a customer is held out is a matter of a hash and stored nowhere: of company,
    commercial partner and ``salt``, the same in Python and in SQL. So it is constant
    for the experiment, known for customers to come, and drawn anew for the next one.
    """

    _name = "crm.lifecycle.holdout"
    _description = "Suggestion Experiment"
    _order = "date_start desc, id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
        help="Its branches take part.",
    )
    state = fields.Selection(
        [("draft", "Not Started"), ("running", "Running"), ("done", "Ended")],
        "Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    share = fields.Float(
        "Without Suggestions",
        default=0.2,
        required=True,
        help="Share of the customers, drawn by lot, for whom no suggestion is shown. "
        "The nearer to one half, the sooner there is a result.",
    )
    salt = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_hex(8),
        help="Makes another draw of each experiment.",
    )
    date_start = fields.Date("Started on", readonly=True, copy=False)
    date_end = fields.Date(
        "Last Day",
        copy=False,
        help="Afterwards everybody sees suggestions again. Empty: until it is ended "
        "by hand.",
    )

    _running_unique = models.UniqueIndex(
        "(company_id) WHERE state = 'running'",
        "Another experiment is running. End it first.",
    )
    _share_check = models.Constraint(
        "CHECK (share > 0 AND share < 1)",
        "The share must be more than 0 % and less than 100 %.",
    )

    # --- who is held out

    @api.model
    @tools.ormcache("company_id")
    def _get_running(self, company_id):
        """:return: tuple of the experiments that concern the documents of a company,
        its own and those of its parent companies: each as company, salt, hash below
        which a customer is held out, and last day
        """
        company = self.env["res.company"].sudo().browse(company_id)
        running = self.sudo().search(
            [("company_id", "in", company.parent_ids.ids), ("state", "=", "running")]
        )
        return tuple(
            (
                experiment.company_id.id,
                experiment.salt,
                experiment._get_limit(),
                experiment.date_end,
            )
            for experiment in running
        )

    def _get_limit(self):
        """:return: hash below which a customer is held out"""
        return round(self.share * BUCKETS)

    @api.model
    def _hash(self, company_id, partner_id, salt):
        """:return: whole number from 0 to ``BUCKETS`` - 1, see :meth:`_sql_hash`"""
        text = f"{company_id}:{partner_id}:{salt}"
        return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)

    @api.model
    def _sql_hash(self, company_id, partner_sql, salt):
        """The first 32 bits of SHA-256, which both sides know.

        :param partner_sql: SQL of the id of a commercial partner
        """
        return SQL(
            "('x' || left(encode(sha256(convert_to("
            "%s || ':' || (%s)::text || ':' || %s, 'UTF8')), 'hex'), 8)"
            ")::bit(32)::bigint",
            str(company_id),
            partner_sql,
            salt,
        )

    @api.model
    def _get_current(self, company):
        """:return: the experiments of :meth:`_get_running` that are not over today"""
        experiments = self._get_running(company.id)
        if not experiments:
            return ()
        today = company._lifecycle_today(company._lifecycle_as_of())
        return [each for each in experiments if not each[3] or each[3] >= today]

    @api.model
    def _sql_held_out(self, company, partner_sql):
        """:param partner_sql: SQL of the id of a commercial partner
        :return: SQL of whether he sees no suggestions in `company`
        """
        held_out = [
            SQL("%s < %s", self._sql_hash(company_id, partner_sql, salt), limit)
            for company_id, salt, limit, _end in self._get_current(company)
        ]
        return SQL("(%s)", SQL(" OR ").join(held_out)) if held_out else SQL("FALSE")

    # --- life of an experiment

    @api.model_create_multi
    def create(self, vals_list):
        experiments = super().create(vals_list)
        self.env.registry.clear_cache()
        return experiments

    def write(self, vals):
        fixed = {"company_id", "share", "salt", "date_start"} & set(vals)
        if fixed and any(experiment.state != "draft" for experiment in self):
            raise UserError(
                self.env._(
                    "An experiment that has started cannot be changed: it would tell "
                    "nothing. Start another one."
                )
            )
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_clear_cache(self):
        self.env.registry.clear_cache()

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for experiment in self:
            start, end = experiment.date_start, experiment.date_end
            if start and end and end < start:
                raise ValidationError(
                    self.env._("The last day cannot be before the first one.")
                )

    def action_start(self):
        """From now on, the share of the customers sees no suggestions."""
        for experiment in self:
            company = experiment.company_id
            today = company._lifecycle_today(company._lifecycle_as_of())
            over = self.search(
                Domain("company_id", "=", company.id)
                & Domain("state", "=", "running")
                & Domain("date_end", "<", today)
            )
            over.state = "done"
            experiment.write({"state": "running", "date_start": today})

    def action_stop(self):
        """From now on, everybody sees suggestions again."""
        for experiment in self:
            company = experiment.company_id
            today = company._lifecycle_today(company._lifecycle_as_of())
            end = min(filter(None, (experiment.date_end, today)))
            experiment.write({"state": "done", "date_end": end})


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _lifecycle_is_held_out(self, company):
        """:return: whether this contact sees no suggestions in `company`, because an
        experiment compares him with those who do
        """
        self.ensure_one()
        Holdout = self.env["crm.lifecycle.holdout"]
        partner_id = self.sudo().commercial_partner_id.id
        return any(
            Holdout._hash(company_id, partner_id, salt) < limit
            for company_id, salt, limit, _end in Holdout._get_current(company)
        )
