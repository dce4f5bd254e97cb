from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .arrays import array_text
from .crm_lifecycle_learners import RARE_BUYERS

# A product is new for so many days after its first sale or, unsold, its creation, in a
# company that has sold others for three times as long; the newest of them take part.
NEW_DAYS, NEW_PRODUCTS = 60, 200


class CrmLifecycleLessons(models.Model):
    """SUGGESTIONS, the lessons: each learns links of some kinds, and writes them."""

    _inherit = "crm.lifecycle.affinity"

    @api.model
    def _learn_buyers(self, company, as_of, past, settings):
        """What the same customers bought: on the same orders or in the same category,
        or apart from these."""
        from ..engine import affinity

        link, kind = affinity.cross_sell(past.history, past.category, settings["cross"])
        for name, kept in (("cross_sell", ~link["apart"]), ("similar", link["apart"])):
            self._write_links(company, as_of, past, name, link, kept)
        kind["source"] = -past.categories[kind["category"]]
        self._write_links(company, as_of, past, "category", kind)

    @api.model
    def _learn_orders(self, company, as_of, past, settings):
        """What is on the same orders."""
        from ..engine import affinity

        link = affinity.bought_together(past.history, settings["basket"])
        self._write_links(company, as_of, past, "together", link)

    @api.model
    def _learn_dearer(self, company, as_of, past, settings):
        """What else of their category the same customers bought."""
        from ..engine import affinity
        from ..engine.upsell import UpSell

        model = UpSell(past.history, past.category, past.price)
        link = affinity.up_sell(model, settings["upsell"])
        for name, kept in (("up_sell", link["dearer"]), ("alike", ~link["dearer"])):
            self._write_links(company, as_of, past, name, link, kept)

    @api.model
    def _learn_figures(self, company, as_of, past, settings):
        """The figures of each product."""
        import numpy as np

        from ..engine import affinity
        from ..engine.links import medians
        from ..engine.upsell import UpSell

        size = len(past.templates)
        figures = affinity.figures(past.sample)
        figures["pause"] = np.nan_to_num(figures["pause"])
        model = UpSell(past.sample, past.category, past.price)
        figures["category_share"] = model.shares(settings["upsell"])
        usual = medians(past.history.product, past.quantity, size)
        figures["quantity"] = np.nan_to_num(usual)
        figures["price"] = past.price
        self._write_figures(company, past, figures)

    @api.model
    def _learn_consumables(self, company, as_of, past, settings):
        """Supplies of equipment."""
        from ..engine import consumables

        rows = past.history
        link = consumables.consumables(
            rows.customer, rows.product, rows.day, past.quantity, past.price
        )
        self._write_links(company, as_of, past, "consumable", link)

    @api.model
    def _learn_news(self, company, as_of, past, settings):
        """What is popular, and what is new."""
        import numpy as np

        from ..engine import affinity

        popular = affinity.popular(past.sample)
        self._write_links(company, as_of, past, "popular", popular)
        ids, history = np.zeros(0, int), past.history
        if history.span >= 3 * NEW_DAYS:
            is_new = history.since <= NEW_DAYS
            if past.sample is not history:  # its first sale may not have been read
                is_new &= history.buyers >= RARE_BUYERS
            sold = past.templates[is_new]
            ids = self._get_new_product_ids(company, as_of, past, sold)
        news = {"product_tmpl_id": ids, "weight": np.ones(len(ids))}
        self._write_links(company, as_of, past, "novelty", news)

    @api.model
    def _get_new_product_ids(self, company, as_of, past, sold):
        """:param sold: template ids of products that were first sold lately
        :return: of these and of those that were created lately, the newest"""
        import numpy as np

        rows = self.env.execute_query(
            SQL(
                """
                SELECT id
                  FROM product_template
                 WHERE active AND sale_ok
                   AND (company_id IS NULL OR company_id = ANY(%(companies)s))
                   AND (id = ANY(%(sold)s)
                        OR create_date > %(created)s
                           AND id != ALL(%(known)s))
              ORDER BY create_date DESC, id DESC
                 LIMIT %(limit)s
                """,
                companies=company._lifecycle_branch_ids(),
                sold=sold.tolist(),
                known=past.templates.tolist(),
                created=as_of - timedelta(days=NEW_DAYS),
                limit=NEW_PRODUCTS,
            )
        )
        return np.array([template_id for (template_id,) in rows], int)

    @api.model
    def _write_links(self, company, as_of, past, kind, link, kept=slice(None)):
        """Make the links of one kind of `company` those that were found: what vanished
        is deleted, what is new or differs is written, what is the same stays untouched.

        :param past: :class:`~.crm_lifecycle_learning.Past`
        :param link: the links as the engine returns them; instead of the numbers
            ``product`` and ``other`` there may be ids: ``source`` (of a template, of a
            category below zero, or 0) and ``product_tmpl_id``
        :param kept: which of them
        """
        import numpy as np

        ids = link.get("product_tmpl_id")
        ids = past.templates[link["other"]] if ids is None else ids
        nothing = np.zeros(len(ids))
        source = link.get("source", nothing)
        if "product" in link:
            source = past.templates[link["product"]]
        columns = [
            np.asarray(source).astype(int),
            np.asarray(ids).astype(int),
            np.asarray(link.get("support", nothing)).astype(int),
            np.round(link.get("confidence", nothing), 4),
            np.round(link.get("lift", nothing), 2),
            np.round(link["weight"], 6),
            # unknown, and of other kinds than supplies: 0
            np.round(np.nan_to_num(link.get("days", nothing)), 1),
            np.round(np.nan_to_num(link.get("quantity", nothing)), 2),
        ]
        self.env.execute_query(
            SQL(
                """
                WITH link AS MATERIALIZED (
                    SELECT * FROM unnest(
                        %(columns)s
                    ) AS link (source, product, support, confidence, lift, weight,
                               usual_days, usual_quantity)
                ),
                fresh AS (  -- what is the same is not even locked
                    SELECT * FROM link
                    EXCEPT
                    SELECT COALESCE(source_tmpl_id, -source_categ_id, 0),
                           product_tmpl_id, support, confidence, lift, weight,
                           usual_days, usual_quantity
                      FROM crm_lifecycle_affinity
                     WHERE company_id = %(company)s AND kind = %(kind)s
                ),
                vanished AS (
                    DELETE FROM crm_lifecycle_affinity known
                     WHERE company_id = %(company)s
                       AND kind = %(kind)s
                       AND NOT EXISTS (
                           SELECT FROM link
                            WHERE link.source = COALESCE(
                                      known.source_tmpl_id, -known.source_categ_id, 0
                                  )
                              AND link.product = known.product_tmpl_id
                       )
                )
                INSERT INTO crm_lifecycle_affinity AS known (
                    company_id, kind, source_tmpl_id, source_categ_id, product_tmpl_id,
                    support, confidence, lift, weight, usual_days, usual_quantity, date
                )
                SELECT %(company)s, %(kind)s, CASE WHEN source > 0 THEN source END,
                       CASE WHEN source < 0 THEN -source END, product,
                       support, confidence, lift, weight, usual_days, usual_quantity,
                       %(today)s
                  FROM fresh
                ON CONFLICT (
                    company_id, kind, COALESCE(source_tmpl_id, -source_categ_id, 0),
                    product_tmpl_id
                ) DO UPDATE SET (
                    support, confidence, lift, weight, usual_days, usual_quantity, date
                ) = (
                    EXCLUDED.support, EXCLUDED.confidence, EXCLUDED.lift,
                    EXCLUDED.weight, EXCLUDED.usual_days, EXCLUDED.usual_quantity,
                    EXCLUDED.date
                )
                """,
                columns=_sql_arrays(column[kept] for column in columns),
                kind=kind,
                company=company.id,
                today=company._lifecycle_today(as_of),
            )
        )
        self.invalidate_model()

    @api.model
    def _write_figures(self, company, past, figures):
        """Make the figures of the products of `company` those that were found."""
        import numpy as np

        names = sorted(figures)
        columns = [past.templates, past.categories[past.category]]
        columns += [np.round(np.asarray(figures[name], float), 6) for name in names]
        figure, known, new = (
            SQL(", ").join(SQL.identifier(*prefix, name) for name in names)
            for prefix in ((), ("known",), ("excluded",))
        )
        self.env.execute_query(
            SQL(
                """
                WITH found AS MATERIALIZED (
                    SELECT * FROM unnest(
                        %(columns)s
                    ) AS found (product_tmpl_id, categ_id, %(figure)s)
                ),
                vanished AS (
                    DELETE FROM crm_lifecycle_product known
                     WHERE company_id = %(company)s
                       AND product_tmpl_id NOT IN (SELECT product_tmpl_id FROM found)
                )
                INSERT INTO crm_lifecycle_product AS known (
                    company_id, product_tmpl_id, categ_id, %(figure)s
                )
                SELECT %(company)s, product_tmpl_id, NULLIF(categ_id, 0), %(figure)s
                  FROM found
                ON CONFLICT (company_id, product_tmpl_id)
                DO UPDATE SET (categ_id, %(figure)s) = (EXCLUDED.categ_id, %(new)s)
                WHERE (known.categ_id, %(known)s)
                      IS DISTINCT FROM (EXCLUDED.categ_id, %(new)s)
                """,
                columns=_sql_arrays(columns),
                figure=figure,
                known=known,
                new=new,
                company=company.id,
            )
        )
        self.env["crm.lifecycle.product"].invalidate_model()


def _sql_arrays(columns):
    """:param columns: arrays of whole or other numbers"""
    return SQL(", ").join(
        SQL(
            "%s::%s[]",
            array_text(each),
            SQL("int" if each.dtype.kind == "i" else "float"),
        )
        for each in columns
    )
