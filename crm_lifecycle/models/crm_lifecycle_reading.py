from contextlib import contextmanager

from odoo import api, models
from odoo.tools import SQL, config

# A replica that is further behind is not asked: what it does not know yet would be
# missing from what is learned. So much of years of purchases is not.
BEHIND = "1 hour"


class CrmLifecycleReading(models.AbstractModel):
    """RECORDS to what is learned: many documents are read and nothing is written, which
    a replica of the database can do as well (``db_replica_host``)."""

    _inherit = "crm.lifecycle.facts"

    @api.model
    @contextmanager
    def _reading(self):
        """This model for reading documents of many customers: on a read-only cursor of
        the replica, when there is one that is not far behind. Else, on the cursor at
        hand.

        What the transaction at hand has not committed is not seen there.
        """
        if config["db_replica_host"] or "replica" in config["dev_mode"]:
            with self.env.registry.cursor(readonly=True) as cr:
                reader = self.with_env(self.env(cr=cr))
                if reader._is_up_to_date():
                    yield reader
                    return
        yield self

    @api.model
    def _is_up_to_date(self):
        """Whether the server is no replica, or one that has followed."""
        [(is_up_to_date,)] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(
                    clock_timestamp() - pg_last_xact_replay_timestamp() < %s::interval,
                    NOT pg_is_in_recovery()
                )
                """,
                BEHIND,
            )
        )
        return is_up_to_date
