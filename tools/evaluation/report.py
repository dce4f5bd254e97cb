"""Grades of one split, and the table that is printed."""

from engine import grades

from .baselines import chances, outcome
from .forecasts import forecast

OURS, PROCESS = "our engine", "MBG/NBD"
COLUMNS = (
    ("auc", "AUC", ".3f"),
    ("log_loss", "log-loss", ".3f"),
    ("calibration_error", "ECE", ".3f"),
    ("mae", "MAE", ".2f"),
    ("rmse", "RMSE", ".2f"),
    ("total_error", "total %", "+.1f"),
    ("spearman", "Spearman", ".3f"),
    ("top_decile", "top 10 %", ".3f"),
)
# Larger is better; of the others, smaller.
LARGER = ("auc", "spearman", "top_decile")


def grade(sales, cut, days):
    """Grades of our forecasts, of the purchase process alone and of plain rules.

    :return: dict of method to dict of grades, and how ours was made
    """
    ours = forecast(sales, cut, days)
    process = forecast(sales, cut, days, learn=False)
    orders, money = outcome(sales, ours.rows, cut, days)
    result = {
        name: grades.probability(chance, orders > 0)
        for name, chance in chances(sales, cut, days).items()
    }
    result["RFM quintile sum"] |= grades.value(ours.facts["order_value_sum"], money)
    for name, made in ((PROCESS, process), (OURS, ours)):
        result[name] = {
            **grades.probability(made.chance, orders > 0),
            **grades.orders(made.orders, orders),
            **grades.value(made.value, money),
        }
    learned = ours.model.forecast.horizons[0]
    how = {
        "customers": len(ours.rows),
        "ordered": int((orders > 0).sum()),
        "process": f"{ours.model.forecast.context.purchase.model}, k = "
        f"{ours.model.forecast.context.purchase.k}",
        "method": learned.method,
        "window": learned.window,
        "cuts": learned.cuts,
        "order value": ours.model.order_value_method,
        "range": {
            "below": float((money < ours.low).mean()),
            "within": float(((money >= ours.low) & (money <= ours.high)).mean()),
            "above": float((money > ours.high).mean()),
        },
        "own back-test": learned.grades,
    }
    return result, how


def table(title, found, how, targets):
    """Lines of text: one method each, then the targets and whether they are reached."""
    heads = "".join(f"{head:>10}" for _, head, _ in COLUMNS)
    yield f"{title}: {how['customers']} customers, {how['ordered']} ordered again"
    yield f"  {'':24}{heads}"
    for name, values in {**found, "target": targets}.items():
        cells = [
            f"{format(values[key], style) if key in values else '':>10}"
            for key, _, style in COLUMNS
        ]
        yield f"  {name:24}{''.join(cells)}".rstrip()
    verdicts = [_verdict(key, found[OURS][key], targets[key]) for key in targets]
    yield f"  {'':24}  {', '.join(verdicts)}"
    parts = ", ".join(f"{name} {share:.1%}" for name, share in how["range"].items())
    yield f"  value in the range of 80 %: {parts}; order value by {how['order value']}"


def _verdict(key, value, target):
    """Whether a grade, as printed with three decimals, is as good as its target."""
    value = round(value, 3)
    reached = value >= target if key in LARGER else value <= target
    return f"{key} {'reached' if reached else 'NOT reached'}"
