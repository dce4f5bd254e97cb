from unittest.mock import patch

from odoo.tests import tagged

from .load_common import COLUMNS, LoadCommon, load_transactions


@tagged("post_install", "-at_install")
class TestLoadMany(LoadCommon):
    def structure(self):
        """Indexes, what Odoo wrote about them, and constraints. Where PostgreSQL puts
        casts and brackets may change."""
        self.cr.execute(
            r"""
            SELECT regexp_replace(
                       pg_get_indexdef(indexrelid), '[()]|::[a-z ]+(\[])?', '', 'g'
                   ),
                   obj_description(indexrelid)
              FROM pg_index
             UNION ALL
            SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
              FROM pg_constraint
            """
        )
        return set(self.cr.fetchall())

    def test_indexes_and_keys_come_back(self):
        """Many lines are written to tables without them."""
        before = self.structure()
        lines = [f"Zoe,Z{n},2026-01-05,tea,Tea,Food,2,3.10,," for n in range(5)]
        with (
            patch.object(load_transactions, "MANY", 0),
            patch.object(
                load_transactions, "bare", wraps=load_transactions.bare
            ) as bare,
        ):
            counts, _problems = self.load("\n".join([COLUMNS, *lines]))
        self.assertTrue(bare.called)
        self.assertEqual(counts["order"], 5)
        self.assertEqual(self.structure(), before)
