"""For tests of Odoo that several processes share, each with a database of its own."""

import os
from unittest.mock import patch

import freezegun.api
import pytest

COMPANY = "Company with Accounts"


@pytest.fixture(scope="session", autouse=True)
def files_of_others(request):
    """Processes have databases of their own and one filestore: none of them may
    collect as garbage, after each class, what another is reading."""
    if _is_worker(request):
        from odoo.tests import TransactionCase

        TransactionCase._gc_filestore = classmethod(lambda cls: None)


@pytest.fixture(scope="session", autouse=True)
def time_for_jobs(request):
    """A job stops when its time is over, and goes on with the next call: on a busy
    machine a test would find it half done."""
    if request.config.pluginmanager.hasplugin("odoo"):
        from odoo.addons.base.models import ir_cron

        ir_cron.MIN_TIME_PER_JOB = 600


@pytest.fixture(scope="session", autouse=True)
def quick_freezing():
    """Whenever time is stopped, freezegun looks for clocks in all of Odoo's modules
    whose names have become others since. That there are as many names tells it, too, in
    a third of the time; tests stop time a few times each."""

    def identify(module):
        return id(module), len(getattr(module, "__dict__", ()))

    with patch.object(freezegun.api, "_get_module_attributes_hash", identify):
        yield


@pytest.fixture(scope="session", autouse=True)
def company_with_accounts(request):
    """A company for all classes of LifecycleCommon, of which otherwise each
    makes one, with its chart of accounts: a good part of their time."""
    if _is_worker(request):
        request.getfixturevalue("load_registry")
        from odoo import SUPERUSER_ID, api
        from odoo.modules.registry import Registry
        from odoo.tests.common import get_db_name

        with Registry(get_db_name()).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            company = env["res.company"].create({"name": COMPANY})
            accounts = env["account.chart.template"]
            template = accounts._guess_chart_template(company.country_id)
            accounts.try_loading(template, company=company, install_demo=False)


def _is_worker(request):
    plugins = request.config.pluginmanager
    return "PYTEST_XDIST_WORKER" in os.environ and plugins.hasplugin("odoo")
