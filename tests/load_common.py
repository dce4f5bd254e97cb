"""A shop's history as a file, and the same history made with Odoo's own buttons."""

import sys
from datetime import datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

from freezegun import freeze_time

from odoo import Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# The tools are scripts: they find one another in their folder.
sys.path.append(str(Path(__file__).parents[1] / "tools"))

import load_transactions
from transactions import file

COLUMNS = "customer,order,date,product,name,category,qty,unit_price,paid,delivered"
# One history: A buys it through the loader, B through Odoo's own buttons.
HISTORY = """
Ann,S1,2026-01-05,tea,Tea,Food / Drinks,2,3.10,2026-02-04,
Ann,S1,2026-01-05,cup,Cup,Kitchen,1,12.00,2026-02-04,
Bob,S2,2026-01-08,tea,Tea,Food / Drinks,4,3.10,2026-01-20,
Bob,S2,2026-01-08,cake,Cake,Food,1.5,0.99,2026-01-20,
Bob,S2,2026-01-08,cup,Cup,Kitchen,3,12.25,2026-01-20,
Bob,R2,2026-01-28,cup,Cup,Kitchen,-1,12.25,2026-01-30,
Cleo,S3,2026-02-02,cup,Cup,Kitchen,2,11.00,,2026-02-09
Cleo,S3,2026-02-02,tea,Tea,Food / Drinks,1,3.00,,2026-02-09
Cleo,R3,2026-02-20,cup,Cup,Kitchen,-2,11.00,,
Cleo,R3,2026-02-20,tea,Tea,Food / Drinks,-1,3.00,,
Ann,S4,2026-02-10,cake,Cake,Food,10,1.00,2026-04-30,2026-02-13
Ann,R4,2026-03-01,cake,Cake,Food,-4,1.00,2026-03-01,
Cleo,S5,2026-03-03,tea,Tea,Food / Drinks,7,2.95,,
Bob,S6,2026-03-05,tea,Tea,Food / Drinks,2,3.20,2026-03-05,
Bob,R6,2026-03-09,tea,Tea,Food / Drinks,-1,3.20,,
Cleo,S7,2026-03-10,cup,Cup,Kitchen,2,10.50,,
Cleo,R7,2026-03-15,cup,Cup,Kitchen,-1,10.50,,
Bob,R8,2026-03-20,pot,Pot,Kitchen,-1,25.00,2026-03-21,
Ann,S9,2026-03-22,cake,Cake,Food,1,0.00,2026-03-22,
Ann,S10,2026-04-01,pot,Pot,Kitchen,1,20.00,2026-04-01,
Ann,S11,2026-04-02,pot,Pot,Kitchen,2,22.00,2026-04-02,
Ann,R11,2026-04-10,pot,Pot,Kitchen,-3,22.00,2026-04-10,
"""
SOLD = {"tea": 16, "cup": 8, "cake": 12.5, "pot": 3}


