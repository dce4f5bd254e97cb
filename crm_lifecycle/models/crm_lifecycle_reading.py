import logging

import psycopg2

from odoo import api, models
from odoo.tools import SQL, config

_logger = logging.getLogger(__name__)

# A replica that is further behind is not asked: what it does not know yet would be
# missing from what is learned. So much of years of purchases is not.
BEHIND = "1 hour"


class CrmLifecycleReading(models.AbstractModel):
    """RECORDS to what is learned: many documents are read and nothing is written, which
    a replica of the database can do as well (``db_replica_host``)."""

    _inherit = "crm.lifecycle.facts"

    @api.model
    def _read_on_replica(self, read):
        """Read documents of many customers: on a read-only cursor of the replica, when
        there is one that is not far behind. Else on the cursor at hand, and so when the
        replica is stopped meanwhile, or ends what is read because it has to follow.

        What the transaction at hand has not committed is not seen there.

        :param read: called with this model, a second time when the replica failed
        :return: what `read` returned
        """
        if config["db_replica_host"] or "replica" in config["dev_mode"]:
            try:
                with self.env.registry.cursor(readonly=True) as cr:
                    reader = self.with_env(self.env(cr=cr))
                    if cr.readonly and reader._is_up_to_date():
                        return read(reader)
            except psycopg2.Error:
                _logger.warning(
                    "Customer lifecycle: read on the primary, not on the replica",
                    exc_info=True,
                )
        return read(self)

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
