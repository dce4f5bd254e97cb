from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmLifecycleProfile(models.Model):
    """SCREEN: customers by the phases of their stage, and those stuck in it."""

    _inherit = "crm.lifecycle.profile"

    relationship_phase = fields.Selection(related="stage_id.relationship_phase")
    process_phase = fields.Selection(related="stage_id.process_phase")
    is_stage_overdue = fields.Boolean(
        "Longer Here than Wanted",
        compute="_compute_is_stage_overdue",
        search="_search_is_stage_overdue",
        help="Has been in this stage for more days than wanted for it.",
    )

    @api.depends("stage_id", "stage_date")
    def _compute_is_stage_overdue(self):
        overdue = self.sudo().with_context(active_test=False)
        overdue = overdue.search(
            [("id", "in", self.ids), ("is_stage_overdue", "=", True)]
        )
        for profile in self:
            profile.is_stage_overdue = profile.sudo() in overdue

    def _search_is_stage_overdue(self, operator, value):
        """Whatever the company, today is the one of the reader's company."""
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        company = self.env.company
        today = company._lifecycle_today(company._lifecycle_as_of())
        stages = self.env["crm.lifecycle.stage"].sudo().with_context(active_test=False)
        return Domain.OR(
            Domain("stage_id", "=", stage.id)
            & Domain("stage_date", "<", today - timedelta(days=stage.target_days))
            for stage in stages.search([("target_days", ">", 0)])
        )


class CrmLifecycleStage(models.Model):
    """SCREEN: what is in a stage, against what is wanted, in the current company.

    Counted are customers whom the reader may read, so that a figure and the list
    behind it agree.
    """

    _inherit = "crm.lifecycle.stage"

    customer_count = fields.Integer("Customers", compute="_compute_figures")
    customer_share = fields.Float(
        "Share",
        compute="_compute_figures",
        help="Of all customers. The shares of all stages add up to 100 %.",
    )
    typical_days = fields.Integer(
        "Typical Days Here",
        compute="_compute_figures",
        help="Half of the customers in this stage have been in it for longer.",
    )
    overdue_count = fields.Integer(
        "Longer than Wanted",
        compute="_compute_figures",
        help="Customers who have been in this stage for more days than wanted.",
    )

    unmatched_count = fields.Integer(
        "Match No Rule",
        compute="_compute_figures",
        help="Customers who are only here because no rule matches them, and this is "
        "the first stage.",
    )

    @api.depends_context("company", "uid")
    def _compute_figures(self):
        Profile = self.env["crm.lifecycle.profile"].with_context(active_test=True)
        company = self.env.company
        today = company._lifecycle_today(company._lifecycle_as_of())
        query = Profile._search(
            [("company_id", "=", company.id), ("stage_id", "!=", False)]
        )
        stage = Profile._field_to_sql(query.table, "stage_id", query)
        stages = self._get_company_stages(company)

        def count_of(domain):
            condition = domain.optimize_full(Profile.sudo())
            return SQL(
                "count(*) FILTER (WHERE %s)",
                condition._to_sql(Profile.sudo(), query.table, query),
            )

        query.groupby = stage
        rows = self.env.execute_query(
            query.select(
                stage,
                SQL("count(*)"),
                SQL(
                    "percentile_disc(0.5) WITHIN GROUP (ORDER BY %s - %s)",
                    today,
                    Profile._field_to_sql(query.table, "stage_date", query),
                ),
                count_of(Domain("is_stage_overdue", "=", True)),
                count_of(stages._get_unmatched_domain()),
            )
        )
        figures = {stage_id: row for stage_id, *row in rows}
        total = sum(row[0] for row in figures.values())
        for stage in self:
            count, days, overdue, _unmatched = figures.get(stage.id, (0, 0, 0, 0))
            stage.customer_count = count
            stage.customer_share = count / total if total else 0
            stage.typical_days = days
            stage.overdue_count = overdue
            stage.unmatched_count = (
                sum(row[3] for row in figures.values()) if stage == stages[:1] else 0
            )

    def action_change_rules(self):
        """Open a what-if for the rules of all stages."""
        return self.env["crm.lifecycle.what.if"].create({})._open()

    def action_open_customers(self):
        """List the customers of this stage."""
        return self._open_customers(Domain("stage_id", "=", self.id))

    def action_open_overdue(self):
        """List the customers who have been here for longer than wanted."""
        return self._open_customers(
            Domain("stage_id", "=", self.id) & Domain("is_stage_overdue", "=", True)
        )

    def action_open_unmatched(self):
        """List the customers whom no rule matches."""
        stages = self._get_company_stages(self.env.company)
        return self._open_customers(stages._get_unmatched_domain())

    def _get_unmatched_domain(self):
        """:return: customers whom no rule of the stages in `self` matches"""
        return ~Domain.OR(domain for _id, domain in self._get_rules())

    def _open_customers(self, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_lifecycle.crm_lifecycle_profile_action"
        )
        domain &= Domain("company_id", "=", self.env.company.id)
        return {
            **action,
            "display_name": self.name,
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": list(domain),
            "context": {},
        }
