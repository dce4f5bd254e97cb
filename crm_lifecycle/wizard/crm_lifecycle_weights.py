from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.crm_lifecycle_buttons import notify

PARTS = (
    *("recency", "frequency", "value", "tenure", "breadth"),
    *("payment", "delivery", "returns"),
)


class CrmLifecycleWeights(models.TransientModel):
    """Other weights for the parts of the loyalty score, and whose score and stage they
    would change: nothing changes before they are applied."""

    _name = "crm.lifecycle.weights"
    _description = "Loyalty Weights"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    recency = fields.Integer(
        "Last purchase", help="More for who was here lately, against his own rhythm."
    )
    frequency = fields.Integer(
        "How often", help="More for more purchases within 12 months."
    )
    value = fields.Integer("How much", help="More for who bought for more money.")
    tenure = fields.Integer(
        "How long", help="More for a longer time from first to last purchase."
    )
    breadth = fields.Integer(
        "Variety", help="More for more different products and categories."
    )
    payment = fields.Integer(
        help="More for who pays in time and has nothing overdue.",
    )
    delivery = fields.Integer(
        help="More for whom you delivered in time: late deliveries cost loyalty.",
    )
    returns = fields.Integer(help="More for who sends little back.")
    total = fields.Integer(compute="_compute_total")
    medium_loyalty = fields.Integer(
        "Medium Loyalty from", help="A lower score is called low loyalty."
    )
    high_loyalty = fields.Integer("High Loyalty from")
    previous_id = fields.Many2one("crm.lifecycle.model", compute="_compute_previous_id")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        company = self.env.company
        weights = self.env["crm.lifecycle.model"]._get_weights(company)
        limits = {
            "medium_loyalty": company.sudo().lifecycle_medium_loyalty,
            "high_loyalty": company.sudo().lifecycle_high_loyalty,
        }
        return {**self._as_values(weights), **limits, **values}

    @api.model
    def _as_values(self, weights):
        return {part: round(weights[part]) for part in PARTS}

    def _get_weights(self):
        """:return: dict of points by part, as on the screen"""
        return {part: float(self[part]) for part in PARTS}

    @api.depends("company_id")
    def _compute_display_name(self):
        self.display_name = self.env._("Loyalty Weights")

    @api.depends(*PARTS)
    def _compute_total(self):
        for wizard in self:
            wizard.total = sum(wizard._get_weights().values())

    @api.depends("company_id")
    def _compute_previous_id(self):
        for wizard in self:
            wizard.previous_id = wizard._find_previous()

    def _find_previous(self):
        """:return: the newest model with other weights than those in force"""
        Model = self.env["crm.lifecycle.model"].sudo()
        current = Model._get_weights(self.company_id)
        models = Model.search([("company_id", "=", self.company_id.id)])
        return next(
            (
                model
                for model in models
                if model.parameters["loyalty_weights"] != current
            ),
            Model,
        )

    def _open(self):
        """:return: action that shows these weights"""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crm_lifecycle.crm_lifecycle_weights_action"
            ),
            "res_id": self.id,
        }

    def action_restore_previous(self):
        """Put the weights in force before the last change on the screen."""
        self._load(self.previous_id.sudo().parameters["loyalty_weights"])

    def action_standard(self):
        """Put the weights that the addon comes with on the screen."""
        self._load(self.env["crm.lifecycle.model"]._get_standard_weights())

    def action_thirds(self):
        """Put limits on the screen that make three groups of about the same size."""
        self._check_weights()
        low, high = self._get_thirds()
        self.medium_loyalty, self.high_loyalty = max(low, 1), max(high, low + 1, 2)

    def _load(self, weights):
        self.write(self._as_values(weights))

    def action_apply(self):
        """Put the weights in force; customers move as a baseline, which acts on
        nobody."""
        self.ensure_one()
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(
                self.env._("Only sales managers may change the loyalty weights.")
            )
        self._check_weights()
        self.company_id.sudo().write(
            {
                "lifecycle_medium_loyalty": self.medium_loyalty,
                "lifecycle_high_loyalty": self.high_loyalty,
            }
        )
        Model, weights = self.env["crm.lifecycle.model"], self._get_weights()
        is_done = weights == Model._get_weights(
            self.company_id
        ) or Model._change_weights(self.company_id, weights)
        return notify(
            self.env._("The weights are in force.")
            if is_done
            else self.env._(
                "The weights are in force. Scores follow within the next minutes."
            ),
            self.env["ir.actions.act_window"]._for_xml_id(
                "crm_lifecycle.crm_lifecycle_profile_action"
            ),
        )
