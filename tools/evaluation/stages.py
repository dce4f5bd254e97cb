"""Who came back, by the stage that the addon's rules gave him before."""

import ast
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from engine import population, scores

from .baselines import outcome
from .forecasts import facts_before

RULES = (
    Path(__file__)
    .resolve()
    .parents[2]
    .joinpath("crm_lifecycle", "data", "crm_lifecycle_stage_data.xml")
)
COMPARE = {
    "=": np.equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
TIMES = (60, 90, 125)


def read_rules(path=RULES):
    """Stages of customers who bought, in the order in which they are tried.

    :return: list of pairs: name, rule as a list of conditions
    """
    records = [
        {field.get("name"): field for field in record}
        for record in ElementTree.parse(path).getroot().iter("record")
    ]
    records = [record for record in records if "is_customer" in record]
    records.sort(key=lambda record: int(record["sequence"].get("eval")))
    return [
        (record["name"].text, ast.literal_eval(record["domain"].text))
        for record in records
    ]


def given(sales, cut, rules):
    """The stage of each customer at the cut, by the model that was learned then.

    :return: rows of those who bought in `sales`, and the name of the stage of each
    """
    facts, events = facts_before(sales, cut)
    rows = np.flatnonzero(facts["order_count"] > 0)
    model = population.fit(facts, cut, purchases=events)
    facts = {name: values[rows] for name, values in facts.items()}
    known = {**facts, **scores.scores(facts, model, cut)}
    return rows, np.select(
        [_matches(domain, known) for _name, domain in rules],
        [name for name, _domain in rules],
        "",
    )


def table(title, sales, cut, rules):
    """Lines of text: of each stage its share of the customers, and which part of them
    bought again within some days."""
    rows, stage = given(sales, cut, rules)
    came_back = [outcome(sales, rows, cut, days)[0] > 0 for days in TIMES]
    heads = "".join(f"{f'{days} days':>10}" for days in TIMES)
    yield f"{title}: {len(rows)} customers"
    yield f"  {'':12}{'share':>8}{heads}"
    for name, _domain in rules:
        there = stage == name
        if there.any():
            parts = "".join(f"{happened[there].mean():10.3f}" for happened in came_back)
            yield f"  {name:12}{there.mean():8.1%}{parts}"


def _matches(domain, known):
    """Whom the rule matches; what is not known counts as 0. Read from its end, as its
    operators stand before what they connect."""
    stack = []
    for part in reversed(domain):
        if part in ("&", "|"):
            connect = np.logical_and if part == "&" else np.logical_or
            stack.append(connect(stack.pop(), stack.pop()))
        else:
            name, operator, value = part
            stack.append(COMPARE[operator](np.nan_to_num(known[name]), value))
    return np.logical_and.reduce(stack)
