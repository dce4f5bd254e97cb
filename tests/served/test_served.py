"""What only a served Odoo with scheduled jobs can show; the files and tests go in the
order of their names and lines."""

import pytest


@pytest.fixture(scope="module")
def salesperson(server, admin):
    """Someone with the least rights that selling needs: own documents only."""
    [group] = admin(
        "ir.model.data",
        "search_read",
        [("module", "=", "sales_team"), ("name", "=", "group_sale_salesman")],
        ["res_id"],
    )
    admin(
        "res.users",
        "create",
        {
            "name": "Salesperson",
            "login": "salesperson",
            "password": "salesperson",
            "group_ids": [(6, 0, [group["res_id"]])],
        },
    )
    return server.login("salesperson")


def test_first_run_after_the_installation(server, admin):
    """The installation asked for it, nobody had to. A server that was started after
    it looks for jobs within a minute or so."""
    server.wait(
        lambda: admin("res.company", "read", [1], ["lifecycle_as_of"])[0][
            "lifecycle_as_of"
        ],
        120,
    )


def test_stage_moves_within_a_minute(server, admin, salesperson):
    """A quotation makes a qualified prospect, its confirmation a new customer."""
    product = admin("product.product", "create", {"name": "Desk", "list_price": 100})
    customer = admin("res.partner", "create", {"name": "Customer"})

    def stage(*names):
        found = salesperson("res.partner", "read", [customer], ["lifecycle_stage_id"])
        value = found[0]["lifecycle_stage_id"]
        return value and value[1] in names

    order = salesperson(
        "sale.order",
        "create",
        {"partner_id": customer, "order_line": [(0, 0, {"product_id": product})]},
    )
    server.wait(lambda: stage("Qualified"), 60)
    salesperson("sale.order", "action_confirm", [order])
    server.wait(lambda: stage("New"), 60)
