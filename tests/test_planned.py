from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import FeatureNotSupported

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_lifecycle.models.planned import KEPT, planned

from .find_common import FindCommon

FEW = "odoo.addons.crm_lifecycle.models.crm_lifecycle_sources.FEW"
PARCEL = "odoo.addons.crm_lifecycle.models.crm_lifecycle_sources.PARCEL"


@tagged("post_install", "-at_install")
class TestPlanned(FindCommon):
    """Facts of a few customers and suggestions are read by statements that were planned
    before."""

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
            " WHERE name LIKE 'crm_lifecycle_%'"
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

    def test_parcels(self):
        """Ids are looked up in parcels; a payment of two invoices is found in one."""
        orders = self.order(60), self.order(50)
        invoices = self.invoice(orders[0], 40) | self.invoice(orders[1], 40)
        [payment] = self.pay(invoices, 10, group_payment=True)
        self.assertEqual(payment.reconciled_invoice_ids, invoices)
        planned = self.read(self.as_of)
        for size in (1, 2, 3):
            with patch(FEW, 0), patch(PARCEL, size):
                self.assertEqual(self.read(self.as_of), planned)

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

    def test_suggestions(self):
        """Also in a transaction that may only read, and one plan whatever the order."""
        other = self.new_customer("Other")
        for customer, days in ((self.customer, 40), (other, 30), (other, 20)):
            self.buy(customer, days, self.desk, self.chair)
        self.learn()
        self.env.flush_all()
        self.env.cr.execute("DEALLOCATE ALL")
        with self.env.cr.savepoint(flush=False):
            self.env.cr.execute("SET TRANSACTION READ ONLY")
            found = [
                {product: row["last_date"] for product, row in rows.items()}
                for rows in (
                    self.found(self.desk),
                    self.found(self.chair, partner=other, limit=5),
                )
            ]
        self.assertEqual(self.count_prepared(), 1)
        today = self.company._lifecycle_today(self.as_of)
        self.assertEqual(found[0][self.chair], today - timedelta(days=40))
        self.assertEqual(found[1][self.desk], today - timedelta(days=20))

    def test_nothing_else_is_planned_so(self):
        self.env.cr.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        for days in (1, 2):
            prepare, query = planned(self.env, SQL("SELECT %s + 1", days))
            rows = self.env.execute_query(SQL("%s %s", prepare, query))
            self.assertEqual(rows, [(days + 1,)])
        self.env.cr.execute("SHOW plan_cache_mode")
        self.assertEqual(self.env.cr.fetchone(), ("force_custom_plan",))

    def test_old_ones_are_forgotten(self):
        for number in range(KEPT + 3):
            prepare, query = planned(
                self.env, SQL("SELECT %s, %s, %s", number, f"{number} %s", [number])
            )
            rows = self.env.execute_query(SQL("%s %s", prepare, query))
            self.assertEqual(rows, [(number, f"{number} %s", [number])])
        self.assertEqual(self.count_prepared(), KEPT)

    def test_another_connection(self):
        """A connection pool gives each transaction the connection that it has."""
        self.order(20)
        before = self.read(self.as_of)
        self.env.cr.execute("DEALLOCATE ALL")
        self.assertEqual(self.read(self.as_of), before)
        self.assertEqual(self.count_prepared(), 1)
