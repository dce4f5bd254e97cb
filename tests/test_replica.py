from unittest.mock import patch

import numpy as np
from psycopg2 import InterfaceError
from psycopg2.errors import ReadOnlySqlTransaction, SerializationFailure

from odoo.tests import tagged
from odoo.tools import config, mute_logger

from .common import LifecycleCommon

LOGGER = "odoo.addons.crm_lifecycle.models.crm_lifecycle_reading"


@tagged("post_install", "-at_install")
class TestReplica(LifecycleCommon):
    """What is learned from is read on a read-only cursor, when there is a replica."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for days, price in ((300, 100), (200, 110), (90, 95)):
            cls.order(days, (cls.desk, 1, price), (cls.chair, 2, 30))
        cls.Profile._refresh(cls.company, cls.customer.ids, cls.as_of)
        cls.Model = cls.env["crm.lifecycle.model"]
        cls.Affinity = cls.env["crm.lifecycle.affinity"]

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()
        self.cursors = []

    def with_replica(self):
        """For the rest of the test there is a replica, which knows the same."""
        Facts = type(self.env["crm.lifecycle.facts"])
        check = Facts._is_up_to_date

        def noted(reader):
            self.cursors.append(reader.env.cr)
            return check(reader)

        self.startPatcher(patch.dict(config.options, db_replica_host="replica"))
        self.startPatcher(patch.object(Facts, "_is_up_to_date", noted))

    def read(self):
        """:return: everything that is read to learn from"""
        facts, purchases = self.Model._read_population(self.company, self.as_of)
        buyers = self.Affinity._get_buyer_ids(self.company, self.as_of)
        rows = self.Affinity._read_purchases(self.company, self.as_of, buyers)
        return [*facts.values(), *purchases.values(), np.array(buyers), *rows]

    def test_the_same(self):
        known = self.read()
        self.assertIn(self.customer.id, known[-3])
        self.with_replica()
        for found, expected in zip(self.read(), known, strict=True):
            np.testing.assert_array_equal(found, expected)
        self.assertEqual([cr.readonly for cr in self.cursors], [True] * 3)

    def test_nothing_can_be_written(self):
        self.with_replica()
        self.env.cr.flush()  # what waits for the commit
        refused = []

        def write(Reader):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(ReadOnlySqlTransaction),
            ):
                Reader.env.cr.execute("DELETE FROM crm_lifecycle_dirty")
            refused.append(Reader)

        self.env["crm.lifecycle.facts"]._read_on_replica(write)
        self.assertEqual(len(refused), 1)

    def test_results_are_written(self):
        """The night's learning and the weekly check end on the primary."""
        self.with_replica()
        population = self.Model._read_population(self.company, self.as_of)
        self.assertTrue(self.Model._learn(self.company, self.as_of, *population))
        self.Affinity._learn(self.company, self.as_of)
        self.assertTrue(self.Affinity.search([("kind", "=", "popular")]))
        self.assertTrue(all(cr.readonly for cr in self.cursors))

    def get_reading_cursor(self):
        return self.env["crm.lifecycle.facts"]._read_on_replica(
            lambda Reader: Reader.env.cr
        )

    def test_far_behind(self):
        """A replica that has not followed is not asked."""
        self.with_replica()
        Facts = self.env["crm.lifecycle.facts"]
        with patch.object(type(Facts), "_is_up_to_date", lambda self: False):
            self.assertEqual(self.get_reading_cursor(), self.env.cr)

    def test_replica_fails(self):
        """It ends a long query to follow what was tidied up, or it is stopped."""
        self.with_replica()
        Facts = self.env["crm.lifecycle.facts"]
        for error in (
            SerializationFailure("canceling statement due to conflict with recovery"),
            InterfaceError("connection already closed"),
        ):
            tried = []

            def read(Reader, tried=tried, error=error):
                tried.append(Reader.env.cr)
                if len(tried) == 1:
                    raise error
                return "read"

            with self.assertLogs(LOGGER, "WARNING"):
                self.assertEqual(Facts._read_on_replica(read), "read")
            self.assertNotEqual(tried[0], self.env.cr)
            self.assertEqual(tried[1], self.env.cr)

    def test_without_replica(self):
        self.assertEqual(self.get_reading_cursor(), self.env.cr)
