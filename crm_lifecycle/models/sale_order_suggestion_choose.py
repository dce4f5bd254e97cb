from odoo import api, fields, models
from odoo.fields import Domain

from .crm_lifecycle_find import ASKED

KINDS = [  # as they are shown
    *("reorder", "consumable", "cross_sell", "up_sell", "similar", "novelty"),
    "popular",
]
# What is needed of the products found, of their dozens of fields.
PRODUCT = ["default_code", "product_tmpl_id", "write_date"]
TEMPLATE = ["categ_id", "company_id", "is_storable", "list_price", "name", "uom_id"]
USUAL_QUANTITY = ("reorder", "consumable")  # kinds added with the usual quantity


class SaleOrder(models.Model):
    """SCREEN: what is offered on an order, and what it costs this customer."""

    _inherit = "sale.order"

    def _lifecycle_choose(self, lines, limit):
        """What to show: better choices in up to a third of the places, what goes with
        the order and the customer in the others, popular products where some are left.

        :param lines: list of (product, quantity, unit), what is on the order
        :return: list of dicts as :meth:`crm.lifecycle.affinity._find` gives them, with
            ``source_name`` (if the user may see it), ``quantity`` in the unit of the
            product and its ``price``; for a better choice also ``replaces`` (variant on
            the order), and what its price (``difference``) and its ``margin`` (None
            when not known) are more, per unit of the new product, and whether it
            ``is_substitute`` for something that is out of stock
        """
        self.ensure_one()
        Product = self.env["product.product"]
        ordered = {}
        for line in lines:
            ordered.setdefault(line[0].product_tmpl_id.id, line)
        variants = Product._search(self._get_suggestion_domain())
        customer = self.partner_id.sudo().commercial_partner_id
        found = self.env["crm.lifecycle.affinity"]._find(
            self.company_id, customer.ids, list(ordered), variants, limit
        )[customer.id]
        # one recordset, so that everything is read for all of them at once
        products = Product.browse(
            {row["product_id"] for row in found}
            | {product.id for product, _quantity, _unit in ordered.values()}
        )
        names = self._lifecycle_read(products, {row["source"] for row in found})
        rules = self.pricelist_id._get_applicable_rules(products, self.date_order)
        by_id = {product.id: product for product in products}
        chosen, replaced = {}, set()
        for row in found:
            if len(chosen) == limit or row["product_id"] in chosen:
                continue
            is_better = row["kind"] == "up_sell"
            if is_better and (
                row["source"] in replaced or len(replaced) == (limit + 1) // 3
            ):
                continue
            row["source_name"] = names.get(row["source"])
            self._lifecycle_price(row, by_id, rules, ordered)
            if is_better:
                row["is_substitute"] = self._lifecycle_is_substitute(row, by_id)
                if row["difference"] <= 0 and not row["is_substitute"]:
                    continue
                replaced.add(row["source"])
            chosen[row["product_id"]] = row
        return sorted(chosen.values(), key=lambda row: KINDS.index(row["kind"]))

    @api.model
    def _lifecycle_read(self, products, source_ids):
        """Read what prices and words need, of all products at once.

        :param products: those found and those on the order
        :param source_ids: of templates because of which they were found
        :return: names of the templates that the user may see, by id
        """
        cost = products._fields["standard_price"]
        has_cost = products._has_field_access(cost, "read")
        products.fetch(PRODUCT + [cost.name] * has_cost)
        templates = self.env["product.template"].with_context(active_test=False)
        readable = templates.search_fetch(
            [("id", "in", [*products.product_tmpl_id.ids, *source_ids])], TEMPLATE
        )
        return {template.id: template.name for template in readable}

    @api.model
    def _lifecycle_first(self, company, customers, limit):
        """The first of what an empty quotation would offer to each of several
        customers, looked up for all of them at once.

        :param customers: commercial partners that the user may read
        :return: dict of variants by customer, but for those who see no suggestions
        """
        now = fields.Datetime.now()
        order = self.new({"company_id": company.id, "date_order": now})
        customers = customers.filtered(
            lambda customer: (
                not customer.lifecycle_excluded
                and not customer._lifecycle_is_held_out(company)
            )
        )
        Product = self.env["product.product"]
        variants = Product._search(order._get_suggestion_domain(ASKED))
        found = self.env["crm.lifecycle.affinity"]._find(
            company, customers.ids, [], variants, limit
        )
        chosen = {
            partner_id: [
                row["product_id"]
                for row in sorted(rows, key=lambda row: KINDS.index(row["kind"]))
            ]
            for partner_id, rows in found.items()
        }
        together = [id_ for ids in chosen.values() for id_ in ids]
        return {
            customer: Product.browse(chosen[customer.id]).with_prefetch(together)
            for customer in customers
        }

    def _lifecycle_price(self, row, by_id, rules, ordered):
        """Complete `row` with quantity, price and differences.

        :param row: what was found
        :param by_id: variants by id, all in one recordset
        :param rules: of the pricelist, for these variants
        :param ordered: dict of (product, quantity, unit) on the order by template id
        """
        product = by_id[row["product_id"]]
        unit, quantity = product.uom_id, 1.0
        if row["kind"] in USUAL_QUANTITY:
            quantity = unit.round(float(row["quantity"] or 0.0)) or 1.0
        elif row["kind"] == "up_sell":
            old, quantity, old_unit = ordered[row["source"]]
            old = by_id[old.id]
            old_unit = old_unit or old.uom_id
            old_price_unit = old.uom_id
            if old_unit._has_common_reference(unit):
                quantity = old_unit._compute_quantity(quantity, unit)
                old_price_unit = unit
        price = self._lifecycle_unit_price(rules, product, quantity, unit)
        row.update(quantity=quantity, price=price)
        if row["kind"] == "up_sell":
            old_price = self._lifecycle_unit_price(rules, old, quantity, old_price_unit)
            row.update(replaces=old.id, difference=price - old_price, margin=None)
            margins = [
                self._lifecycle_margin(product, price, unit),
                self._lifecycle_margin(old, old_price, old_price_unit),
            ]
            if None not in margins:
                row["margin"] = margins[0] - margins[1]

    def _lifecycle_is_substitute(self, row, by_id):
        """Who is out of what the customer wants offers its declared alternative, be it
        cheaper. Not on a confirmed order: that has taken the stock itself.

        :param row: a better choice, priced
        :param by_id: variants by id, all in one recordset
        :return: whether there is some of it, and none of what it replaces
        """
        if row["origin"] != "declared" or self.state == "sale":
            return False
        new, old = (by_id[row[name]] for name in ("product_id", "replaces"))
        free = self._lifecycle_free((old | new).filtered("is_storable"))
        return free.get(old.id, 1) <= 0 and free.get(new.id, 1) > 0

    def _lifecycle_free(self, products):
        """What Odoo calls ``free_qty``, without what is on its way, which would take
        two more queries.

        :param products: storable ones
        :return: dict of what is free in the warehouse of the order, by product id
        """
        self.warehouse_id.fetch(["view_location_id"])
        products = products.with_context(warehouse_id=self.warehouse_id.id)
        if "is_kits" in products._fields:  # counted by their components
            return {product.id: product.free_qty for product in products}
        in_warehouse, _moves_in, _moves_out = products._get_domain_locations()
        rows = self.env["stock.quant"]._read_group(
            Domain("product_id", "in", products.ids) & Domain(in_warehouse),
            ["product_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        free = dict.fromkeys(products.ids, 0.0)
        for product, quantity, reserved in rows:
            free[product.id] = product.uom_id.round(quantity - reserved)
        return free

    def _lifecycle_unit_price(self, rules, product, quantity, unit):
        """What one `unit` costs the customer, as the order line computes it: by the
        pricelist, less the discount that it shows apart, and with taxes included or
        not as the fiscal position says. The rules are searched once for all products.

        :param rules: of the pricelist, for this product among others, the first to be
            applied first
        :return: price in the currency of the order
        """
        own_quantity = unit._compute_quantity(
            quantity, product.uom_id, raise_if_failure=False
        )
        rule = next(
            (rule for rule in rules if rule._is_applicable_for(product, own_quantity)),
            rules.browse(),
        )
        price = rule._compute_price(
            product, quantity, unit, date=self.date_order, currency=self.currency_id
        )
        return product._get_tax_included_unit_price_from_price(
            price,
            product.taxes_id._filter_taxes_by_company(self.company_id),
            fiscal_position=self.fiscal_position_id,
        )

    def _lifecycle_margin(self, product, price, unit):
        """:return: what is left of `price` after taxes and cost, in the currency of the
        order; None when the user may not see the cost, or it is not known"""
        cost_field = product._fields["standard_price"]
        if not product._has_field_access(cost_field, "read"):
            return None
        if not product.standard_price:
            return None
        taxes = self.fiscal_position_id.map_tax(
            product.taxes_id._filter_taxes_by_company(self.company_id)
        )
        net = taxes.compute_all(price, self.currency_id, product=product)
        cost = product.cost_currency_id._convert(
            product.uom_id._compute_price(product.standard_price, unit),
            self.currency_id,
            self.company_id,
            self.date_order,
            round=False,
        )
        return net["total_excluded"] - cost
