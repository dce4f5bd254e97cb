"""For tests of Odoo that several processes share."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def files_of_others(request):
    """Processes have databases of their own and one filestore: none of them may
    collect as garbage, after each class, what another is reading."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if is_worker and request.config.pluginmanager.hasplugin("odoo"):
        from odoo.tests import TransactionCase

        TransactionCase._gc_filestore = classmethod(lambda cls: None)
