"""Tables without indexes and foreign keys while many rows are written."""

from contextlib import contextmanager

from odoo.tools import SQL


@contextmanager
def bare(env, tables):
    """Drop the indexes and foreign keys of `tables`, and make them again at the end:
    that is quicker than to keep them row by row, and checks every reference. Nobody
    else can use the tables until the transaction ends."""
    names = SQL("%s::regclass[]", list(tables))
    keys = env.execute_query(
        SQL(
            """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
              FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s)
            """,
            names,
        )
    )
    indexes = env.execute_query(
        SQL(
            """
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid),
                   obj_description(indexrelid)
              FROM pg_index
             WHERE indrelid = ANY(%s)
               AND NOT EXISTS (
                   SELECT FROM pg_constraint WHERE conindid = indexrelid
               )
            """,
            names,
        )
    )
    for table, name, _definition in keys:
        _alter(env, "ALTER TABLE %s DROP CONSTRAINT %s", table, name)
    for name, _definition, _comment in indexes:
        env.cr.execute(SQL("DROP INDEX %s", SQL(name)))
    yield
    env.cr.execute("SET LOCAL maintenance_work_mem = '256MB'")
    for name, definition, comment in indexes:
        env.cr.execute(definition)
        # where Odoo remembers what an index was made from
        env.cr.execute(SQL("COMMENT ON INDEX %s IS %s", SQL(name), comment))
    for table, name, definition in keys:
        _alter(env, f"ALTER TABLE %s ADD CONSTRAINT %s {definition}", table, name)


def _alter(env, statement, table, constraint):
    env.cr.execute(SQL(statement, SQL(table), SQL.identifier(constraint)))
