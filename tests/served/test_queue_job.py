"""The job queue of the OCA, where it is installed, does the numbers of a night beside
the nightly job: the real addon with its own runner."""

import os


def test_night(serve_workers, tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_QUEUE_JOB_CHANNELS", "root:2")
    log = tmp_path / "odoo.log"
    server = serve_workers(
        os.environ["CRM_LIFECYCLE_JOBS_CONFIG"], log, "--load=base,rpc,web,queue_job"
    )
    admin = server.login("admin")
    history = [("cron_name", "like", "rebuild history")]
    admin("ir.cron", "write", admin("ir.cron", "search", history), {"active": False})
    companies = admin("res.company", "search", [])

    def is_complete():
        rows = admin("res.company", "read", companies, ["lifecycle_as_of"])
        return all(row["lifecycle_as_of"] for row in rows)

    server.wait(is_complete, 600)
    jobs = admin(
        "queue.job",
        "search_read",
        [("model_name", "=", "crm.lifecycle.unit")],
        ["state", "result", "channel"],
    )
    assert {job["channel"] for job in jobs} == {"root.crm_lifecycle"}
    assert {job["state"] for job in jobs} == {"done"}
    assert sum(int(job["result"] or 0) for job in jobs), "the nightly job did it alone"
    assert not admin("crm.lifecycle.unit", "search", [])
    _check_numbers(admin, companies)
    assert "Traceback" not in log.read_text()
    server.process.terminate()


def _check_numbers(admin, companies):
    """What several jobs have written is what one transaction writes, cell by cell."""
    kinds = admin("crm.lifecycle.profile", "fields_get", [], ["store", "type"])
    names = [
        name
        for name, kind in kinds.items()
        if kind["store"]
        and not kind["type"].endswith("2many")
        and not name.startswith(("write_", "message_", "activity_"))
    ]
    for company in companies:
        context = {"allowed_company_ids": [company]}

        def rows(context=context):
            found = admin(
                "crm.lifecycle.profile", "search_read", [], names, context=context
            )
            return {row["partner_id"][0]: row for row in found}

        before = rows()
        admin(
            "res.partner", "action_lifecycle_recompute", list(before), context=context
        )
        assert rows() == before
