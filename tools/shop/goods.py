"""What the data does not tell about products: costs, and which are supplies."""

import random

from odoo.tools import SQL

# Share of the price that a product costs, drawn for each category.
COST_SHARE = 0.55, 0.9
# What is bought once, and what is used up with it: words of the products' names.
SUPPLIES = (
    ("Ground coffee", "Coffee filters"),
    ("Razors and blades", "Shave cream"),
    ("Charcoal,", "Charcoal lighter"),
    ("Baby diapers", "Baby wipes"),
    ("Cat litter", "Cat food"),
)


def complete(env, seed):
    """Give costs to all products, and supplies to a few.

    :return: how many products have supplies
    """
    _set_costs(env, seed)
    pairs = [(_best(env, main), _best(env, supply)) for main, supply in SUPPLIES]
    pairs = [(main, supply) for main, supply in pairs if main and supply]
    for main, supply in pairs:
        main.lifecycle_consumable_ids |= supply
    return len(pairs)


def _set_costs(env, seed):
    """In one statement: there are thousands of products, and no stock is valued."""
    rng = random.Random(seed)
    categories = env["product.category"].search([], order="complete_name")
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            UPDATE product_product product
               SET standard_price = jsonb_build_object(
                       %(company)s::text,
                       ROUND(template.list_price * drawn.share::numeric, 2)
                   )
              FROM product_template template
              JOIN unnest(%(categories)s, %(shares)s) AS drawn (categ_id, share)
                ON drawn.categ_id = template.categ_id
             WHERE template.id = product.product_tmpl_id
               AND product.default_code LIKE 'CJ%%'
            """,
            company=env.company.id,
            categories=categories.ids,
            shares=[rng.uniform(*COST_SHARE) for _category in categories],
        )
    )
    env.invalidate_all()


def _best(env, words):
    """The product bought most often of those whose name begins with `words`."""
    groups = env["sale.order.line"]._read_group(
        [("product_id.name", "=ilike", f"{words}%"), ("state", "=", "sale")],
        ["product_id"],
        order="__count DESC, product_id",
        limit=1,
    )
    return groups[0][0].product_tmpl_id if groups else env["product.template"]
