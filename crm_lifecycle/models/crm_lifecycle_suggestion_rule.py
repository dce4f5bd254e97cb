from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmLifecycleSuggestionRule(models.Model):
    """SUGGESTIONS: what people decide. It goes before all that was learned."""

    _name = "crm.lifecycle.suggestion.rule"
    _description = "Suggestion Rule"
    _order = "mode, source_tmpl_id, source_categ_id, id"
    _rec_name = "product_tmpl_id"

    mode = fields.Selection(
        [
            ("always", "Always suggest"),
            ("promote", "Suggest first"),
            ("ban", "Forget the link"),
            ("never", "Never suggest"),
        ],
        "What to Do",
        required=True,
        default="always",
        help="Always suggest: on every order with the product or category, or on all "
        "orders.\n"
        "Suggest first: before what else was learned, where it was learned.\n"
        "Forget the link: what was learned of these two does not count.\n"
        "Never suggest: whatever else speaks for it.",
    )
    source_tmpl_id = fields.Many2one(
        "product.template",
        "When This Product Is Bought",
        ondelete="cascade",
        help="Empty, and no category: whatever is bought.",
    )
    source_categ_id = fields.Many2one(
        "product.category",
        "Or Something of This Category",
        ondelete="cascade",
        help="Also of the categories below it.",
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        "Suggested Product",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="Empty: for all companies.",
    )
    active = fields.Boolean(default=True)

    _rule_unique = models.UniqueIndex(
        "(mode, COALESCE(source_tmpl_id, 0), COALESCE(source_categ_id, 0),"
        " product_tmpl_id, COALESCE(company_id, 0)) WHERE active",
        "There is such a rule already.",
    )

    @api.constrains("source_tmpl_id", "source_categ_id", "product_tmpl_id")
    def _check_source(self):
        for rule in self:
            if rule.source_tmpl_id and rule.source_categ_id:
                raise ValidationError(
                    self.env._("Choose a product or a category, not both.")
                )
            if rule.source_tmpl_id == rule.product_tmpl_id:
                raise ValidationError(
                    self.env._("A product is not suggested because of itself.")
                )

    @api.model
    def _get_never(self, company):
        """:return: ids of the product templates that are never suggested in `company`,
        whatever is bought"""
        rules = self.sudo().search(
            [
                ("mode", "=", "never"),
                ("source_tmpl_id", "=", False),
                ("source_categ_id", "=", False),
                ("company_id", "in", [company.id, False]),
            ]
        )
        return rules.product_tmpl_id.ids
