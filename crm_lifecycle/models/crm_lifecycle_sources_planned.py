from hashlib import sha256

from odoo import models
from odoo.tools import SQL

# So many customers are few: PostgreSQL plans the statement for ten of them.
FEW = 20


class CrmLifecycleSourcesPlanned(models.AbstractModel):
    """RECORDS to FACTS: of a few customers, by a statement that PostgreSQL has planned
    before. Planning takes ten times as long as reading the documents of one customer.

    A prepared statement belongs to the connection to the server. A connection pool may
    give each transaction another one; therefore it is asked each time, in the same
    transaction, whether it has the statement, and prepares it if not. After a module
    has been installed or upgraded, in whatever process, it is another statement:
    PostgreSQL refuses one whose columns have come to be of other types.
    """

    _inherit = "crm.lifecycle.facts"

    def _get_planned(self, company, partner_ids, as_of, model):
        """:return: two SQL: a statement to be executed before, which prepares what is
        not prepared yet; and what gives the rows of :meth:`_sql_row`"""
        parameters = self._get_parameters(company, [], as_of)
        today = parameters["today"]
        parameters |= {
            "partners": SQL("$1::integer[]"),
            "as_of": SQL("$2::timestamp"),
            "today": SQL("$3::date"),
        }
        facts = self._sql_row(company, self._sql_all(parameters), SQL("$2"), SQL("$4"))
        text = self.env.cr.mogrify(facts.code, facts.params).decode()
        told = f"{self.env.registry.registry_sequence} {text}"
        name = f"crm_lifecycle_facts_{sha256(told.encode()).hexdigest()[:16]}"
        prepare = f"""
            BEGIN
                IF NOT EXISTS (
                    SELECT FROM pg_prepared_statements WHERE name = '{name}'
                ) THEN
                    EXECUTE $prepare$ PREPARE {name} AS {text} $prepare$;
                END IF;
            END
        """
        execute = SQL(
            "EXECUTE %s (%s, %s, %s, %s)",
            SQL.identifier(name),
            list(partner_ids),
            as_of,
            today,
            model.id or None,
        )
        return SQL("DO %s;", prepare), execute

    def _sql_row(self, company, facts, as_of, model):
        """:param facts: SQL of a query of facts
        :param as_of, model: values of these columns, or SQL
        :return: SQL of a query: the facts with company, day and id of the model"""
        return SQL(
            """
            SELECT facts.*, %s AS company_id, %s::timestamp AS as_of,
                   %s::integer AS model_id
              FROM (%s) AS facts
            """,
            company.id,
            as_of,
            model,
            facts,
        )
