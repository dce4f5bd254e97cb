"""The customers and products of the file: found by reference, else created."""

from dataclasses import dataclass

from odoo.tools import SQL


@dataclass(slots=True)
class Customer:
    """What an order copies from its customer."""

    id: int
    commercial_id: int
    commercial_name: str
    invoice_id: int
    invoice_name: str
    shipping_id: int
    receivable_account_id: int
    user_id: int | None
    team_id: int | None


@dataclass(slots=True)
class Product:
    """What a line copies from its product."""

    id: int
    label: str
    uom_id: int
    income_account_id: int
    invoiced_as_ordered: bool
    storable: bool


def find(env, model, column, codes):
    """Records of the company, or of all companies, by their reference."""
    records = env[model].search(
        [(column, "in", list(codes)), ("company_id", "in", [env.company.id, False])],
        order="id desc",
    )
    return {record[column]: record for record in records}


def check(env, rows):
    """What the database has against `rows`: a list of (line number, text)."""
    countries = _countries(env)
    known = find(env, "product.product", "default_code", {row.product for row in rows})
    unfit = {
        code
        for code, product in known.items()
        if product.type != "consu" or product.tracking != "none"
    }
    loaded = _loaded_orders(env, rows)
    problems = []
    for row in rows:
        if row.country and row.country.lower() not in countries:
            problems.append((row.number, f"unknown country: {row.country!r}"))
        elif row.product in unfit:
            problems.append(
                (row.number, f"product {row.product!r} is no plain good in Odoo")
            )
        elif (row.customer, row.order) in loaded:
            problems.append(
                (row.number, f"order {row.order!r} is already in the database")
            )
    return problems


def _countries(env):
    """Country by lower case code and name."""
    countries = env["res.country"].search([])
    return {c.name.lower(): c for c in countries} | {
        c.code.lower(): c for c in countries if c.code
    }


def _loaded_orders(env, rows):
    """The (customer, order) that an earlier load wrote: an order keeps its number as
    customer reference, a credit note in its reference, if need be behind a comma."""
    env.flush_all()
    return set(
        env.execute_query(
            SQL(
                """
                SELECT p.ref, d.number
                  FROM (SELECT partner_id, client_order_ref AS number
                          FROM sale_order
                         WHERE company_id = %(company)s
                        UNION ALL
                        SELECT partner_id, ref
                          FROM account_move
                         WHERE company_id = %(company)s AND move_type = 'out_refund'
                        UNION ALL
                        SELECT partner_id, substring(ref FROM ', (.*)$')
                          FROM account_move
                         WHERE company_id = %(company)s AND move_type = 'out_refund'
                       ) d
                  JOIN res_partner p ON p.id = d.partner_id
                 WHERE p.ref = ANY(%(refs)s) AND d.number = ANY(%(numbers)s)
                """,
                company=env.company.id,
                refs=list({row.customer for row in rows}),
                numbers=list({row.order for row in rows}),
            )
        )
    )


def customers(env, rows):
    """:return: Customer by the file's reference; missing ones are created"""
    first = {}
    for row in rows:
        head = first.setdefault(row.customer, row)
        head.country = head.country or row.country
        head.industry = head.industry or row.industry
    partners = find(env, "res.partner", "ref", first)
    missing = [row for code, row in first.items() if code not in partners]
    countries, industries = _countries(env), _industries(env, missing)
    created = env["res.partner"].create(
        [
            {
                "name": row.customer,
                "ref": row.customer,
                "country_id": countries[row.country.lower()].id if row.country else 0,
                "industry_id": industries[row.industry].id if row.industry else 0,
            }
            for row in missing
        ]
    )
    partners.update(zip((row.customer for row in missing), created, strict=True))
    teams = {}
    return {code: _customer(partner, teams) for code, partner in partners.items()}


def _industries(env, rows):
    industries = {i.name: i for i in env["res.partner.industry"].search([])}
    for name in {row.industry for row in rows} - set(industries) - {""}:
        industries[name] = env["res.partner.industry"].create({"name": name})
    return industries


def _customer(partner, teams):
    """Addresses, account, salesperson and team as an order would take them."""
    addresses = {"invoice": partner.id, "delivery": partner.id}
    commercial = partner.commercial_partner_id
    if commercial != partner or partner.child_ids:
        addresses = partner.address_get(["invoice", "delivery"])
    user = partner.user_id or commercial.user_id
    if not user and partner.env.user.has_group("sales_team.group_sale_salesman"):
        user = partner.env.user
    if user not in teams:
        teams[user] = partner.env["crm.team"]._get_default_team_id(user_id=user.id)
    return Customer(
        id=partner.id,
        commercial_id=commercial.id,
        commercial_name=commercial.display_name,
        invoice_id=addresses["invoice"],
        invoice_name=partner.browse(addresses["invoice"]).display_name,
        shipping_id=addresses["delivery"],
        receivable_account_id=commercial.property_account_receivable_id.id,
        user_id=user.id or None,
        team_id=teams[user].id or None,
    )


def products(env, rows, bulk):
    """:return: Product by the file's code; missing ones are created as stored goods,
    invoiced on delivered quantities, without taxes, at the price of their last line"""
    last = {row.product: row for row in sorted(rows, key=lambda row: row.date)}
    known = find(env, "product.product", "default_code", last)
    missing = [row for code, row in last.items() if code not in known]
    categories = _categories(env, {row.category for row in missing})
    for row in missing:
        values = {"default_code": row.product}
        template_id = bulk.new_id("product_template")
        bulk.add(
            "product template",
            id=template_id,
            name={"en_US": row.name or row.product},
            categ_id=categories[row.category],
            list_price=row.price,
            **values,
        )
        bulk.add(
            "product",
            id=bulk.new_id("product_product"),
            product_tmpl_id=template_id,
            **values,
        )
    bulk.flush(at_least=0)
    accounts = {}
    return {
        code: _product(product, accounts)
        for code, product in find(env, "product.product", "default_code", last).items()
    }


def _product(product, accounts):
    template = product.product_tmpl_id
    key = template.property_account_income_id, template.categ_id
    if key not in accounts:
        accounts[key] = template.get_product_accounts()["income"].id
    return Product(
        id=product.id,
        label=product.get_product_multiline_description_sale(),
        uom_id=product.uom_id.id,
        income_account_id=accounts[key],
        invoiced_as_ordered=product.invoice_policy == "order",
        storable=product.is_storable,
    )


def _categories(env, paths):
    """Category id by path, whose levels are separated by " / "; the levels are created
    from the top."""
    model = env["product.category"]
    ids = {category.complete_name: category.id for category in model.search([])}
    ids[""] = False
    levels = {}
    for path in paths - {""}:
        parent = ""
        for depth, name in enumerate(path.split(" / ")):
            levels.setdefault(depth, {})[parent, name] = None
            parent = f"{parent} / {name}" if parent else name
    for _depth, level in sorted(levels.items()):
        new = {
            f"{parent} / {name}" if parent else name: (parent, name)
            for parent, name in level
        }
        new = {path: key for path, key in new.items() if path not in ids}
        created = model.create(
            [{"name": name, "parent_id": ids[parent]} for parent, name in new.values()]
        )
        ids.update(zip(new, created.ids, strict=True))
    return {path: ids[path] for path in paths}
