"""Forecasts of the customers in an Odoo database, from the facts that the addon makes
of their documents. Nothing is written."""

from contextlib import contextmanager

import odoo
from odoo import api
from odoo.tools import SQL, config

from . import data, forecasts


@contextmanager
def connect(name, path=None):
    """An environment of the database, whose transaction is undone in the end.

    :param path: Odoo's configuration file
    """
    options = ["--database", name] + (["--config", path] if path else [])
    config.parse_config(options, setup_logging=True)
    with odoo.modules.registry.Registry(name).cursor() as cr:
        yield api.Environment(cr, odoo.SUPERUSER_ID, {})
        cr.rollback()


def forecast(env, cut, days):
    """Fit at the cut and forecast the `days` from it, for the company of `env`.

    :param cut: date, the first one that is not known
    :return: names of all customers (their reference, else their name), and
        ``forecasts.Forecast``
    """
    company, Profile = env.company, env["crm.lifecycle.profile"]
    as_of = company._lifecycle_bound(cut)
    env.flush_all()
    customers = env.execute_query(
        SQL("SELECT id FROM res_partner WHERE commercial_partner_id = id")
    )
    nothing = env["crm.lifecycle.model"]
    Profile._prepare_facts(company, [row[0] for row in customers], as_of, nothing)
    facts = Profile._read_engine_facts("crm_lifecycle_facts", company)
    partner_ids = facts.pop("partner_id")
    events = Profile._read_engine_purchases(company, partner_ids, as_of)
    partners = env["res.partner"].browse(partner_ids.astype(int).tolist())
    names = [partner.ref or partner.name for partner in partners]
    made = forecasts.from_facts(facts, events, data.day_number(cut), days)
    return names, made
