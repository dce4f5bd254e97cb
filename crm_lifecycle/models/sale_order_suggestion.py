from odoo import api, models
from odoo.fields import Domain

MAX_SUGGESTIONS = 15
# Fields of the order on the screen that decide what is offered at which price.
SCREEN = [
    "partner_id",
    "pricelist_id",
    "currency_id",
    "fiscal_position_id",
    "warehouse_id",
    "date_order",
    "state",
    "locked",
]
KINDS = [  # as they are shown
    *("reorder", "consumable", "cross_sell", "up_sell", "similar", "novelty"),
    "popular",
]


class SaleOrder(models.Model):
    """SCREEN: what to offer on the order that is being written, saved or not."""

    _inherit = "sale.order"

    @api.model
    @api.readonly
    def lifecycle_suggestions(self, screen, product_ids, limit=5):
        """Products to offer on an order, each with its reason, the price that its
        order line will have, and the stock. Never more than the user may see: products
        are searched and read with his rights, and of what the customer bought, from
        whomever, he learns the name of a product.

        :param dict screen: the order on the screen: ``company_id`` and the values of
            ``SCREEN`` (ids of records)
        :param list product_ids: products of its lines
        :param int limit: how many suggestions at most
        :return: dict of ``suggestions``, best first, and when there is none a
            ``message`` that says why
        """
        self.check_access("create")
        # reading the company raises when the user may not work for it
        company = self.with_company(screen.get("company_id")).env.company
        values = {name: screen.get(name) for name in SCREEN}
        order = self.with_company(company).new({**values, "company_id": company.id})
        message = order._lifecycle_closed()
        if message:
            return {"suggestions": [], "message": message}
        products = self.env["product.product"].browse(product_ids).exists()
        rows = order._lifecycle_choose(products, min(limit, MAX_SUGGESTIONS))
        if not rows:
            return {"suggestions": [], "message": order._lifecycle_nothing()}
        return {"suggestions": order._lifecycle_describe(rows), "message": False}

    def _lifecycle_closed(self):
        """:return: why nothing may be suggested on this order, if so"""
        self.ensure_one()
        if self.locked or self.state == "cancel":
            return self.env._("This order can no longer be changed.")
        if not self.partner_id:
            return self.env._("Choose a customer to see what to offer.")
        self.partner_id.check_access("read")
        if self.partner_id.sudo().commercial_partner_id.lifecycle_excluded:
            return self.env._("Suggestions are switched off for this customer.")
        return False

    def _lifecycle_nothing(self):
        """:return: why nothing was found for this order"""
        self.ensure_one()
        learned = self.env["crm.lifecycle.affinity"].sudo()
        if learned.search_count([("company_id", "=", self.company_id.id)], limit=1):
            return self.env._(
                "Nothing to add: what your customers buy is on this order already, or "
                "is not for sale at the moment."
            )
        return self.env._(
            "Nothing to suggest yet. Suggestions are learned every night from "
            "confirmed orders and from invoices."
        )

    def _get_suggestion_domain(self):
        """:return: domain of the variants that may be suggested on this order; the
        record rules of the user come on top"""
        self.ensure_one()
        # these ask for choices that one click cannot make
        choices = ["event", "event_booth", "course"]
        return (
            Domain("sale_ok", "=", True)
            & Domain("type", "!=", "combo")
            & Domain("service_tracking", "not in", choices)
            & Domain(self.env["product.product"]._check_company_domain(self.company_id))
        )

    def _lifecycle_choose(self, products, limit):
        """What to show: better choices in up to a third of the places, what goes with
        the order and the customer in the others, popular products where some are left.

        :param products: what is on the order
        :return: list of dicts of kind, product_id, source (id of the bought template),
            support, price and, for a better choice, difference
        """
        self.ensure_one()
        Product = self.env["product.product"]
        ordered = {product.product_tmpl_id.id: product for product in products}
        domain = self._get_suggestion_domain() & Domain(
            "product_tmpl_id", "not in", list(ordered)
        )
        found = self.env["crm.lifecycle.affinity"]._find(
            self.company_id,
            self.partner_id.sudo().commercial_partner_id.id,
            list(ordered),
            Product._search(domain),
            limit,
        )
        found_ids = {row["product_id"] for row in found}
        prices = self._lifecycle_prices(Product.browse(found_ids) | products)
        chosen, replaced = {}, set()
        for row in found:
            row["price"] = prices[row["product_id"]]
            if row["kind"] == "up_sell":
                row["difference"] = row["price"] - prices[ordered[row["source"]].id]
                if (
                    row["difference"] <= 0
                    or row["source"] in replaced
                    or len(replaced) >= (limit + 1) // 3
                ):
                    continue
                replaced.add(row["source"])
            if len(chosen) < limit:
                chosen.setdefault(row["product_id"], row)
        return sorted(chosen.values(), key=lambda row: KINDS.index(row["kind"]))

    def _lifecycle_prices(self, products):
        """What one unit costs the customer, as the order line computes it: by the
        pricelist, less the discount that it shows apart, and with taxes included or
        not as the fiscal position says.

        :return: dict of price by product id, in the currency of the order
        """
        self.ensure_one()
        prices = self.pricelist_id._get_products_price(
            products, 1.0, currency=self.currency_id, date=self.date_order
        )
        return {
            product.id: product._get_tax_included_unit_price_from_price(
                prices[product.id],
                product.taxes_id._filter_taxes_by_company(self.company_id),
                fiscal_position=self.fiscal_position_id,
            )
            for product in products
        }

    def _lifecycle_describe(self, rows):
        """:param rows: see :meth:`_lifecycle_choose`
        :return: list of what the screen shows, in the language of the user
        """
        self.ensure_one()
        kind = self.env["crm.lifecycle.affinity"]._fields["kind"]
        kinds = dict(kind._description_selection(self.env))
        templates = self.env["product.template"].with_context(active_test=False)
        bought = templates.search_fetch(
            [("id", "in", [row["source"] for row in rows])], ["name"]
        )
        names = {template.id: template.name for template in bought}
        products = self.env["product.product"].browse(row["product_id"] for row in rows)
        stored = products.with_context(warehouse_id=self.warehouse_id.id).filtered(
            "is_storable"
        )
        free = {product.id: product.free_qty for product in stored}
        shows_unit = self.env.user.has_group("uom.group_uom")
        money = self.currency_id.format
        return [
            {
                "product_id": product.id,
                "name": product.display_name,
                "kind": row["kind"],
                "kind_label": kinds[row["kind"]],
                "reason": self._lifecycle_reason(row, names.get(row["source"])),
                "price": row["price"],
                "price_label": money(row["price"]),
                "difference": row.get("difference"),
                "difference_label": row.get("difference") and money(row["difference"]),
                "uom": product.uom_id.name if shows_unit else False,
                "free_qty": free.get(product.id, False),
                "image": f"/web/image/product.product/{product.id}/image_128"
                f"?unique={product.write_date.timestamp():.0f}",
            }
            for row, product in zip(rows, products, strict=True)
        ]

    def _lifecycle_reason(self, row, name):
        """:param name: of the bought product that contributes most, if he may see it
        :return: one sentence that says why the product of `row` is suggested
        """
        if row["kind"] == "popular":
            return self.env._("Popular with your customers")
        if not name:
            return self.env._("Bought by customers who buy the like")
        if row["kind"] == "cross_sell":
            if row["on_order"]:
                return self.env._(
                    "Often bought together with %(product)s", product=name
                )
            return self.env._(
                "Fits %(product)s, which this customer bought before", product=name
            )
        if row["kind"] == "consumable":
            return self.env._("Supplies for %(product)s", product=name)
        if row["support"]:
            return self.env._(
                "Other customers who bought %(product)s chose this better one",
                product=name,
            )
        return self.env._(
            "A dearer choice of the same kind as %(product)s", product=name
        )
