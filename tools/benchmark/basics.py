"""Customers, leads, products and their stock, from the plan."""

SPARE_UNITS = 500


def write_people(loader):
    loader.insert(
        "customer",
        "plan_customer",
        "TRUE",
        id="partner_id",
        name="'Customer ' || customer",
        complete_name="'Customer ' || customer",
        commercial_company_name="'Customer ' || customer",
        commercial_partner_id="partner_id",
        user_id="user_id",
        customer_rank="orders",
        email="'customer' || customer || '@example.com'",
        email_normalized="'customer' || customer || '@example.com'",
    )
    loader.insert(
        "contact",
        "plan_customer",
        "contact_id IS NOT NULL",
        id="contact_id",
        name="'Buyer of ' || customer",
        complete_name="'Customer ' || customer || ', Buyer of ' || customer",
        commercial_company_name="'Customer ' || customer",
        commercial_partner_id="partner_id",
        parent_id="partner_id",
        user_id="user_id",
    )
    for kind, low, high in (
        ("open lead", 0, 0.3),
        ("won lead", 0.3, 0.7),
        ("lost lead", 0.7, 1),
    ):
        loader.insert(
            kind,
            "plan_customer",
            "(orders = 0 OR pg_temp.chance(customer, 60) < 0.1)"
            f" AND pg_temp.chance(customer, 61) >= {low}"
            f" AND pg_temp.chance(customer, 61) < {high}",
            name="'Opportunity ' || customer",
            partner_id="partner_id",
            partner_name="'Customer ' || customer",
            user_id="user_id",
            create_date="born",
            date_open="born",
        )


def write_products(loader):
    """Products, and their stock: all that was delivered had been counted before."""
    products = "(SELECT 0 AS company, * FROM plan_product) p"
    loader.insert(
        "product template",
        products,
        "TRUE",
        id="template_id",
        name="jsonb_build_object('en_US', 'Product ' || product_id)",
        default_code="'P' || product",
        list_price="price",
        categ_id="categ_id",
    )
    loader.insert(
        "product",
        products,
        "TRUE",
        id="product_id",
        product_tmpl_id="template_id",
        default_code="'P' || product",
    )
    loader.env.cr.execute(
        """
        CREATE TEMP TABLE plan_stock AS
        SELECT p.product_id, c.company, nextval('stock_move_id_seq')::int AS move_id,
               COALESCE(delivered, 0) AS delivered, COALESCE(returned, 0) AS returned
          FROM plan_product p
    CROSS JOIN (VALUES (0), (1)) AS c (company)
     LEFT JOIN (
              SELECT product_id, company, SUM(quantity) AS delivered,
                     SUM(quantity) FILTER (WHERE is_credited AND position = 1)
                         AS returned
                FROM plan_item i
                JOIN plan_document o ON o.number = i.event
               WHERE is_delivered
            GROUP BY product_id, company
          ) AS moved USING (product_id, company)
        """
    )
    for kind, quantity in (
        ("internal stock", f"returned + {SPARE_UNITS}"),
        ("customer stock", "delivered - returned"),
        ("inventory stock", f"-delivered - {SPARE_UNITS}"),
    ):
        loader.insert(
            kind,
            "plan_stock",
            "TRUE",
            product_id="product_id",
            quantity=quantity,
        )
    counted = f"delivered + {SPARE_UNITS}"
    opening = {"product_id": "product_id", "quantity": counted}
    loader.insert(
        "opening move",
        "plan_stock",
        "TRUE",
        **opening,
        id="move_id",
        product_qty=counted,
        product_uom_qty=counted,
        packaging_uom_qty=counted,
    )
    loader.insert(
        "opening move line",
        "plan_stock",
        "TRUE",
        **opening,
        move_id="move_id",
        quantity_product_uom=counted,
    )
