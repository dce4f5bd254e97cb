from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_lifecycle_facts import AMOUNT_GROUPS

READ_GROUPS = (
    "sales_team.group_sale_salesman,"
    "account.group_account_invoice,account.group_account_readonly"
)


class ResPartner(models.Model):
    """SCREEN link: a contact shows the profile of his commercial partner in the
    current company. Nothing computed is stored here; all of it can be searched, sorted
    and grouped, because ``lifecycle_id`` is a join.

    Related fields are read as superuser. So that nobody sees more on a contact than
    on the profile itself, ``lifecycle_id`` is empty wherever the access rights and
    record rules of the reader do not let him read the profile.
    """

    _name = "res.partner"
    _inherit = ("res.partner", "crm.lifecycle.list")
    _taken_over_from = ("lifecycle_id",)

    lifecycle_prospect = fields.Boolean(
        "Follow as Prospect",
        groups="base.group_user",
        help="Follow this contact in the customer lifecycle although there is no "
        "lead, quotation, order or invoice yet.",
    )
    lifecycle_excluded = fields.Boolean(
        "No Customer Profile",
        groups="base.group_user",
        help="No lifecycle stage, no score and no suggestion is computed for this "
        "customer, and what has been computed is deleted.",
    )
    lifecycle_excluded_reason = fields.Selection(
        [
            ("objected", "Objected to profiling"),
            ("employee", "Employee"),
            ("no_customer", "Not a customer"),
            ("other", "Other"),
        ],
        "Why No Profile",
        groups="base.group_user",
    )
    lifecycle_quiet = fields.Boolean(
        "No Automatic Actions",
        groups="base.group_user",
        help="Stage actions do nothing for this customer: no e-mail, no activity.",
    )
    lifecycle_id = fields.Many2one(
        "crm.lifecycle.profile",
        "Customer Lifecycle",
        compute="_compute_lifecycle_id",
        compute_sudo=True,
        search="_search_lifecycle_id",
        groups=READ_GROUPS,
    )
    lifecycle_stage_id = fields.Many2one(
        related="lifecycle_id.stage_id",
        string="Lifecycle Stage",
        tracking=False,  # the profile's own chatter tells it
        groups=READ_GROUPS,
    )
    lifecycle_stage_color = fields.Integer(
        related="lifecycle_id.stage_id.color", aggregator=None, groups=READ_GROUPS
    )
    lifecycle_phase = fields.Selection(
        related="lifecycle_id.stage_id.phase",
        string="Lifecycle Phase",
        groups=READ_GROUPS,
    )
    # ``falsy_value=None``: who has no profile is not found by "more than 0"
    loyalty_score = fields.Float(
        related="lifecycle_id.loyalty_score",
        aggregator="avg",
        falsy_value=None,
        groups=READ_GROUPS,
    )
    lifecycle_risk_level = fields.Selection(
        related="lifecycle_id.risk_level", groups=READ_GROUPS
    )
    lifecycle_money_at_stake = fields.Monetary(
        related="lifecycle_id.money_at_stake",
        currency_field="lifecycle_currency_id",
        falsy_value=None,
        groups=AMOUNT_GROUPS,
    )
    lifecycle_summary = fields.Char(
        related="lifecycle_id.lifecycle_summary", groups=READ_GROUPS
    )
    lifecycle_last_order_date = fields.Date(
        related="lifecycle_id.last_order_date", groups=READ_GROUPS
    )
    lifecycle_next_order_date = fields.Date(
        related="lifecycle_id.next_order_date", groups=READ_GROUPS
    )
    lifecycle_probability_90 = fields.Float(
        related="lifecycle_id.probability_90",
        aggregator="avg",
        falsy_value=None,
        groups=READ_GROUPS,
    )
    lifecycle_currency_id = fields.Many2one(
        related="lifecycle_id.company_id.currency_id",
        string="Lifecycle Currency",
        groups=AMOUNT_GROUPS,
    )
    lifecycle_value_tier = fields.Selection(
        related="lifecycle_id.value_tier", groups=AMOUNT_GROUPS
    )
    lifecycle_expected_value = fields.Monetary(
        related="lifecycle_id.expected_value",
        currency_field="lifecycle_currency_id",
        falsy_value=None,
        groups=AMOUNT_GROUPS,
    )
    lifecycle_net_invoiced = fields.Monetary(
        related="lifecycle_id.net_invoiced",
        currency_field="lifecycle_currency_id",
        falsy_value=None,
        groups=AMOUNT_GROUPS,
    )

    # Odoo has none on this column: whose customers a salesperson with own documents
    # may see.
    _lifecycle_user_idx = models.Index("(user_id) WHERE user_id IS NOT NULL")

    def write(self, vals):
        result = super().write(vals)
        if vals.get("lifecycle_excluded"):  # who objects is not kept waiting
            self._unlink_lifecycle()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifecycle(self):
        """By the ORM, so that messages and activities go with the profile."""
        self.env["crm.lifecycle.profile"].sudo().with_context(active_test=False).search(
            [("partner_id", "in", self.ids)]
        ).unlink()
        self.env["crm.lifecycle.suggestion"]._forget(self.ids)

    @api.model
    def _lifecycle_readable(self):
        """:return: the model of profiles as the reader himself (not as superuser on
        his behalf), and the domain of those that he can meet on a contact
        """
        Profile = self.env["crm.lifecycle.profile"].sudo(False)
        if not Profile.has_access("read"):
            return Profile.sudo(), Domain.FALSE
        return Profile, Domain("company_id", "=", self.env.company.id)

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid")
    def _compute_lifecycle_id(self):
        Profile, readable = self._lifecycle_readable()
        wanted = ["partner_id", "company_id", "stage_id"]
        for name in self._get_taken_over()["lifecycle_id"]:
            field = self._fields[name].related_field
            # a form tells what is made of many columns, a list does not
            if (field.store or len(self) == 1) and Profile._has_field_access(
                field, "read"
            ):
                wanted.append(field.name)
        customers = self.commercial_partner_id
        profiles = Profile.with_context(active_test=False)._fetch_with_stage(
            readable & Domain("partner_id", "in", customers.ids), wanted
        )
        # in memory, because setting 80 links one by one takes as long as reading them
        partner_of = Profile._fields["partner_id"]._get_cache(Profile.env)
        profile_of = {partner_of[id_]: id_ for id_ in profiles._ids}
        customer_of = self._fields["commercial_partner_id"]._get_cache(self.env)
        ids = [customer_of[id_] for id_ in self._ids]  # of a form, perhaps not saved
        self._fields["lifecycle_id"]._insert_cache(
            self, [profile_of.get(id_ or getattr(id_, "origin", None)) for id_ in ids]
        )

    @api.model
    def _search_lifecycle_id(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        Profile, readable = self._lifecycle_readable()

        def has_profile(domain):
            query = Profile._search(readable & domain, active_test=False)
            partners = SQL.identifier(query.table, "partner_id")
            return Domain("commercial_partner_id", "in", query.select(partners))

        if operator == "in":
            found = has_profile(Domain("id", "in", [id_ for id_ in value if id_]))
            return found | ~has_profile(Domain.TRUE) if False in value else found
        if isinstance(value, Domain):
            return has_profile(value)
        return has_profile(Domain("id", operator, value))

    def _field_to_sql(self, alias, field_expr, query=None):
        """The join that makes ``lifecycle_id`` a column for sorting and grouping, and
        plain values of the profile with it: by itself, the ORM would join the profile a
        second time, which takes as long as all the rest."""
        if field_expr == "lifecycle_id":
            name = "id"
        elif self._is_lifecycle_value(field_expr):
            name = self._fields[field_expr].related.partition(".")[2]
        else:
            return super()._field_to_sql(alias, field_expr, query)
        # the ORM does not check a related field that is sorted or summed
        self._check_field_access(self._fields[field_expr], "read")
        Profile, readable = self._lifecycle_readable()
        value = Profile._fields.get(name)
        if not value or not value.store or value.relational:
            return super()._field_to_sql(alias, field_expr, query)
        profiles = Profile._search(readable, active_test=False)
        columns = SQL("%s.*", SQL.identifier(profiles.table))
        # not the alias that the ORM itself makes of the field to join the profile
        profile = query.make_alias(alias, "lifecycle_profile")
        query.add_join(
            "LEFT JOIN",
            profile,
            SQL("(%s)", profiles.select(columns)),
            SQL(
                "%s = %s",
                SQL.identifier(profile, "partner_id"),
                self._field_to_sql(alias, "commercial_partner_id", query),
            ),
        )
        return Profile._field_to_sql(profile, name, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Who has no profile comes last, whichever way it is sorted."""
        if not nulls.code and self._is_lifecycle_value(field_name):
            nulls = SQL("NULLS LAST")
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    def _is_lifecycle_value(self, name):
        """Whether the field called `name` shows a value of the profile."""
        field = self._fields.get(name)
        return bool(field and (field.related or "").startswith("lifecycle_id."))
