from odoo import fields, models


class CrmLifecycleProduct(models.Model):
    """SUGGESTIONS: figures of every product that a company has sold, so that what to
    offer is found by look-ups. Learned together with the links, see
    ``engine.affinity.figures``."""

    _name = "crm.lifecycle.product"
    _description = "Learned Figures of a Product"
    _order = "buyers desc, id"
    _rec_name = "product_tmpl_id"
    _log_access = False  # written by SQL only

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    product_tmpl_id = fields.Many2one(
        "product.template", "Product", required=True, index=True, ondelete="cascade"
    )
    categ_id = fields.Many2one("product.category", "Category", ondelete="cascade")
    buyers = fields.Integer("Customers", aggregator=None)
    buyer_share = fields.Float("Share of Customers", aggregator=None)
    order_share = fields.Float("Share of Orders", aggregator=None)
    category_share = fields.Float(
        "Share of Category",
        aggregator=None,
        help="Of what was bought of its category, recent purchases counting more.",
    )
    repeat_rate = fields.Float(
        "Bought Again by",
        aggregator=None,
        help="Share of its buyers who bought it again.",
    )
    demand = fields.Float(
        "Trend",
        aggregator=None,
        help="How much more often than before it has been bought of late; 1 is steady.",
    )
    pause = fields.Float(
        "Usual Days between Purchases",
        aggregator=None,
        help="Of customers who bought it again. 0 when nobody did.",
    )
    quantity = fields.Float(
        "Usual Quantity", aggregator=None, help="Of one order, in its unit."
    )
    price = fields.Float(
        "Mean Price", aggregator=None, help="Without taxes, in the company's currency."
    )

    _company_product_unique = models.UniqueIndex("(company_id, product_tmpl_id)")
    _company_category_idx = models.Index("(company_id, categ_id)")
