"""Grades of suggestions: ten products each, against what was bought after the cut."""

import numpy as np
from scipy import sparse

from engine import choose, ranking, trials
from engine.defaults import DEARER
from engine.quotation import Quotation

from . import data, goods

CUT, DAYS, CANDIDATES = "2017-08-29", 60, 5000
OURS, SHOWN = "our engine", "the quotation"
TARGETS = {
    "cross": {"hit": 0.50, "ndcg": 0.090},
    "basket": {"hit": 0.155, "ndcg": 0.090},
    "reorder": {"recall": 0.360, "ndcg": 0.344},
    "upsell": {"hit": 0.655, "ndcg": 0.375},
}
# Targets measured on cases that differ are compared by the gain over popularity there.
POPULARITY_THERE = {"upsell": {"hit": 0.631, "ndcg": 0.343}}
TITLES = {
    "cross": "products that the customer never bought",
    "basket": "the product hidden from an order",
    "reorder": "bought before, in the next order",
    "upsell": "dearer than usual of a type, not yet bought",
}
# Of very many orders and customers by type, as many are drawn by lot, always the same.
CASES = {"basket": 4000, "upsell": 4000}
BLOCK = 500


def grade():
    """Grades of all tasks on Complete Journey.

    :return: dict by task: targets, cases, grades by method, settings and the trial that
        chose them
    """
    lines, cut = data.complete_journey_lines(), data.day_number(CUT)
    lines = lines[lines.amount > 0]
    known = goods.goods(lines, cut)
    later = _later(lines, known, cut)
    past = (known.history, known.category, known.price)
    result = {}
    tried = {task: choose.choose(task, *past) for task in TARGETS}
    quotation = Quotation(*past, {task: tried[task][0] for task in tried})
    for task, targets in TARGETS.items():
        trial = trials.make(
            task, known.history, later, *past[1:], cases=CASES.get(task)
        )
        settings, chosen = tried[task]
        methods = _plain(task, trial, known)
        methods[OURS] = trial.suggest(settings)
        suggest = getattr(quotation, f"suggest_{task}")
        methods[SHOWN] = suggest(*trial.arguments)
        measures = ("ndcg", "hit", "recall")
        result[task] = {
            "targets": targets,
            "cases": int(np.isfinite(trial.gains(methods[OURS])[0]).sum()),
            "grades": {
                name: dict(
                    zip(measures, np.nanmean(trial.gains(found), axis=1), strict=True)
                )
                for name, found in methods.items()
            },
            "settings": settings,
            "own back-test": chosen,
        }
    return result


def table(task, found):
    """Lines of text: one method each, then the targets and whether they are reached."""
    yield f"Complete Journey, {CUT}, {task}: {TITLES[task]} ({found['cases']} cases)"
    names = list(found["targets"])
    yield f"  {'':24}" + "".join(f"{name + '@10':>11}" for name in names)
    for method, grades in {**found["grades"], "target": found["targets"]}.items():
        cells = "".join(f"{grades[name]:>11.3f}" for name in names)
        yield f"  {method:24}{cells}"
    ours, there = found["grades"][OURS], POPULARITY_THERE.get(task)
    verdicts = []
    for name, target in found["targets"].items():
        value = ours[name]
        if there:
            value += there[name] - found["grades"]["popularity"][name]
        reached = round(value, 3) >= target
        verdicts.append(f"{name} {'reached' if reached else 'NOT reached'}")
    by = " by the gain over popularity (target: other cases)" if there else ""
    yield f"  {'':24}  {', '.join(verdicts)}{by}"


def _later(lines, known, cut):
    """Customer, day and product of what was bought after the cut, of both known."""
    rows = lines[(lines.day >= cut) & (lines.day < cut + DAYS)]
    customer = known.customers.get_indexer(rows.customer)
    product = known.products.get_indexer(rows["product"])
    both = (customer >= 0) & (product >= 0)
    return customer[both], rows.day.to_numpy()[both], product[both]


