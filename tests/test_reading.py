import re
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .common import LifecycleCommon

NIGHTS = "odoo.addons.crm_lifecycle.models.crm_lifecycle_due.NIGHTS"
# Read by the facts, and not watched: a share of the customers is read every night.
MASTER_DATA = {
    "account_journal",
    "ir_model_data",
    "product_product",
    "product_template",
    "res_company",
    "stock_location",
    "uom_uom",
}


@tagged("post_install", "-at_install")
class TestReading(LifecycleCommon):
    """At night documents are read only for whom they may tell something else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Facts = cls.env["crm.lifecycle.facts"]
        cls.other = cls.new_customer("Other")

    @contextmanager
    def only_time_passes(self):
        """No document changes, and tonight is nobody's turn.

        :return: list of lists of ids, of those whose documents were not read
        """
        known = []
        Profile = self.env.registry["crm.lifecycle.profile"]
        add = Profile._add_known_facts

        def note(profiles, company, partner_ids, *args):
            known.append(partner_ids)
            return add(profiles, company, partner_ids, *args)

        with (
            patch.object(
                self.env.registry["crm.lifecycle.facts"],
                "_sql_touched",
                lambda *_args: SQL("FALSE"),
            ),
            patch(NIGHTS, 10**9),
            patch.object(Profile, "_add_known_facts", note),
        ):
            yield known

    def stored_facts(self):
        self.env.flush_all()
        names = self.env["crm.lifecycle.profile"]._get_rule_fields()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, as_of, %s FROM crm_lifecycle_profile"
                " WHERE company_id = %s ORDER BY partner_id",
                SQL(", ").join(map(SQL.identifier, names)),
                self.company.id,
            )
        )
        return [
            dict(zip(("partner", "as_of", *names), row, strict=True)) for row in rows
        ]

    def test_passing_of_days(self):
        """Night by night, everybody has what reading everything would give."""
        for days in (700, 360, 30, 2):
            order = self.order(days, (self.desk, 2, 80))
            if days != 2:
                self.deliver(order.picking_ids, days - 1)
                self.pay(self.invoice(order, days - 1), days - 30)
        self.direct_invoice(
            20, invoice_date="2026-06-10", invoice_date_due="2026-07-20"
        )
        self.order(-9)
        self.order(1, confirm=False, validity_date="2026-06-12")
        self.order(5, partner=self.other, confirm=False, validity_date="2026-06-20")
        self.lead(-14, self.other)
        self.meet(-33, self.other)
        self.Profile._refresh_company(self.company, self.as_of)
        with self.only_time_passes() as known:
            for days in (1, 3, 9, 10, 11, 15, 20, 33, 34, 51, 200, 340, 400, 735, 800):
                as_of = self.as_of + timedelta(days=days)
                self.Profile._refresh_company(self.company, as_of)
                stored = self.stored_facts()
                self.Profile._refresh(
                    self.company, [row["partner"] for row in stored], as_of
                )
                for incremental, full in zip(stored, self.stored_facts(), strict=True):
                    self.assertEqual(incremental, full, days)
        self.assertTrue([each for each in known if self.customer.id in each])
        self.assertTrue([each for each in known if self.other.id in each])

    def test_everything_read_is_watched(self):
        """A table that a new source reads is watched as well, or is master data."""
        self.env.cr.execute("SELECT relname FROM pg_class WHERE relkind = 'r'")
        tables = {name for (name,) in self.env.cr.fetchall()}
        facts, non_products = (
            tables & set(re.findall(r'(?:FROM|JOIN)\s+"?(\w+)"?', query.code))
            for query in (
                self.Facts._sql_facts(self.company, [], self.as_of),
                self.company._lifecycle_sql_non_products(),  # in the fingerprint
            )
        )
        watched = set(self.Facts._get_watched())
        self.assertEqual(facts - MASTER_DATA - non_products, watched)

    def changed_by(self, statement, *parameters):
        """:return: customers who are to be read again after an SQL statement"""
        self.env.flush_all()
        with self.cr.savepoint():
            self.cr.execute(statement, parameters)
            [(transaction,)] = self.cr.fetchall()
            rows = self.env.execute_query(
                self.Facts._sql_changed(
                    self.company, self.as_of, self.as_of, int(transaction)
                )
            )
        return self.env["res.partner"].browse(partner_id for (partner_id,) in rows)

    def test_changes_without_hooks(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        order = self.order(40, partner=contact)
        self.deliver(order.picking_ids, 39)
        invoice = self.invoice(order, 38)
        self.pay(invoice, 20)
        partial = invoice.line_ids.matched_credit_ids
        self.order(40, partner=self.other)
        for record in (
            order,
            order.order_line,
            order.picking_ids,
            invoice,
            invoice.line_ids[0],
            partial,
            self.lead(9, contact),
        ):
            with self.subTest(record._name):
                changed = self.changed_by(
                    f"UPDATE {record._table} SET write_uid = write_uid WHERE id = %s"
                    " RETURNING xmin::text",
                    record.id,
                )
                self.assertEqual(changed, self.customer)

    def test_source_is_another(self):
        """After an upgrade, or when a setting changes what counts, all is read."""
        self.order(40)
        self.Profile._refresh_company(self.company, self.as_of)
        as_of = self.as_of + timedelta(days=1)
        self.assertIsNotNone(self.Profile._begin_reading(self.company, as_of))
        self.company.partner_id.tz = "Asia/Tokyo"
        self.assertIsNone(self.Profile._begin_reading(self.company, as_of))

    def test_everybody_has_a_turn(self):
        self.order(40)
        self.order(40, partner=self.other)
        self.Profile._refresh_company(self.company, self.as_of)
        with self.only_time_passes():
            for nights in (1, 7):
                with patch(NIGHTS, nights):
                    turns = [
                        self.Profile._begin_reading(
                            self.company, self.as_of + timedelta(days=days)
                        )
                        for days in range(1, nights + 1)
                    ]
                both = set((self.customer + self.other).ids)
                self.assertGreaterEqual(set.union(*turns), both)
