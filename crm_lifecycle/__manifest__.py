{
    "name": "Customer Lifecycle",
    "summary": "Lifecycle stage, loyalty score and cross-sell suggestions computed "
    "from your sales, invoices and deliveries",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "crm_lifecycle contributors",
    "license": "LGPL-3",
    "depends": ["sale_crm", "sale_stock", "sale_management", "contacts"],
    "external_dependencies": {"python": ["numpy", "scipy"]},
    "data": [
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "data/crm_lifecycle_stage_data.xml",
        "data/ir_cron.xml",
        "views/crm_lifecycle_profile_views.xml",
        "views/crm_lifecycle_stage_views.xml",
        "views/res_partner_views.xml",
        "views/sale_order_views.xml",
        "views/crm_lead_views.xml",
        "views/crm_lifecycle_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["crm_lifecycle/static/src/**/*"],
        "web.assets_tests": ["crm_lifecycle/static/tests/tours/**/*"],
    },
    "post_init_hook": "post_init_hook",
    "application": False,
}