class LoadCommon(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.env.user.group_ids += cls.env.ref("stock.group_stock_manager")
        cls.env = cls.env(su=True)
        cls.company = cls.env.company
        cls.seller = cls.env["res.users"].create(
            {
                "name": "Sam",
                "login": "load.sam",
                "company_id": cls.company.id,
                "company_ids": [Command.set(cls.company.ids)],
                "group_ids": [
                    Command.set(cls.env.ref("sales_team.group_sale_salesman").ids)
                ],
            }
        )
        cls.startClassPatcher(freeze_time("2026-06-01 12:00:00"))

    @classmethod
    def load(cls, text, **options):
        """Load CSV text as the command does."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "sales.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            return load_transactions.load(cls.env, file.read(path), **options)

    def count_records(self, *models):
        self.env.flush_all()
        return {model: self.env[model].search_count([]) for model in models}


class HistoryCommon(LoadCommon):
    """HISTORY twice: the customers of A have it from the loader, those of B from
    Odoo's own buttons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_customers("A")
        lines = [f"A {line}" for line in HISTORY.strip().splitlines()]
        text = "\n".join([COLUMNS, *lines])
        cls.counts, _problems = cls.load(text)
        cls.make_customers("B")
        cls.make_history()
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def make_customers(cls, side):
        """Ann works at a company that has an address for invoices and a salesperson;
        the others are people."""
        firm = cls.env["res.partner"].create(
            {
                "name": f"{side} Firm",
                "is_company": True,
                "user_id": cls.seller.id,
                "child_ids": [
                    Command.create({"name": f"{side} Bills", "type": "invoice"}),
                    Command.create({"name": f"{side} Ann", "ref": f"{side} Ann"}),
                ],
            }
        )
        people = cls.env["res.partner"].create(
            [
                {"name": f"{side} {name}", "ref": f"{side} {name}"}
                for name in ("Bob", "Cleo")
            ]
        )
        setattr(cls, f"partners_{side}", firm + firm.child_ids + people)

    @classmethod
    def make_history(cls):
        category = cls.env["product.category"].create({"name": "By hand"})
        cls.journal = cls.env["account.journal"].search(
            [("code", "=", "PAST"), ("company_id", "=", cls.company.id)]
        )
        cls.products = {
            product.name: product
            for product in cls.env["product.product"].create(
                [
                    {
                        "name": name.capitalize(),
                        "default_code": f"{name}",
                        "is_storable": True,
                        "invoice_policy": "delivery",
                        "categ_id": category.id,
                        "taxes_id": False,
                        "supplier_taxes_id": False,
                    }
                    for name in SOLD
                ]
            )
        }
        with cls.on("2026-01-04"):
            for name, quantity in SOLD.items():
                cls.count_stock(name.capitalize(), quantity)
        s1, _ = cls.sell("Ann", "S1", "01-05", {"Tea": (2, 3.1), "Cup": (1, 12)})
        cls.pay(s1, "02-04")
        lines = {"Tea": (4, 3.1), "Cake": (1.5, 0.99), "Cup": (3, 12.25)}
        s2, d2 = cls.sell("Bob", "S2", "01-08", lines)
        cls.pay(s2, "01-20")
        cls.pay(cls.take_back(s2, d2, "01-28", {"Cup": 1}), "01-30")
        lines = {"Cup": (2, 11), "Tea": (1, 3)}
        s3, d3 = cls.sell("Cleo", "S3", "02-02", lines, delivered="02-09")
        cls.take_back(s3, d3, "02-20", {"Cup": 2, "Tea": 1})
        lines = {"Cake": (10, 1)}
        s4, d4 = cls.sell("Ann", "S4", "02-10", lines, delivered="02-13")
        cls.take_back(s4, d4, "03-01", {"Cake": 4})
        cls.pay(s4, "04-30")
        cls.sell("Cleo", "S5", "03-03", {"Tea": (7, 2.95)})
        s6, d6 = cls.sell("Bob", "S6", "03-05", {"Tea": (2, 3.2)})
        cls.pay(s6, "03-05")
        cls.take_back(s6, d6, "03-09", {"Tea": 1})
        s7, d7 = cls.sell("Cleo", "S7", "03-10", {"Cup": (2, 10.5)})
        cls.take_back(s7, d7, "03-15", {"Cup": 1})
        cls.pay(cls.take_back_alone("Bob", "03-20", "Pot", 1, 25), "03-21")
        cls.sell("Ann", "S9", "03-22", {"Cake": (1, 0)})
        s10, d10 = cls.sell("Ann", "S10", "04-01", {"Pot": (1, 20)})
        cls.pay(s10, "04-01")
        s11, d11 = cls.sell("Ann", "S11", "04-02", {"Pot": (2, 22)})
        cls.pay(s11, "04-02")
        cls.pay(cls.take_back(s11, d11, "04-10", {"Pot": 2}), "04-10")
        back = cls.take_back(s10, d10, "04-10", {"Pot": 1}, price=22)
        cls.pay(back, "04-10")

    @classmethod
    def on(cls, day):
        return freeze_time(datetime.combine(datetime.fromisoformat(day), time(12)))

    @classmethod
    def customer(cls, name):
        return cls.partners_B.filtered(lambda partner: partner.name == f"B {name}")

    @classmethod
    def count_stock(cls, name, quantity):
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        quant = cls.env["stock.quant"].with_context(inventory_mode=True)
        quant.create(
            {
                "product_id": cls.products[name].id,
                "location_id": warehouse.lot_stock_id.id,
                "inventory_quantity": quantity,
            }
        ).action_apply_inventory()

    @classmethod
    def sell(cls, customer, reference, day, lines, delivered=None):
        """:return: the posted invoice and the done delivery"""
        with cls.on(f"2026-{day}"):
            order = cls.env["sale.order"].create(
                {
                    "partner_id": cls.customer(customer).id,
                    "client_order_ref": reference,
                    "payment_term_id": load_transactions._payment_term(cls.env, 30).id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": cls.products[name].id,
                                "product_uom_qty": quantity,
                                "price_unit": price,
                            }
                        )
                        for name, (quantity, price) in lines.items()
                    ],
                }
            )
            order.action_confirm()
        with cls.on(f"2026-{delivered or day}"):
            order.picking_ids.button_validate()
        with cls.on(f"2026-{day}"):
            invoice = order._create_invoices()
            invoice.action_post()
        return invoice, order.picking_ids

    @classmethod
    def take_back(cls, invoice, delivery, day, quantities, price=None):
        """:return: the posted credit note"""
        with cls.on(f"2026-{day}"):
            wizard = cls.env["stock.return.picking"].create({"picking_id": delivery.id})
            for line in wizard.product_return_moves:
                line.quantity = quantities.get(line.product_id.name, 0)
            wizard._create_return().button_validate()
            wizard = cls.env["account.move.reversal"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard = wizard.create({"journal_id": invoice.journal_id.id})
            wizard.refund_moves()
            credit_note = wizard.new_move_ids
            for line in credit_note.invoice_line_ids:
                if line.product_id.name in quantities:
                    line.quantity = quantities[line.product_id.name]
                    line.price_unit = price or line.price_unit
                else:
                    line.unlink()
            credit_note.action_post()
        return credit_note

    @classmethod
    def take_back_alone(cls, customer, day, name, quantity, price):
        product, partner = cls.products[name], cls.customer(customer)
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        places = {
            "location_id": partner.property_stock_customer.id,
            "location_dest_id": warehouse.lot_stock_id.id,
        }
        move = {"product_id": product.id, "product_uom_qty": quantity, **places}
        with cls.on(f"2026-{day}"):
            receipt = cls.env["stock.picking"].create(
                {
                    "partner_id": partner.id,
                    "picking_type_id": warehouse.in_type_id.id,
                    "move_ids": [Command.create(move)],
                    **places,
                }
            )
            receipt.action_confirm()
            receipt.button_validate()
            line = {
                "product_id": product.id,
                "quantity": quantity,
                "price_unit": price,
                "tax_ids": False,
            }
            credit_note = cls.env["account.move"].create(
                {
                    "move_type": "out_refund",
                    "partner_id": partner.id,
                    "invoice_date": fields.Date.today(),
                    "invoice_line_ids": [Command.create(line)],
                }
            )
            credit_note.action_post()
        return credit_note

    @classmethod
    def pay(cls, entry, day):
        wizard = cls.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=entry.ids
        )
        with cls.on(f"2026-{day}"):
            wizard.create({"journal_id": cls.journal.id})._create_payments()
