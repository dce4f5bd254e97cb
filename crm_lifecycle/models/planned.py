from datetime import date, datetime
from hashlib import sha256

from odoo.tools import SQL

# So many are kept per connection, of 3 MB each: all there are, unless record rules make
# a statement of its own for each user.
KEPT = 12
# Values that become parameters; others (texts, tuples) are part of the statement.
TYPES = {int: "integer", float: "numeric", date: "date", datetime: "timestamp"}


def planned(env, query):
    """Long statements about one customer, which PostgreSQL plans once per connection:
    planning them takes several times as long as running them.

    A connection pool may give each transaction another connection. Therefore it is
    asked each time, in the same transaction, whether it has the statement, and it is
    prepared if not. After a module has been installed or upgraded, in whatever process,
    it is another one: PostgreSQL refuses one whose columns have come to be of other
    types. The plan is one for any values, and only this statement is planned so: as
    soon as it runs, it sets back what says so.

    :param query: SQL of a query. Its numbers, dates and lists of ids become parameters,
        so that there is one plan for all companies, customers and days
    :return: two SQL: a statement to be executed before, ended; and the query
    """
    env.flush_query(query)
    values, places = [], []
    for value in query.params:
        if kind := _get_type(value):
            values.append(value)
            place = SQL("$%s::%s", SQL(str(len(values))), SQL(kind))
        places.append(place if kind else value)
    text = _text(
        env,
        SQL(
            """
            SELECT * FROM (%s) AS planned
             WHERE (SELECT set_config('plan_cache_mode',
                                      current_setting('crm_lifecycle.plan_cache_mode'),
                                      TRUE)) IS NOT NULL
            """,
            SQL(query.code, *places),
        ),
    )
    told = f"{env.registry.registry_sequence} {text}"
    name = f"crm_lifecycle_{sha256(told.encode()).hexdigest()[:16]}"
    prepare = SQL(
        """
        DECLARE
            old text;
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = %s) THEN
                FOR old IN
                    SELECT name FROM pg_prepared_statements
                     WHERE name LIKE 'crm_lifecycle_%%'
                  ORDER BY prepare_time DESC OFFSET %s
                LOOP
                    EXECUTE 'DEALLOCATE ' || old;
                END LOOP;
                EXECUTE %s;
            END IF;
            PERFORM set_config('crm_lifecycle.plan_cache_mode',
                               current_setting('plan_cache_mode'), TRUE),
                    set_config('plan_cache_mode', 'force_generic_plan', TRUE);
        END
        """,
        name,
        KEPT - 1,
        f"PREPARE {name} AS {text}",
    )
    execute = SQL(
        "EXECUTE %s (%s)",
        SQL.identifier(name),
        SQL(", ").join(SQL("%s", value) for value in values),
    )
    return SQL("DO %s;", _text(env, prepare)), execute


def _text(env, query):
    return env.cr.mogrify(query.code, query.params).decode()


def _get_type(value):
    if not isinstance(value, list):
        return TYPES.get(type(value))
    if value and all(type(each) is int for each in value):
        return "integer[]"
    return None
