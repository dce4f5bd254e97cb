"""The last of the served tests: afterwards the addon is gone."""


def test_uninstall_leaves_nothing(admin):
    modules = admin("ir.module.module", "search", [("name", "=", "crm_lifecycle")])
    admin("ir.module.module", "button_immediate_uninstall", modules)
    for model, name in (
        ("ir.model", "model"),
        ("ir.model.fields", "name"),
        ("ir.cron", "cron_name"),
        ("ir.ui.menu", "name"),
    ):
        left = admin(model, "search_read", [(name, "ilike", "lifecycle")], [name])
        assert not left, model
