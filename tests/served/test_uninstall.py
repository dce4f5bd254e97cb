"""The last of the served tests: afterwards the addon is gone."""

import psycopg2


def _get_names(database):
    """:return: tables, indexes, columns, functions and triggers of the addon"""
    with psycopg2.connect(dbname=database) as connection, connection.cursor() as cr:
        cr.execute(
            """
            SELECT name
              FROM (
                  SELECT relname FROM pg_class
                   UNION ALL
                  SELECT attname FROM pg_attribute WHERE NOT attisdropped
                   UNION ALL
                  SELECT proname FROM pg_proc
                   UNION ALL
                  SELECT tgname FROM pg_trigger
              ) AS declared (name)
             WHERE name ~ 'lifecycle|loyalty_score'
            """
        )
        return {name for (name,) in cr.fetchall()}


def test_uninstall_leaves_nothing(server, admin):
    ours = {
        "crm_lifecycle_profile",
        "account_move_lifecycle_commercial_partner_idx",
        "lifecycle_suggestion",
    }
    assert ours <= _get_names(server.database)
    modules = admin("ir.module.module", "search", [("name", "=", "crm_lifecycle")])
    admin("ir.module.module", "button_immediate_uninstall", modules)
    assert not _get_names(server.database)
    for model, name in (
        ("ir.model", "model"),
        ("ir.model.fields", "name"),
        ("ir.cron", "cron_name"),
        ("ir.ui.menu", "name"),
    ):
        left = admin(model, "search_read", [(name, "ilike", "lifecycle")], [name])
        assert not left, model
