"""A server that is killed while customers move and their e-mails are written."""

import random
import time

import pytest

CUSTOMERS = 20  # of each round
# They make the company large enough that the moves of the others are not too many.
OLD_CUSTOMERS = 100


@pytest.fixture(scope="module")
def every_stage_writes(server, admin):
    """An e-mail on every stage, without any limit, that nobody sends; in a company
    that has had its first run."""
    server.wait(
        lambda: admin("res.company", "read", [1], ["lifecycle_as_of"])[0][
            "lifecycle_as_of"
        ],
        120,
    )
    for module, name, values in (
        ("mail", "ir_cron_mail_scheduler_action", {"active": False}),
        ("base", "main_company", {"lifecycle_hold_share": 1}),
        ("base", "main_company", {"lifecycle_cooldown_days": 0}),
    ):
        model, record = _ref(admin, module, name)
        admin(model, "write", [record], values)
    _model, template = _ref(admin, "crm_lifecycle", "mail_template_welcome")
    for stage in admin("crm.lifecycle.stage", "search", []):
        admin(
            "crm.lifecycle.action",
            "create",
            {
                "name": "Write",
                "stage_id": stage,
                "active": True,
                "kind": "email",
                "template_id": template,
                "repeat_days": 0,
                # a customer who has moved on by now gets it nevertheless
                "even_if_left": True,
            },
        )


def _ref(admin, module, name):
    [found] = admin(
        "ir.model.data",
        "search_read",
        [("module", "=", module), ("name", "=", name)],
        ["model", "res_id"],
    )
    return found["model"], found["res_id"]


def _quote(admin, product, number, **values):
    """Quotations for so many new customers.

    :return: ids of the customers, ids of the quotations
    """
    customers = admin(
        "res.partner",
        "create",
        [
            {"name": f"Customer {each}", "email": f"customer{each}@example.com"}
            for each in range(number)
        ],
    )
    line = (0, 0, {"product_id": product})
    orders = [
        {"partner_id": each, "order_line": [line], **values} for each in customers
    ]
    return customers, admin("sale.order", "create", orders)


def test_one_email_for_each_move(server, admin, every_stage_writes):
    """Killed while customers move and while e-mails are written, at random moments:
    in the end everybody has moved, and for each move there is one e-mail, not two."""
    product = admin("product.product", "create", {"name": "Chair", "list_price": 30})
    old, _quotations = _quote(
        admin, product, OLD_CUSTOMERS, date_order="2020-01-01 12:00:00"
    )
    server.wait(
        lambda: _count(admin, "crm.lifecycle.profile", "partner_id", old) == len(old),
        60,
    )
    customers, moments = [], []
    for model, field in (
        ("crm.lifecycle.transition", "partner_id"),
        ("mail.mail", "res_id"),
        ("mail.mail", "res_id"),
    ):
        call = server.login("admin")
        new, quotations = _quote(call, product, CUSTOMERS)
        call("sale.order", "action_confirm", quotations)
        customers += new
        some = random.randrange(1, CUSTOMERS)
        end = time.monotonic() + 60
        while _count(call, model, field, new) < some and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(random.uniform(0, 0.3))
        server.kill()
        moments.append((model, some))
        server.start()
    call = server.login("admin")
    new, quotations = _quote(call, product, 1)  # wakes the scheduler
    call("sale.order", "action_confirm", quotations)
    customers += new
    server.wait(lambda: _is_quiet(call, customers), 120)

    def read(model, field, *names):
        return call(model, "search_read", [(field, "in", customers)], list(names))

    moves = read("crm.lifecycle.transition", "partner_id", "partner_id", "is_baseline")
    moved = sorted(move["partner_id"][0] for move in moves if not move["is_baseline"])
    mails = read("mail.mail", "res_id", "res_id", "model")
    written = sorted(mail["res_id"] for mail in mails if mail["model"] == "res.partner")
    assert set(moved) == set(customers)
    assert written == moved, f"killed after {moments}"
    log = read("crm.lifecycle.outbox", "partner_id", "state", "reason")
    assert {(row["state"], row["reason"]) for row in log} == {("done", False)}
    assert len(log) == len(moved)
    log = call("crm.lifecycle.outbox", "search", [("partner_id", "in", old)])
    assert not log, "old documents"


def _count(call, model, field, customers):
    return call(model, "search_count", [(field, "in", customers)])


def _is_quiet(call, customers):
    """Everybody has moved on to his last stage, and nothing is left to be done."""
    new = [("partner_id", "in", customers), ("stage_id.name", "=", "New")]
    left = [("state", "in", ("waiting", "started"))]
    return call("crm.lifecycle.profile", "search_count", new) == len(
        customers
    ) and not call("crm.lifecycle.outbox", "search_count", left)
