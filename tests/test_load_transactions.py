import re
from collections import Counter

from odoo.tests import tagged

from .load_common import SOLD, HistoryCommon

# What the lifecycle reads of a customer's records, and what Odoo's reports show of
# them: the loader must leave the same as Odoo's own buttons. Links to records that
# exist once per history (a customer, an order, an invoice, ...) are compared by what
# they point to, see LoadTest.name_of.
COMPARED = {
    "product.template": """
        name default_code type is_storable invoice_policy uom_id sale_ok purchase_ok
        active tracking company_id service_type expense_policy route_ids
        """,
    "product.product": "default_code product_tmpl_id active combination_indices",
    "res.partner": "name commercial_partner_id user_id",
    "sale.order": """
        partner_id partner_invoice_id partner_shipping_id company_id state date_order
        client_order_ref currency_id currency_rate user_id team_id pricelist_id
        warehouse_id payment_term_id amount_untaxed amount_tax amount_total
        invoice_status delivery_status effective_date locked
        """,
    "sale.order.line": """
        order_id order_partner_id company_id currency_id salesman_id state name
        product_id product_uom_id display_type is_downpayment price_unit
        price_reduce_taxexcl price_subtotal price_total product_uom_qty qty_delivered
        qty_delivered_method qty_invoiced qty_to_invoice untaxed_amount_invoiced
        untaxed_amount_to_invoice invoice_status customer_lead
        """,
    "account.move": """
        sequence_prefix move_type state partner_id commercial_partner_id
        partner_shipping_id invoice_partner_display_name invoice_date date
        invoice_date_due delivery_date company_id currency_id journal_id payment_state
        reversed_entry_id invoice_user_id team_id amount_untaxed amount_total
        amount_residual
        amount_untaxed_signed amount_total_signed amount_residual_signed
        amount_total_in_currency_signed
        """,
    "account.move.line": """
        move_id display_type account_id journal_id company_id partner_id product_id
        product_uom_id parent_state quantity price_unit price_subtotal price_total debit
        credit balance amount_currency currency_id date invoice_date date_maturity
        amount_residual amount_residual_currency reconciled payment_id
        """,
    "account.partial.reconcile": """
        debit_move_id credit_move_id amount debit_amount_currency
        credit_amount_currency max_date company_id
        """,
    "account.payment": """
        payment_type partner_type partner_id state amount
        amount_company_currency_signed date journal_id payment_method_line_id move_id
        currency_id company_id is_reconciled is_matched outstanding_account_id
        destination_account_id
        """,
    "stock.picking": """
        partner_id sale_id state date_done date_deadline scheduled_date
        picking_type_id company_id return_id location_id location_dest_id
        """,
    "stock.move": """
        picking_id sale_line_id product_id product_uom product_qty quantity
        product_uom_qty state origin_returned_move_id to_refund location_id
        location_dest_id partner_id company_id date date_deadline picked value is_in
        is_out
        """,
    "stock.move.line": """
        move_id picking_id product_id product_uom_id quantity quantity_product_uom
        state picked location_id location_dest_id company_id date
        """,
    "stock.quant": """
        product_id location_id company_id quantity reserved_quantity
        """,
}
# Compared only by being there or not: numbers of their own, and a rank that Odoo
# counts up after the commit, which a test never reaches.
FILLED = {
    "account.move.line": ["full_reconcile_id", "matching_number"],
    "res.partner": ["customer_rank"],
}


