"""Rows by the million into Odoo's tables."""

import json

from odoo.tools import SQL


class Loader:
    """Writes documents of several companies: each row is a copy of the company's
    example (see transactions.prototype) but for the columns that are its own."""

    def __init__(self, env, prototypes, pricelist):
        """:param prototypes: a dict of Prototype by kind for each company, in the order
        of the plan's column ``company``
        :param pricelist: of the orders in foreign currency
        """
        self.env = env
        self.prototypes = prototypes
        self.pricelist = pricelist

    def currency(self, company):
        """SQL of the currency of an order, a column that most documents have."""
        own = self.constant(company, "order", "currency_id")
        return (
            f"CASE WHEN is_foreign THEN {self.pricelist.currency_id.id} ELSE {own} END"
        )

    def constant(self, company, kind, column):
        return self.prototypes[company][kind].values[column]

    def insert(self, kind, source, where, **columns):
        """:param kind: of the example
        :param source: tables to read from, one with a column ``company``
        :param columns: SQL of the column; a function of the company's number gives it
            where it differs from one company to the other
        :return: number of rows
        """
        return sum(
            self._insert_company(company, kind, source, where, columns)
            for company in range(len(self.prototypes))
        )

    def _insert_company(self, company, kind, source, where, columns):
        prototype = self.prototypes[company][kind]
        own = {
            name: SQL(value(company) if callable(value) else value)
            for name, value in columns.items()
        }
        others = {
            name: SQL("%s", _text(value))
            for name, value in prototype.values.items()
            if name not in own
        }
        values = own | others
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s WHERE company = %s AND %s",
                SQL.identifier(prototype.table),
                SQL(", ").join(map(SQL.identifier, values)),
                SQL(", ").join(values.values()),
                SQL(source),
                company,
                SQL(where),
            )
        )
        return self.env.cr.rowcount


def _text(value):
    """As PostgreSQL reads it into a column of any type."""
    return value if isinstance(value, str) else json.dumps(value)
