from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import FeatureNotSupported

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LifecycleCommon

FEW = "odoo.addons.crm_lifecycle.models.crm_lifecycle_refresh.FEW"


@tagged("post_install", "-at_install")
class TestPlanned(LifecycleCommon):
    """Facts of a few customers are read by a statement that was planned before."""

    def read(self, as_of):
        model = self.env["crm.lifecycle.model"]
        self.env.flush_all()
        self.Profile._prepare_facts(self.company, self.customer.ids, as_of, model)
        self.env.cr.execute("SELECT * FROM crm_lifecycle_facts")
        return [column.name for column in self.env.cr.description], (
            self.env.cr.fetchall()
        )

    def count_prepared(self):
        self.env.cr.execute(
            "SELECT COUNT(*) FROM pg_prepared_statements"
            " WHERE name LIKE 'crm_lifecycle_facts_%'"
        )
        return self.env.cr.fetchone()[0]

    def test_same_facts(self):
        self.env.cr.execute("DEALLOCATE ALL")
        self.credit(self.invoice(self.order(400, (self.desk, 4, 100)), 390), 9, 1)
        order = self.order(30, (self.desk, 1, 90), (self.chair, 2, 50))
        self.deliver(order.picking_ids, 25)
        self.pay(self.invoice(order, 20), 10)
        self.direct_invoice(8)
        self.lead(7)
        self.meet(6, self.customer)
        seen = set()
        for days in (0, 9, 15, 380):
            as_of = self.as_of - timedelta(days=days)
            planned = self.read(as_of)
            with patch(FEW, 0):
                self.assertEqual(self.read(as_of), planned)
            seen.add(repr(planned))
        self.assertEqual(len(seen), 4, "each day tells something else")
        self.assertEqual(self.count_prepared(), 1, "for any day and customer")

    def test_upgrade(self):
        """After it a connection that was open before reads columns of other types."""
        self.order(20)
        self.read(self.as_of)
        self.env.cr.execute("ALTER TABLE crm_lead ALTER lost_reason_id TYPE bigint")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(FeatureNotSupported),
            self.env.cr.savepoint(),
        ):
            self.read(self.as_of)
        sequence = self.registry.registry_sequence + 1
        with patch.object(self.registry, "registry_sequence", sequence):
            planned = self.read(self.as_of)
            with patch(FEW, 0):
                self.assertEqual(self.read(self.as_of), planned)

    def test_savepoint(self):
        """What a savepoint that is rolled back has prepared stays."""
        self.env.cr.execute("DEALLOCATE ALL")
        self.order(20)
        before = self.read(self.as_of)
        self.env.cr.execute("DEALLOCATE ALL")
        with self.env.cr.savepoint() as savepoint:
            self.read(self.as_of)
            savepoint.rollback()
        self.assertEqual(self.count_prepared(), 1)
        self.assertEqual(self.read(self.as_of), before)

    def test_another_connection(self):
        """A connection pool gives each transaction the connection that it has."""
        self.order(20)
        before = self.read(self.as_of)
        self.env.cr.execute("DEALLOCATE ALL")
        self.assertEqual(self.read(self.as_of), before)
        self.assertEqual(self.count_prepared(), 1)
