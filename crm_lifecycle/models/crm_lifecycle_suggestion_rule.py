from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache


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

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env.registry.clear_cache()
        return rules

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @ormcache("company.id")
    def _is_any(self, company):
        """:return: whether there is a rule for `company`"""
        domain = [("company_id", "in", [company.id, False])]
        return bool(self.sudo().search_count(domain, limit=1))

    @api.model
    def _get_never(self, company):
        """:return: ids of the product templates that are never suggested in `company`,
        whatever is bought"""
        rules = self.sudo().search(
            Domain("mode", "=", "never")
            & Domain("source_tmpl_id", "=", False)
            & Domain("source_categ_id", "=", False)
            & Domain("company_id", "in", [company.id, False])
        )
        return rules.product_tmpl_id.ids

    @api.model
    def _get_unlinked(self, company, template):
        """:return: domain of the products because of which `template` is not suggested
        in `company`"""
        rules = self.sudo().search(
            Domain("mode", "in", ["never", "ban"])
            & Domain("product_tmpl_id", "=", template.id)
            & Domain("company_id", "in", [company.id, False])
        )
        if any(not rule.source_tmpl_id and not rule.source_categ_id for rule in rules):
            return Domain.TRUE
        return Domain("id", "in", rules.source_tmpl_id.ids) | Domain(
            "categ_id", "child_of", rules.source_categ_id.ids
        )
