from datetime import timedelta

from odoo import models
from odoo.tools import format_date

from .sale_order_suggestion_choose import USUAL_QUANTITY


class SaleOrder(models.Model):
    """SCREEN: suggestions in words, in the language of the user."""

    _inherit = "sale.order"

    def _lifecycle_describe(self, rows):
        """:param rows: see :meth:`_lifecycle_choose`
        :return: list of what the screen shows
        """
        self.ensure_one()
        products = self.env["product.product"].browse(row["product_id"] for row in rows)
        stored = products.filtered("is_storable")
        free = self._lifecycle_free(stored)
        shows_unit = self.env.user.has_group("uom.group_uom")
        money = self.currency_id.format
        return [
            {
                "product_id": product.id,
                "source": row["source"],
                "rule_id": row["rule_id"],
                "replaces": row.get("replaces"),
                "name": product.display_name,
                "kind": row["kind"],
                "kind_label": self._lifecycle_kind_label(row),
                "reason": self._lifecycle_reason(row, row["source_name"]),
                "quantity": row["quantity"],
                "is_usual": row["kind"] in USUAL_QUANTITY and row["quantity"] != 1,
                "price": row["price"],
                "price_label": money(row["price"]),
                "difference": row.get("difference"),
                "difference_label": row.get("difference")
                and money(abs(row["difference"])),
                "margin": row.get("margin"),
                "margin_label": row.get("margin") and money(abs(row["margin"])),
                "uom": product.uom_id.name if shows_unit else False,
                "free_qty": free.get(product.id, False),
                "image": f"/web/image/product.product/{product.id}/image_128"
                f"?unique={product.write_date.timestamp():.0f}",
            }
            for row, product in zip(rows, products, strict=True)
        ]

    def _lifecycle_kinds(self):
        """:return: dict of what a kind of suggestion is called, by kind"""
        return {
            "reorder": self.env._("Buy again"),
            "consumable": self.env._("Supplies"),
            "cross_sell": self.env._("Goes with it"),
            "up_sell": self.env._("Better choice"),
            "similar": self.env._("Similar customers buy it"),
            "novelty": self.env._("New"),
            "popular": self.env._("Popular"),
        }

    def _lifecycle_kind_label(self, row):
        """:return: what the suggestion is called, more exactly than by its kind"""
        if row["kind"] == "reorder" and row["due_days"] is not None:
            return self.env._("Time to reorder")
        if row.get("is_substitute"):
            return self.env._("Substitute")
        return self._lifecycle_kinds()[row["kind"]]

    def _lifecycle_reason(self, row, name):
        """:param name: of the bought product that contributes most, if he may see it
        :return: one sentence that says why the product of `row` is suggested
        """
        if row["origin"] == "manual":
            return self.env._("Recommended by your company")
        return getattr(self, f"_lifecycle_reason_{row['kind']}")(row, name)

    def _lifecycle_reason_popular(self, row, name):
        return self.env._("Popular with your customers")

    def _lifecycle_reason_novelty(self, row, name):
        if not name:
            return self.env._("New, and close to what this customer buys")
        return self.env._(
            "New, and close to %(product)s, which this customer bought before",
            product=name,
        )

    def _lifecycle_reason_similar(self, row, name):
        return self.env._("Customers who buy similar products buy it")

    def _lifecycle_reason_reorder(self, row, name):
        last = format_date(self.env, row["last_date"])
        if row["due_days"] is None and row["support"] > 1:
            return self.env._(
                "Bought %(times)s times, last on %(date)s",
                times=row["support"],
                date=last,
            )
        if row["due_days"] is None:
            return self.env._("Bought before, on %(date)s", date=last)
        company = self.company_id
        today = company._lifecycle_today(company._lifecycle_as_of())
        due = format_date(self.env, today - timedelta(days=int(row["due_days"])))
        return self.env._(
            "Bought last on %(date)s; needed again around %(due)s", date=last, due=due
        )

    def _lifecycle_reason_consumable(self, row, name):
        if not name:
            return self.env._("Supplies for what this customer uses")
        if row["on_order"]:
            return self.env._("Supplies for %(product)s", product=name)
        return self.env._(
            "Supplies for %(product)s, which this customer has", product=name
        )

    def _lifecycle_reason_cross_sell(self, row, name):
        if not name:
            return self._lifecycle_reason_similar(row, name)
        if row["origin"] == "declared":
            return self.env._("Chosen to go with %(product)s", product=name)
        if row["on_order"]:
            return self.env._("Often bought together with %(product)s", product=name)
        return self.env._(
            "Fits %(product)s, which this customer bought before", product=name
        )

    def _lifecycle_reason_up_sell(self, row, name):
        if not name:
            return self.env._("A more expensive choice of the same kind")
        if row["is_substitute"]:
            return self.env._(
                "Instead of %(product)s, which is out of stock", product=name
            )
        if row["origin"] == "declared":
            return self.env._("Chosen as an alternative to %(product)s", product=name)
        if row["support"]:
            return self.env._(
                "Other customers who bought %(product)s chose this better one",
                product=name,
            )
        return self.env._(
            "A more expensive choice of the same kind as %(product)s", product=name
        )
