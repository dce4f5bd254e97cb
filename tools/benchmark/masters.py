"""What the synthetic company needs before its documents: made by Odoo itself, except
for customers and products, which are too many."""

from contextlib import closing

import load_transactions
from transactions import prototype

from odoo import Command

RATE = 0.9  # euros for a dollar, on every day
SALESPEOPLE = 8
CATEGORIES = 40


def make(env, start):
    """Two companies that sell, a foreign currency, salespeople and categories.

    :param start: first day of the history
    :return: (environments of the companies, parameters of the plan, pricelist)
    """
    companies = env.company | env["res.company"].create({"name": "Second Company"})
    env.user.company_ids |= companies
    env["account.chart.template"].try_loading(
        "generic_coa", company=companies[1], install_demo=False
    )
    env["stock.warehouse"].create(
        {"name": "Second", "code": "WH2", "company_id": companies[1].id}
    )
    euro = env.ref("base.EUR")
    euro.active = True
    env["res.currency.rate"].create(
        [
            {
                "currency_id": euro.id,
                "company_id": company.id,
                "name": start,
                "rate": RATE,
            }
            for company in companies
        ]
    )
    pricelist = env["product.pricelist"].create(
        {"name": "Europe", "currency_id": euro.id, "company_id": False}
    )
    salesperson = env.ref("sales_team.group_sale_salesman")
    users = env["res.users"].create(
        [
            {
                "name": f"Salesperson {number}",
                "login": f"sales{number}",
                "company_id": companies[0].id,
                "company_ids": companies.ids,
                "group_ids": [Command.link(salesperson.id)],
            }
            for number in range(SALESPEOPLE)
        ]
    )
    categories = env["product.category"].create(
        [{"name": f"Category {number}"} for number in range(CATEGORIES)]
    )
    parameters = {
        "start": start,
        "rate": RATE,
        "users": users.ids,
        "categories": categories.ids,
    }
    envs = [
        env(context={**env.context, "allowed_company_ids": company.ids})
        for company in companies
    ]
    return envs, parameters, pricelist


def prototypes(env, due_days):
    """:return: Prototype by kind of record, in the company of `env`"""
    warehouse = env["stock.warehouse"].search(
        [("company_id", "=", env.company.id)], limit=1
    )
    documents = prototype.make(
        env,
        warehouse,
        load_transactions._journal(env),
        load_transactions._payment_term(env, due_days),
    )
    return documents | _people(env)


def _people(env):
    with closing(env.cr.savepoint()):
        customer = env["res.partner"].create({"name": "Example", "is_company": True})
        contact = customer.create({"name": "Example", "parent_id": customer.id})
        leads = env["crm.lead"].create(
            [{"name": "Example", "type": "opportunity"} for _kind in range(3)]
        )
        leads[1].action_set_won()
        leads[2].action_set_lost()
        records = {
            "customer": customer,
            "contact": contact,
            "open lead": leads[0],
            "won lead": leads[1],
            "lost lead": leads[2],
        }
        env.flush_all()
        return {kind: prototype.read(record) for kind, record in records.items()}


def raise_numbers(env, orders):
    """Let Odoo's next documents follow the generated ones."""
    sequences = env["ir.sequence"].search([("code", "=", "sale.order")])
    sequences |= env["stock.picking.type"].search([]).sequence_id
    sequences.number_next_actual = orders + 1