@tagged("post_install", "-at_install")
class TestLoadEqualsOdoo(HistoryCommon):
    def products_of(self, side):
        by_hand = self.env["product.product"].browse(
            [product.id for product in self.products.values()]
        )
        if side == "B":
            return by_hand
        domain = [("default_code", "in", list(SOLD)), ("id", "not in", by_hand.ids)]
        return self.env["product.product"].search(domain)

    def records_of(self, model, side):
        partners, products = getattr(self, f"partners_{side}"), self.products_of(side)
        domain = {
            "res.partner": [("id", "in", partners.ids)],
            "sale.order.line": [("order_partner_id", "in", partners.ids)],
            "account.partial.reconcile": [
                ("debit_move_id.partner_id", "in", partners.ids)
            ],
            "product.template": [("id", "in", products.product_tmpl_id.ids)],
            "product.product": [("id", "in", products.ids)],
            "stock.move": [("product_id", "in", products.ids)],
            "stock.move.line": [("product_id", "in", products.ids)],
            "stock.quant": [("product_id", "in", products.ids)],
        }.get(model, [("partner_id", "in", partners.ids)])
        return self.env[model].search(domain)

    def name_of(self, record):
        """What a record is, whichever side it is on."""
        if not record:
            return None
        if record._name == "res.partner":
            return self.value_of(record, "name")
        parts = {
            "product.product": ["default_code"],
            "product.template": ["default_code"],
            "sale.order": ["client_order_ref"],
            "sale.order.line": ["order_id", "product_id", "product_uom_qty"],
            "account.move": ["move_type", "partner_id", "date", "amount_total"],
            "account.move.line": ["move_id", "display_type", "product_id", "balance"],
            "account.payment": ["partner_id", "date", "amount"],
            "stock.picking": ["partner_id", "sale_id", "date_done", "picking_type_id"],
            "stock.move": ["picking_id", "product_id", "quantity"],
        }.get(record._name)
        if not parts:
            return record.ids
        return tuple(self.value_of(record, name) for name in parts)

    def value_of(self, record, name):
        field = record._fields[name]
        if field.relational:
            return self.name_of(record[name])
        if field.type in ("float", "monetary"):
            return round(record[name], 6)
        value = record[name]
        if isinstance(value, str):
            return re.sub(r"\b[AB] ", "", value)
        return value

    def rows_of(self, model, side):
        records = self.records_of(model, side)
        rows = Counter()
        for record in records:
            values = [
                f"{name}={self.value_of(record, name)}"
                for name in COMPARED[model].split()
            ]
            values += [f"{name}={bool(record[name])}" for name in FILLED.get(model, ())]
            rows[" ".join(values)] += 1
        return rows

    def test_records_equal_those_of_odoo(self):
        self.maxDiff = None
        for model in COMPARED:
            with self.subTest(model):
                loaded, by_hand = self.rows_of(model, "A"), self.rows_of(model, "B")
                self.assertTrue(by_hand)
                self.assertEqual(sorted(loaded - by_hand), sorted(by_hand - loaded))

    def test_document_names_continue(self):
        """Names look like Odoo's, and Odoo goes on where the loader stopped."""
        for model, start in (
            ("sale.order", "S"),
            ("stock.picking", r"\w+/(IN|OUT)/"),
            ("account.move", r"(R?INV|PPAST)/2026/"),
        ):
            loaded = self.records_of(model, "A").mapped("name")
            by_hand = self.records_of(model, "B").mapped("name")
            for name in loaded + by_hand:
                self.assertRegex(name, rf"^{start}\d{{5}}$")
            self.assertFalse(set(loaded) & set(by_hand))
            self.assertEqual(len(set(loaded)), len(by_hand))

    def test_reports_agree(self):
        for model, groupby, aggregates in (
            (
                "sale.report",
                ["date:month", "invoice_status", "user_id", "state"],
                ["price_total:sum", "qty_delivered:sum", "qty_invoiced:sum", "nbr:sum"],
            ),
            (
                "account.invoice.report",
                ["invoice_date:month", "payment_state", "move_type", "invoice_user_id"],
                ["price_subtotal:sum", "quantity:sum", "__count"],
            ),
        ):
            loaded, by_hand = (
                self.env[model]._read_group(
                    [("commercial_partner_id", "in", partners.ids)], groupby, aggregates
                )
                for partners in (self.partners_A, self.partners_B)
            )
            self.assertTrue(by_hand)
            self.assertEqual(loaded, by_hand)

    def test_balances_agree(self):
        for loaded in self.partners_A:
            name = loaded.name.removeprefix("A ")
            by_hand = self.partners_B.filtered(lambda p, n=name: p.name == f"B {n}")
            for field in ("credit", "total_invoiced", "sale_order_count"):
                with self.subTest(name, field=field):
                    self.assertAlmostEqual(loaded[field], by_hand[field])
        cleo = self.partners_A.filtered(lambda partner: partner.name == "A Cleo")
        self.assertAlmostEqual(cleo.credit, 7 * 2.95 + 10.5)

    def test_stock_agrees(self):
        by_hand = {p.default_code: p for p in self.products_of("B")}
        for product in self.products_of("A"):
            with self.subTest(product.default_code):
                twin = by_hand[product.default_code]
                for field in ("qty_available", "virtual_available", "outgoing_qty"):
                    self.assertAlmostEqual(product[field], twin[field])
                for day in ("2026-01-04", "2026-02-15", "2026-03-21"):
                    at_date = {"to_date": f"{day} 23:59:59"}
                    self.assertAlmostEqual(
                        product.with_context(**at_date).qty_available,
                        twin.with_context(**at_date).qty_available,
                    )

    def test_documents_can_be_worked_on(self):
        """What was loaded is no dead end: an open invoice takes a payment, a delivery
        takes a return, and Odoo's own computations change nothing."""
        orders = self.records_of("sale.order", "A")
        fields_of_order = ("amount_total", "invoice_status", "delivery_status")
        before = orders.read(fields_of_order)
        for name in fields_of_order:
            self.env.add_to_compute(orders._fields[name], orders)
        self.env.add_to_compute(
            self.env["sale.order.line"]._fields["qty_delivered"], orders.order_line
        )
        self.assertEqual(orders.read(fields_of_order), before)
        order = orders.filtered(lambda order: order.client_order_ref == "S5")
        self.pay(order.invoice_ids, "05-02")
        self.assertEqual(order.invoice_ids.payment_state, "paid")
        self.take_back(order.invoice_ids, order.picking_ids, "05-04", {"Tea": 1})
        self.assertEqual(order.order_line.qty_delivered, 6)
        self.assertEqual(order.order_line.qty_invoiced, 6)
