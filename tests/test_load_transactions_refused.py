from odoo.exceptions import UserError
from odoo.tests import tagged

from .load_common import COLUMNS, LoadCommon, file

COUNTED = (
    "res.partner",
    "product.product",
    "product.category",
    "sale.order",
    "stock.picking",
    "stock.quant",
    "account.move",
    "account.payment",
)


@tagged("post_install", "-at_install")
class TestLoadRefuses(LoadCommon):
    GOOD = "Zoe,Z1,2026-01-05,tea,Tea,Food,2,3.10,2026-02-04,"

    def assertRefused(self, line, text, header=COLUMNS):
        before = self.count_records(*COUNTED)
        with self.assertRaises(file.BadFile) as caught:
            self.load(b"\n".join([header.encode(), self.GOOD.encode(), line]))
        [(number, problem)] = caught.exception.problems
        self.assertIn(text, problem)
        self.assertEqual(number, 3)
        self.assertEqual(self.count_records(*COUNTED), before)

    def test_bad_rows_are_told_by_line_and_nothing_is_loaded(self):
        for line, text in (
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,2", "not as many values as columns"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,2,3,,,7,7", "not as many values"),
            (",Z2,2026-01-05,tea,Tea,Food,2,3.10,,", "customer is empty"),
            ("Zoe,,2026-01-05,tea,Tea,Food,2,3.10,,", "order is empty"),
            ("Zoe,Z2,2026-01-05,,Tea,Food,2,3.10,,", "product is empty"),
            ("Zoe,Z2,05/01/2026,tea,Tea,Food,2,3.10,,", "date is not a date"),
            ("Zoe,Z2,,tea,Tea,Food,2,3.10,,", "date is not a date"),
            ("Zoe,Z2,2026-07-01,tea,Tea,Food,2,3.10,,", "date is not between"),
            ("Zoe,Z2,0026-01-05,tea,Tea,Food,2,3.10,,", "date is not between"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,two,3.10,,", "qty is not a number"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,nan,3.10,,", "qty is not a number"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,0.001,3.10,,", "qty is zero"),
            ('Zoe,Z2,2026-01-05,tea,Tea,Food,1,"3,10",,', "unit_price is not a number"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,1,inf,,", "unit_price is not a number"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,1,-3,,", "unit_price is negative"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,1,3,soon,", "paid is not a date"),
            ("Zoe,Z2,2026-01-05,tea,Tea,Food,1,3,,late", "delivered is not a date"),
            ("Yan,Z1,2026-01-05,tea,Tea,Food,2,3.10,2026-02-04,", "another customer"),
            ("Zoe,Z1,2026-01-06,tea,Tea,Food,2,3.10,2026-02-04,", "another date"),
            ("Zoe,Z1,2026-01-05,tea,Tea,Food,2,3.10,2026-02-05,", "another paid"),
        ):
            with self.subTest(line):
                self.assertRefused(line.encode(), text)

    def test_unreadable_characters(self):
        line = "Zoë,Z2,2026-01-05,tea,Tea,Food,2,3.10,,".encode("latin-1")
        self.assertRefused(line, "unreadable characters")

    def test_zero_byte(self):
        line = "Z\0e,Z2,2026-01-05,tea,Tea,Food,2,3.10,,"
        self.assertRefused(line.encode(), "unreadable characters")

    def test_other_encoding(self):
        with self.assertRaises(file.BadFile) as caught:
            self.load(f"{COLUMNS}\n{self.GOOD}".encode("utf-16"))
        self.assertIn("missing columns", str(caught.exception))

    def test_missing_columns(self):
        with self.assertRaises(file.BadFile) as caught:
            self.load("customer,order,date,product,name,qty\n")
        [(number, problem)] = caught.exception.problems
        self.assertEqual(number, 1)
        self.assertIn("missing columns: category, unit_price (found: cust", problem)

    def test_unknown_country(self):
        header = COLUMNS.replace("delivered", "country")
        line = "Zoe,Z2,2026-01-05,tea,Tea,Food,2,3.10,,Atlantis"
        self.assertRefused(line.encode(), "unknown country: 'Atlantis'", header)

    def test_product_that_is_not_delivered(self):
        self.env["product.product"].create(
            {"name": "Advice", "default_code": "advice", "type": "service"}
        )
        line = "Zoe,Z2,2026-01-05,advice,Advice,Food,2,3.10,,"
        self.assertRefused(line.encode(), "product 'advice' is no plain good")

    def test_line_numbers_count_lines_inside_quotes(self):
        text = f'{COLUMNS}\nZoe,Z2,2026-01-05,tea,"Tea\nleaves",Food,x,3.10,,\n'
        with self.assertRaises(file.BadFile) as caught:
            self.load(text)
        self.assertEqual(caught.exception.problems[0][0], 3)

    def test_bad_rows_can_be_skipped(self):
        text = f"{COLUMNS}\n{self.GOOD}\nZoe,Z2,soon,tea,Tea,Food,1,3,,\n"
        counts, problems = self.load(text, skip_bad_rows=True)
        self.assertEqual([number for number, _text in problems], [3])
        self.assertEqual(counts["order"], 1)

    def test_a_file_is_loaded_once(self):
        """An order that is there is refused, a return as well; with bad rows skipped,
        a longer file adds what is new."""
        back = "Zoe,Z2,2026-02-05,tea,Tea,Food,-1,3.10,2026-02-05,"
        alone = "Zoe,Z3,2026-02-06,cup,Cup,Kitchen,-1,9,2026-02-06,"
        text = f"{COLUMNS}\n{self.GOOD}\n{back}\n{alone}"
        self.load(text)
        before = self.count_records(*COUNTED)
        with self.assertRaises(file.BadFile) as caught:
            self.load(text)
        self.assertEqual(
            caught.exception.problems,
            [
                (number, f"order 'Z{number - 1}' is already in the database")
                for number in (2, 3, 4)
            ],
        )
        self.assertEqual(self.count_records(*COUNTED), before)
        longer = f"{text}\nZoe,Z4,2026-03-05,tea,Tea,Food,2,3.10,2026-03-05,"
        counts, problems = self.load(longer, skip_bad_rows=True)
        self.assertEqual((counts["order"], len(problems)), (1, 3))
        customer = self.env["res.partner"].search([("ref", "=", "Zoe")])
        self.assertEqual(customer.sale_order_count, 2)
        self.assertEqual(
            self.env["stock.quant"].search_count(
                [
                    ("product_id.default_code", "=", "tea"),
                    ("location_id.usage", "=", "customer"),
                ]
            ),
            1,
        )

    def test_closed_books(self):
        self.company.fiscalyear_lock_date = "2026-03-31"
        with self.assertRaisesRegex(UserError, "books are closed until 2026-03-31"):
            self.load(f"{COLUMNS}\n{self.GOOD}")

    def test_no_rows(self):
        counts, problems = self.load(f"{COLUMNS}\n")
        self.assertFalse(counts)
        self.assertFalse(problems)

    def test_country_and_industry(self):
        self.load(
            "customer,order,date,product,name,category,qty,unit_price,country,industry\n"
            "Zoe,Z1,2026-01-05,tea,Tea,Food / Hot,2,3.10,pt,Tea Rooms"
        )
        customer = self.env["res.partner"].search([("ref", "=", "Zoe")])
        self.assertEqual(customer.country_id.code, "PT")
        self.assertEqual(customer.industry_id.name, "Tea Rooms")
        self.assertEqual(customer.sale_order_ids.invoice_ids.payment_state, "paid")
        product = self.env["product.product"].search([("default_code", "=", "tea")])
        self.assertEqual(product.categ_id.complete_name, "Food / Hot")