def _plain(task, trial, known):
    """What plain rules suggest for the cases of a trial."""
    history, customers = known.history, trial.arguments[0]
    if task == "reorder":
        customer, product = history.pairs
        counted = {
            "popularity": history.buyers[product].astype(float),
            "how often he bought it": history.times - history.last * 1e-6,
            "due date": _overdue(history),
        }
        return {
            name: ranking.best_of_groups(customer, product, score, history.customers)[
                customers
            ]
            for name, score in counted.items()
        }
    if task == "upsell":
        return _plain_dearer(trial, known)
    core = np.argsort(-history.buyers, kind="stable")[:CANDIDATES]
    popular = history.buyers[core].astype(np.float32)
    if task == "cross":
        seen = history.bought()[customers][:, core].tocsr()
        every = history.bought()[:, core].tocsr()
        rivals = {"item-kNN, BM25": _bm25(every)}
    else:
        seen = trial.arguments[1][:, core].tocsr()
        every = history.baskets()[:, core].tocsr()
        rivals = {"item-kNN, TF-IDF": _cosine(every)}
    found = {"popularity": _ranked(seen, core, lambda rows: popular)}
    for name, links in rivals.items():
        found[name] = _ranked(
            seen, core, lambda rows, links=links: (seen[rows] @ links).toarray()
        )
    if task == "basket":
        often = history.bought(history.times)[customers][:, core].tocsr()
        found["how often he bought it"] = _ranked(
            seen, core, lambda rows: often[rows].toarray() + popular * 1e-6
        )
    return found


def _ranked(seen, core, score):
    """The best of the core products by a score, without those that are seen."""
    parts = []
    for rows in np.array_split(np.arange(seen.shape[0]), seen.shape[0] // BLOCK + 1):
        scores = np.zeros((len(rows), len(core)), np.float32) + score(rows)
        scores[seen[rows].toarray() > 0] = -np.inf
        parts.append(core[ranking.best(scores)])
    return np.concatenate(parts)


def _bm25(bought, k=1.2, b=0.75, nearest=100):
    """Products bought by the same customers, weighed as by Robertson and Zaragoza
    (2009): a customer of many products says less of each."""
    size = np.asarray(bought.sum(axis=1)).ravel()
    rare = np.log(bought.shape[0] / np.maximum(_column_sums(bought), 1))
    damp = (k + 1) / (1 + k * (1 - b + b * size / max(size.mean(), 1e-9)))
    weighed = sparse.diags(damp) @ bought @ sparse.diags(rare)
    return _nearest(weighed.T @ bought, nearest)


def _cosine(baskets, nearest=100):
    """Products on the same orders, by cosine; an order of many products says less."""
    size = np.asarray(baskets.sum(axis=1)).ravel()
    rare = np.log(len(size) / np.maximum(_column_sums(baskets), 1))
    weighed = (sparse.diags(1 / np.sqrt(np.maximum(size, 1))) @ baskets).multiply(rare)
    length = np.sqrt(np.maximum(_column_sums(weighed.multiply(weighed)), 1e-12))
    unit = weighed @ sparse.diags(1 / length)
    return _nearest(unit.T @ unit, nearest)


def _nearest(links, nearest):
    """Each row with only its greatest links to others, as float32."""
    links = links.tolil()
    links.setdiag(0)
    links = links.tocsr()
    for row in range(links.shape[0]):
        values = links.data[links.indptr[row] : links.indptr[row + 1]]
        if len(values) > nearest:
            values[values < np.partition(values, -nearest)[-nearest]] = 0
    links.eliminate_zeros()
    return links.astype(np.float32)


def _column_sums(matrix):
    return np.asarray(matrix.sum(axis=0)).ravel()


def _overdue(history):
    """Days since the last purchase over the usual pause, for what was bought twice."""
    pause = (history.first - history.last) / np.maximum(history.times - 1, 1)
    share = history.last / np.maximum(pause, 1)
    return np.where(history.times > 1, share, 0)


def _plain_dearer(trial, known):
    """Of the type, what is dearer than usual and new to the customer: the most bought,
    and the next step up in price."""
    customers, kinds = trial.arguments
    model, bought = trial.model, known.history.bought()
    usual = model.usual_prices(customers, kinds)
    found = {
        name: np.full((len(customers), ranking.PLACES), ranking.NOTHING)
        for name in ("popularity", "cheapest step")
    }
    for row, (customer, kind) in enumerate(zip(customers, kinds, strict=True)):
        products = model.types[kind]  # by falling number of buyers
        new = ~np.isin(products, bought[customer].indices)
        products = products[new & (model.price[products] >= DEARER * usual[row])]
        steps = products[np.argsort(model.price[products], kind="stable")]
        for name, best in (("popularity", products), ("cheapest step", steps)):
            best = best[: ranking.PLACES]
            found[name][row, : len(best)] = best
    return found
