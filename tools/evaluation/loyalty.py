"""Whether the loyalty score ranks those who stay above those who leave, beside RFM."""

import numpy as np
from scipy import stats

from engine import features, grades, population, scores

from .baselines import outcome
from .forecasts import facts_before

METHODS = ("loyalty score", "RFM quintile sum")


def grade(sales, cut, days, breadth=None):
    """How well each ranks what the customers did in the `days` from the cut.

    :param breadth: function of the cut that gives the number of products and categories
        bought before, as far as they are known
    :return: dict of method to dict of grades: AUC of having bought in the second half
        of that time, and twice or more in it; rank correlation with the number of days
        with a purchase
    """
    facts, events = facts_before(sales, cut)
    if breadth:
        facts |= breadth(cut)
    model = population.fit(facts, cut, purchases=events, horizons=(days,))
    given = scores.scores(facts, model, cut, horizons=(days,))
    rows = np.flatnonzero(facts["order_count"] > 0)
    facts = {name: values[rows] for name, values in facts.items()}
    orders = outcome(sales, rows, cut, days)[0]
    late = outcome(sales, rows, cut + days // 2, days - days // 2)[0]
    silence = cut - 1 - facts["last_order_day"]
    limits = features.quintiles(facts, cut)
    rfm = features.rfm(silence, facts["order_count"], facts["order_value_sum"], limits)
    ranked = dict(zip(METHODS, (given["loyalty_score"][rows], rfm), strict=True))
    return {
        method: {
            "still buys": grades.auc(score, late > 0),
            "buys repeatedly": grades.auc(score, orders > 1),
            "orders": float(stats.spearmanr(score, orders)[0]),
        }
        for method, score in ranked.items()
    }


def breadth(lines, names):
    """As the addon counts them; see :func:`grade`.

    :param lines: see ``data.complete_journey_lines``
    :param names: customers in the order of the facts
    """

    def count(cut):
        before = lines[(lines.day < cut) & (lines.amount > 0)]
        bought = before.groupby("customer")[["product", "category"]].nunique()
        bought = bought.reindex(names).fillna(0)
        return {
            "product_count": bought["product"].to_numpy(float),
            "category_count": bought.category.to_numpy(float),
        }

    return count


def table(title, found):
    """Lines of text, a row for each method."""
    heads = list(next(iter(found.values())))
    yield f"Loyalty, {title}"
    yield f"  {'':24}{''.join(f'{head:>18}' for head in heads)}"
    for method, values in found.items():
        cells = "".join(f"{values[head]:18.3f}" for head in heads)
        yield f"  {method:24}{cells}"
