"""The addon comes to a company with three years of documents, on a server with worker
processes at Odoo's default limits: history and stages are complete when the queue is
empty, and nobody has noticed."""

import os

import pytest

STAGE_FIELDS = ["stage_id", "month", "company_id", "customer_count", "share"]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("prefork") / "odoo.log"


@pytest.fixture(scope="module")
def old_server(serve_workers, log):
    return serve_workers(os.environ["CRM_LIFECYCLE_OLD_CONFIG"], log)


def test_installed_on_friday(old_server, log):
    admin = old_server.login("admin")
    told = ("mail.mail", "mail.message", "mail.activity", "mail.notification")

    def count(*models):
        return {model: admin(model, "search_count", []) for model in models}

    # Odoo's own jobs rest: what is written is ours
    assert not admin("ir.cron", "search", [])
    before = count(*told)
    modules = admin("ir.module.module", "search", [("name", "=", "crm_lifecycle")])
    admin("ir.module.module", "button_immediate_install", modules)
    admin = old_server.login("admin")
    installed = count(*told)
    assert installed["mail.mail"] == before["mail.mail"]
    _write_on_every_stage(admin)

    companies = admin("res.company", "search", [])
    old_server.wait(lambda: _is_complete(admin, companies), 300)

    assert count(*told) == installed
    assert count("crm.lifecycle.outbox") == {"crm.lifecycle.outbox": 0}
    customers = count("crm.lifecycle.profile")["crm.lifecycle.profile"]
    board = admin(
        "crm.lifecycle.profile",
        "formatted_read_group",
        [],
        ["stage_id"],
        ["__count"],
        context={"allowed_company_ids": companies},
    )
    filled = [column for column in board if column["__count"]]
    assert customers > 200
    assert sum(column["__count"] for column in filled) == customers
    assert all(column["stage_id"] for column in filled)
    assert len(filled) >= 6  # nobody has bought lately
    _check_history(admin, companies)
    limits = ("limit", "timeout", "Traceback", "killed", "serialize")
    assert not [
        line
        for line in log.read_text().splitlines()
        if any(word in line for word in limits)
    ]


def _write_on_every_stage(admin):
    [template] = admin(
        "ir.model.data",
        "search_read",
        [("module", "=", "crm_lifecycle"), ("name", "=", "mail_template_welcome")],
        ["res_id"],
    )
    for stage in admin("crm.lifecycle.stage", "search", []):
        values = {
            "name": "Write",
            "stage_id": stage,
            "active": True,
            "kind": "email",
            "template_id": template["res_id"],
        }
        admin("crm.lifecycle.action", "create", values)


def _is_complete(admin, companies):
    """First run and history of each company are done, and nobody waits."""
    replays = admin("crm.lifecycle.replay", "search_read", [], ["state"])
    return (
        len(replays) == len(companies)
        and {replay["state"] for replay in replays} == {"done"}
        and not admin("crm.lifecycle.dirty", "search_count", [])
    )


def _check_history(admin, companies):
    """Every month since three years ago is there, and its shares add up to one."""
    rows = admin(
        "crm.lifecycle.history",
        "search_read",
        [],
        STAGE_FIELDS,
        context={"allowed_company_ids": companies},
    )
    shares = {}
    for row in rows:
        month = (row["company_id"][0], row["month"])
        shares[month] = shares.get(month, 0) + row["share"]
    assert {round(share, 6) for share in shares.values()} == {1.0}
    for company in companies:
        months = [month for owner, month in shares if owner == company]
        assert len(months) >= 36
    assert len({row["stage_id"][0] for row in rows}) >= 8
