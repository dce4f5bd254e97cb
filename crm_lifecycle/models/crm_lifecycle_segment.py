from odoo import api, fields, models
from odoo.fields import Domain

from .crm_lifecycle_band import LOYALTY_BANDS
from .crm_lifecycle_facts import AMOUNT_GROUPS

VALUE_TIERS = ["A", "B", "C"]
AMOUNTS = ["net_invoiced_12m", "expected_value", "money_at_stake"]


class CrmLifecycleSegment(models.Model):
    """CELL of the segmentation matrix: customers of one value tier and one loyalty
    band, or one stage, and what the company wants to do about them.

    Value tiers are amounts: only who may read amounts reads segments. Figures are those
    of customers whom the reader may read, so that a cell and the list behind it agree.
    """

    _name = "crm.lifecycle.segment"
    _description = "Customer Segment"
    _order = "value_tier, loyalty_band, stage_id, id"

    name = fields.Char("Strategy", translate=True, help="In a few words.")
    strategy = fields.Text(
        "What to Do",
        translate=True,
        help="What you want to do with customers of this kind.",
    )
    value_tier = fields.Selection(
        [(tier, tier) for tier in VALUE_TIERS], required=True, readonly=True
    )
    loyalty_band = fields.Selection(LOYALTY_BANDS, "Loyalty", readonly=True)
    stage_id = fields.Many2one(
        "crm.lifecycle.stage", readonly=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_figures")
    customer_count = fields.Integer("Customers", compute="_compute_figures")
    net_invoiced_12m = fields.Monetary(
        "Net Invoiced in 12 Months", compute="_compute_figures"
    )
    expected_value = fields.Monetary(
        "Expected Value in 12 Months", compute="_compute_figures"
    )
    money_at_stake = fields.Monetary(compute="_compute_figures")

    _is_one_cell = models.Constraint(
        "CHECK ((loyalty_band IS NULL) != (stage_id IS NULL))",
        "A segment is a value tier with either a loyalty or a stage.",
    )
    _cell_unique = models.UniqueIndex(
        "(value_tier, COALESCE(loyalty_band, ''), COALESCE(stage_id, 0))",
        "There is such a segment already.",
    )

    @api.depends_context("lang")
    @api.depends("name", "value_tier", "loyalty_band", "stage_id.name")
    def _compute_display_name(self):
        bands = dict(self._fields["loyalty_band"]._description_selection(self.env))
        for segment in self:
            other = bands.get(segment.loyalty_band) or segment.stage_id.name
            cell = f"{segment.value_tier} × {other}"
            segment.display_name = f"{cell}: {segment.name}" if segment.name else cell

    @api.model
    def _search_display_name(self, operator, value):
        if operator != "ilike":
            return NotImplemented
        bands = self._fields["loyalty_band"]._description_selection(self.env)
        return Domain.OR(
            [
                Domain("name", operator, value),
                Domain("stage_id", operator, value),
                Domain("value_tier", "=", value.strip().upper()),
                Domain(
                    "loyalty_band",
                    "in",
                    [band for band, label in bands if value.lower() in label.lower()],
                ),
            ]
        )

    @api.depends_context("company", "uid")
    def _compute_figures(self):
        figures = {}
        if self.filtered("loyalty_band"):
            figures |= self._read_figures("loyalty_band")
        if self.filtered("stage_id"):
            figures |= self._read_figures("stage_id")
        for segment in self:
            key = segment.value_tier, segment.loyalty_band or segment.stage_id
            count, *amounts = figures.get(key, (0, 0, 0, 0))
            segment.currency_id = self.env.company.currency_id
            segment.customer_count = count
            for name, amount in zip(AMOUNTS, amounts, strict=True):
                segment[name] = amount

    @api.model
    def _read_figures(self, axis):
        """:param axis: loyalty_band or stage_id
        :return: dict by (value tier, value of the axis) of number and amounts"""
        groups = self.env["crm.lifecycle.profile"]._read_group(
            self._get_customers_domain() & Domain("value_tier", "!=", False),
            ["value_tier", axis],
            ["__count", *(f"{name}:sum" for name in AMOUNTS)],
        )
        return {(tier, cell): figures for tier, cell, *figures in groups}

    @api.model
    def _get_customers_domain(self):
        return Domain("company_id", "=", self.env.company.id)

    def _get_domain(self):
        """:return: the customers of these segments, of whatever company"""
        return Domain.OR(
            Domain("value_tier", "=", segment.value_tier)
            & (
                Domain("loyalty_band", "=", segment.loyalty_band)
                if segment.loyalty_band
                else Domain("stage_id", "=", segment.stage_id.id)
            )
            for segment in self
        )

    def action_open_customers(self):
        """List the customers of this segment: the filter can be saved as a favourite,
        and combined with others."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_lifecycle.crm_lifecycle_profile_action"
        )
        return {
            **action,
            "display_name": self.display_name,
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": list(self._get_customers_domain()),
            "context": {"search_default_segment_id": self.id},
        }

    @api.model
    def get_matrix(self, axis):
        """What the matrix shows.

        :param axis: loyalty_band or stage_id
        """
        if axis == "stage_id":
            used = self.env["crm.lifecycle.stage"]._get_company_stages(self.env.company)
            domain = Domain("stage_id", "in", used.ids)
        else:
            domain = Domain("loyalty_band", "!=", False)
        segments = self.search(domain)
        if axis == "stage_id":  # who has a tier bought, so most stages have nobody
            stages = segments.stage_id.filtered("is_customer")
            stages |= segments.filtered("customer_count").stage_id
            segments = segments.filtered(lambda segment: segment.stage_id in stages)
        company = self.env.company
        bands = self._fields["loyalty_band"]._description_selection(self.env)
        return {
            "currency_id": company.currency_id.id,
            "can_edit": self.has_access("write"),
            "medium": company.sudo().lifecycle_medium_loyalty,
            "high": company.sudo().lifecycle_high_loyalty,
            "columns": [
                {"key": stage.id, "name": stage.name, "color": stage.color}
                for stage in segments.stage_id.sorted()
            ]
            or [{"key": band, "name": name} for band, name in bands],
            "tiers": VALUE_TIERS,
            "cells": [
                {
                    "id": segment.id,
                    "tier": segment.value_tier,
                    "column": segment.loyalty_band or segment.stage_id.id,
                    "name": segment.name,
                    "strategy": segment.strategy,
                    "customer_count": segment.customer_count,
                    **{name: segment[name] for name in AMOUNTS},
                }
                for segment in segments
            ],
            "without_tier": self.env["crm.lifecycle.profile"].search_count(
                self._get_customers_domain() & Domain("value_tier", "=", False)
            ),
        }

    @api.model
    def _create_missing(self, stages=None):
        """Cells for stages that have none yet."""
        Stage = self.env["crm.lifecycle.stage"].with_context(active_test=False)
        stages = stages or Stage.search([])  # pylint: disable=no-search-all
        known = self.sudo().search([("stage_id", "in", stages.ids)]).stage_id
        self.sudo().create(
            [
                {"value_tier": tier, "stage_id": stage.id}
                for stage in stages - known
                for tier in VALUE_TIERS
            ]
        )


class CrmLifecycleStage(models.Model):
    _inherit = "crm.lifecycle.stage"

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create(vals_list)
        if not self.env.context.get("install_mode"):  # their cells come as data
            self.env["crm.lifecycle.segment"]._create_missing(stages)
        return stages


class CrmLifecycleProfile(models.Model):
    _inherit = "crm.lifecycle.profile"

    segment_id = fields.Many2one(
        "crm.lifecycle.segment",
        compute="_compute_segment_id",
        search="_search_segment_id",
        groups=AMOUNT_GROUPS,
        help="Cell of the matrix of value and loyalty. In a search, also one of value "
        "and stage.",
    )

    @api.depends("value_tier", "loyalty_band")
    def _compute_segment_id(self):
        segments = self.env["crm.lifecycle.segment"].search(
            [("loyalty_band", "!=", False)]
        )
        cells = {(cell.value_tier, cell.loyalty_band): cell for cell in segments}
        for profile in self:
            profile.segment_id = cells.get((profile.value_tier, profile.loyalty_band))

    def _search_segment_id(self, operator, value):
        Segment = self.env["crm.lifecycle.segment"]
        if operator == "in":
            found = Segment.browse(each for each in value if each)._get_domain()
            no_tier = Domain("value_tier", "=", False)
            return found | no_tier if False in value else found
        if operator in ("any", "any!"):
            where = value if isinstance(value, Domain) else Domain("id", "in", value)
            return Segment.search(where)._get_domain()
        return NotImplemented
