from unittest.mock import patch

import numpy as np
from psycopg2.errors import ReadOnlySqlTransaction

from odoo.tests import tagged
from odoo.tools import config, mute_logger

from .common import LifecycleCommon


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
        with (
            self.env["crm.lifecycle.facts"]._reading() as Reader,
            mute_logger("odoo.sql_db"),
            self.assertRaises(ReadOnlySqlTransaction),
        ):
            Reader.env.cr.execute("DELETE FROM crm_lifecycle_dirty")

    def test_results_are_written(self):
        """The night's learning and the weekly check end on the primary."""
        self.with_replica()
        population = self.Model._read_population(self.company, self.as_of)
        self.assertTrue(self.Model._learn(self.company, self.as_of, *population))
        self.Affinity._learn(self.company, self.as_of)
        self.assertTrue(self.Affinity.search([("kind", "=", "popular")]))
        self.assertTrue(all(cr.readonly for cr in self.cursors))

    def test_far_behind(self):
        """A replica that has not followed is not asked."""
        self.with_replica()
        Facts = self.env["crm.lifecycle.facts"]
        with (
            patch.object(type(Facts), "_is_up_to_date", lambda self: False),
            Facts._reading() as Reader,
        ):
            self.assertEqual(Reader.env.cr, self.env.cr)

    def test_without_replica(self):
        with self.env["crm.lifecycle.facts"]._reading() as Reader:
            self.assertEqual(Reader.env.cr, self.env.cr)
