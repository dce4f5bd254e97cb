import sys
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import fewest_queries
from .suggestion_common import SuggestionCommon


@tagged("post_install", "-at_install")
class TestSuggestionsAccess(SuggestionCommon):
    """Who may ask for suggestions, and what the answer costs."""

    def test_access(self):
        for groups in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, f"user of {groups}", groups)
            with self.subTest(groups), self.assertRaises(AccessError):
                self.suggest(self.desk, user=user)
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.suggest(self.desk, company_id=other.id)

    def test_reads_only(self):
        self.order(3, (self.desk, 1, 100))
        self.env.flush_all()
        self.env.cr.execute("SAVEPOINT before_reading")
        self.env.cr.execute("SET TRANSACTION READ ONLY")
        self.assertTrue(self.offered(self.desk))
        self.env.cr.execute("ROLLBACK TO SAVEPOINT before_reading")

    def test_loads_no_numeric_library(self):
        """An HTTP worker that shows suggestions does not carry numpy and scipy."""
        engine = "odoo.addons.crm_lifecycle.engine.affinity"
        with patch.dict(sys.modules, {"numpy": None, "scipy": None, engine: None}):
            self.assertTrue(self.offered(self.desk))

    def test_queries(self):
        """As many queries for 15 rows as for 5, and 25 at most."""
        products = self.env["product.product"].create(
            [
                {
                    "name": f"Thing {number}",
                    "is_storable": True,
                    "list_price": 10 + number,
                    "categ_id": self.desk.categ_id.id,
                }
                for number in range(20)
            ]
        )
        for buyer in self.buyers[:2]:
            self.order(8, *[(product, 1, 10) for product in products], partner=buyer)
        self.learn()
        self.direct_invoice(3)

        def queries(limit):
            def suggest():
                answer = self.suggest(self.desk, self.plant, limit=limit)
                self.assertEqual(len(answer["suggestions"]), limit)

            return fewest_queries(self.env, suggest)

        few, many = queries(5), queries(15)
        self.assertEqual(few, many)
        self.assertLessEqual(many, 25)
