from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_lifecycle_transition import CAUSES

# What Odoo makes the name of a contact of.
PARTNER_NAME = [
    *("name", "parent_id", "type", "is_company"),
    *("company_name", "commercial_company_name"),
]
# What is shown of a stage beside a customer.
STAGE = ["id", "name", "color", "phase"]


class CrmLifecycleProfile(models.Model):
    """ROW: where one customer (a commercial partner) stands in one company."""

    _name = "crm.lifecycle.profile"
    _description = "Customer Lifecycle Profile"
    _inherit = (
        "mail.thread",
        "mail.activity.mixin",
        "crm.lifecycle.list",
        "crm.lifecycle.scores",
    )
    _taken_over_from = ("stage_id", "company_id", "partner_id")
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, ondelete="cascade", readonly=True
    )
    active = fields.Boolean(default=True, readonly=True, help="As the contact.")
    stage_id = fields.Many2one(
        "crm.lifecycle.stage",
        readonly=True,
        index=True,
        tracking=True,
        ondelete="restrict",
        group_expand="_read_group_expand_full",
    )
    rule_stage_id = fields.Many2one(
        "crm.lifecycle.stage",
        "Stage by the Rules",
        readonly=True,
        ondelete="restrict",
        help="Where facts and scores place the customer. Another stage is shown only "
        "while one is set by hand.",
    )
    pending_move = fields.Selection(
        [*CAUSES, ("old_document", "Old document")],
        readonly=True,
        help="Why the customer is about to move to the stage by the rules: empty as "
        "soon as the move is made.",
    )
    is_pinned = fields.Boolean(
        "Stage Set by Hand",
        readonly=True,
        help="The customer stays in this stage until it is given free again.",
    )
    pin_reason = fields.Char("Why by Hand", readonly=True, tracking=True)
    pin_user_id = fields.Many2one("res.users", "Set by", readonly=True)
    pin_date = fields.Date("Set on", readonly=True)
    pin_until = fields.Date("By Hand until", readonly=True, tracking=True)
    phase = fields.Selection(related="stage_id.phase")
    stage_color = fields.Integer(related="stage_id.color")
    stage_date = fields.Date("In This Stage since", readonly=True)
    stage_days = fields.Integer(
        "Days in This Stage",
        compute="_compute_stage_days",
        search="_search_stage_days",
        aggregator="avg",
    )
    as_of = fields.Datetime(
        readonly=True, help="Documents dated before this moment are counted."
    )
    model_id = fields.Many2one("crm.lifecycle.model", readonly=True)
    configuration = fields.Char(
        readonly=True, help="Fingerprint of the rules that gave the stage."
    )
    user_id = fields.Many2one(related="partner_id.user_id")
    country_id = fields.Many2one(related="partner_id.country_id")
    industry_id = fields.Many2one(related="partner_id.industry_id")
    is_own = fields.Boolean(
        "My Customer",
        compute="_compute_is_own",
        search="_search_is_own",
        help="You are the salesperson of the contact or of one of their documents.",
    )
    transition_ids = fields.One2many("crm.lifecycle.transition", "profile_id")

    _partner_company_unique = models.UniqueIndex("(partner_id, company_id)")
    # the list by score, also of several companies, and how many there are
    _score_idx = models.Index("(loyalty_score DESC NULLS LAST, company_id, active)")
    _pending_move_idx = models.Index("(company_id) WHERE pending_move IS NOT NULL")

    @api.ondelete(at_uninstall=False)
    def _unlink_moves(self):
        """First: deleted with the profiles, they may go after these. Then PostgreSQL
        refuses it because of an action of this transaction, which still names them. The
        order is that in which foreign keys were made: another one in a restored
        database."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_lifecycle_transition WHERE profile_id = ANY(%s)",
                self.ids,
            )
        )
        self.env["crm.lifecycle.transition"].invalidate_model()

    def web_read(self, specification):
        """A list needs little of its customers, salespeople, companies and stages. By
        itself, the ORM would read all of their fields with the first one."""
        if len(self) > 1:
            profiles = self.sudo()
            shown = [
                self._fields[name].related_field.name
                for name in self._get_taken_over()["partner_id"]
            ]
            profiles.partner_id.fetch(PARTNER_NAME + shown)
            profiles.partner_id.user_id.fetch(["partner_id"])
            profiles.partner_id.user_id.partner_id.fetch(["name"])
            profiles.company_id.fetch(["currency_id", "name"])
            profiles.stage_id.fetch(STAGE)
        return super().web_read(specification)

    @api.model
    def _fetch_with_stage(self, domain, names):
        """As ``search_fetch``, and in the same query what is shown of the stages."""
        query = self._search(domain)
        if query.is_empty():
            return self.browse()
        Stage, stage = self._fields["stage_id"].join(self.sudo(), query.table, query)
        own = ["id", *(each.name for each in self._determine_fields_to_fetch(names))]
        rows = self.env.execute_query(
            query.select(
                *(self._field_to_sql(query.table, name, query) for name in own),
                *(Stage._field_to_sql(stage, name, query) for name in STAGE),
            )
        )
        for model, columns, found in (
            (self, own, [row[: len(own)] for row in rows]),
            (Stage, STAGE, [row[len(own) :] for row in rows if row[len(own)]]),
        ):
            ids, *values_of = zip(*found, strict=True) if found else [()]
            for name, values in zip(columns[1:], values_of, strict=bool(found)):
                model._fields[name]._insert_cache(model.browse(ids), values)
        return self.browse(row[0] for row in rows)

    @api.depends("stage_date")
    def _compute_stage_days(self):
        today = fields.Date.context_today(self)
        for profile in self:
            since = profile.stage_date
            # the company's day may have begun before the reader's
            profile.stage_days = since and max((today - since).days, 0)

    def _search_stage_days(self, operator, value):
        """The more days, the earlier the date."""
        today = fields.Date.context_today(self)
        if operator == "in":
            dates = [today - timedelta(days=int(days)) for days in value]
            return Domain("stage_date", "in", dates)
        mirrored = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
        if operator not in mirrored:
            return NotImplemented
        date = today - timedelta(days=int(value))
        return Domain("stage_date", mirrored[operator], date)

    def _field_to_sql(self, alias, field_expr, query=None):
        """The column that makes ``stage_days`` sort and average."""
        if field_expr != "stage_days":
            return super()._field_to_sql(alias, field_expr, query)
        since = super()._field_to_sql(alias, "stage_date", query)
        return SQL("(%s - %s)", fields.Date.context_today(self), since)

    @api.depends_context("uid")
    def _compute_is_own(self):
        own = self.sudo().search([("id", "in", self.ids), ("is_own", "=", True)])
        for profile in self:
            profile.is_own = profile.sudo() in own

    def _search_is_own(self, operator, value):
        """Customers of whom the user is the salesperson, or of one of whose
        quotations, orders, invoices or leads."""
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        contacts = [
            self.env[model]
            .with_context(active_test=False)
            ._search([(salesperson, "=", self.env.uid)], bypass_access=True)
            .subselect(contact)
            for model, salesperson, contact in (
                ("res.partner", "user_id", "id"),
                ("sale.order", "user_id", "partner_id"),
                ("account.move", "invoice_user_id", "partner_id"),
                ("crm.lead", "user_id", "partner_id"),
            )
        ]
        # as one list: PostgreSQL would look for every contact in each of several
        customers = SQL(
            "(SELECT commercial_partner_id FROM res_partner WHERE id IN (%s))",
            SQL(" UNION ALL ").join(contacts),
        )
        return Domain("partner_id", "in", customers)

    @api.model
    def _get_rule_fields(self):
        """:return: names of the facts and scores, in the order of their definition:
        what a stage may depend on"""
        scores = self.env["crm.lifecycle.scores"]
        return [
            name
            for name, field in scores._fields.items()
            if field.store and name not in ("id", "company_id")
        ]

    def _get_stages_at(self, day):
        """Exact from the first run of the company on; before it, as of the last end of
        a month, as far as history was rebuilt.

        :param day: date
        :return: dict by profile of the stage at the end of `day`, empty for none
        """
        self.env["crm.lifecycle.transition"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (profile_id) profile_id, to_stage_id
                  FROM crm_lifecycle_transition
                 WHERE profile_id = ANY(%s) AND date <= %s
              ORDER BY profile_id, date DESC, id DESC
                """,
                self.ids,
                day,
            )
        )
        stages = dict(rows)
        Stage = self.env["crm.lifecycle.stage"]
        return {profile: Stage.browse(stages.get(profile.id)) for profile in self}
