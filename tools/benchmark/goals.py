"""The goals, and whether they were met."""

from dataclasses import dataclass

from .workers import COUNT


@dataclass(frozen=True)
class Goal:
    """:param shown: which figure is judged: "ours", "ratio", or "percent" of it, or the
        queries that the addon "added"
    :param must, aim: None where it only tells something
    :param size: the company it is set for, where it is for one size only
    """

    text: str
    shown: str
    must: float | None
    aim: float | None
    unit: str = "x"
    size: str = ""


STRICT = "the same / stricter bound"
GOALS = {
    "1": Goal(f"facts and scores of all, {COUNT} jobs", "ratio", 2.0, 1.2),
    "1 strict": Goal(STRICT, "ratio", None, None),
    "1 alone": Goal("facts and scores of all, one job", "ratio", 2.0, 1.2),
    "1 alone strict": Goal(STRICT, "ratio", None, None),
    "naive": Goal("facts and scores / loop with the ORM", "ratio", 0.02, 0.005),
    "ordinary night": Goal(f"without learning, {COUNT} jobs", "ratio", 2.5, 1.8),
    "ordinary night strict": Goal(STRICT, "ratio", None, None),
    "ordinary night alone": Goal("without learning, one job", "ratio", 2.5, 1.8),
    "ordinary night alone strict": Goal(STRICT, "ratio", None, None),
    "2": Goal(f"longest night of a month, {COUNT} jobs", "ratio", 2.5, 1.8),
    "2 strict": Goal(STRICT, "ratio", None, None),
    "2 alone": Goal("longest night of a month, one job", "ratio", 2.5, 1.8),
    "2 alone strict": Goal(STRICT, "ratio", None, None),
    "2 everything": Goal(f"all learned at once, {COUNT} jobs", "ratio", None, None),
    "2 everything alone": Goal("all learned at once, one job", "ratio", None, None),
    "2 mean": Goal(f"mean of 30 nights, {COUNT} jobs", "ratio", None, None),
    "2 mean strict": Goal(STRICT, "ratio", None, None),
    "3": Goal("growth from medium / bound's", "ratio", 1.3, 1.0),
    "3 strict": Goal(STRICT, "ratio", None, None),
    "4": Goal("1 % changed, from the queue / all", "percent", 6, 3, "%"),
    "5": Goal("one customer", "ours", 25, 10, "ms"),
    "5 queries": Goal("one customer", "ours", 10, 8, "queries"),
    "6 rows": Goal("nothing changed, rows written", "ours", 0, 0, "rows"),
    "6": Goal("nothing changed / all", "ratio", None, 0.8),
    "7 create": Goal("create a quotation", "added", 3, 3, "queries"),
    "7 confirm": Goal("confirm", "added", 3, 3, "queries"),
    "7 deliver": Goal("deliver", "added", 3, 3, "queries"),
    "7 post": Goal("post an invoice", "added", 3, 3, "queries"),
    "7 pay": Goal("pay", "added", 3, 3, "queries"),
    "7 load": Goal("selling while a night runs / without", "ratio", 1.15, 1.05),
    "7 waits": Goal("waiting for it, of an action", "ours", 1, 0, "ms"),
    "8": Goal("15 suggestions, 95th percentile", "ours", 60, 40, "ms"),
    "8 queries": Goal("15 suggestions", "ours", 25, 23, "queries"),
    "8 rows": Goal("more than for 5 suggestions", "ours", 0, 0, "queries"),
    "8 own": Goal("15 suggestions, own tables", "ours", 8, 5, "queries"),
    "8 OCA": Goal("15 suggestions / OCA's addon", "ratio", 1.0, 0.5),
    "9": Goal("customers with a suggestion", "ours", 100, 100, "% or more"),
    "10": Goal("partner form / without addon", "ratio", 0.5, 0.4, size="large"),
    "10 quotation": Goal("quotation form", "added", 2, 1, "queries"),
    "10 queries": Goal("partner form", "ours", 2, 1, "queries"),
    "11 list": Goal("contacts list / without addon", "ratio", 1.10, 1.05),
    "11 list queries": Goal("contacts list", "ours", 2, 2, "queries"),
    "11 sorted": Goal("contacts by score", "ours", 250, 150, "ms"),
    "11 profiles": Goal("profiles by score", "ours", 20, 10, "ms"),
    "12 night": Goal("memory of the night", "ours", 300, 150, "MB"),
    "12 worker": Goal("memory of a suggestion", "ours", 10, 5, "MB"),
    "13": Goal("longest unit of work", "ours", 10, 5, "s"),
    "13 processor": Goal("busiest unit of work", "ours", 5, 3, "s"),
    "14": Goal("disk / database", "percent", 10, 5, "%"),
    "load": Goal("200,000 lines of past sales loaded", "ours", 180, 120, "s"),
    "fit": Goal("purchase process / lifetimes", "ratio", 1.0, 0.1),
    "15": Goal("installing", "ours", 60, 30, "s"),
}


def judge(name, results):
    """:return: (value of goal `name`, whether it is set for what was measured, "aim
    met", "must met" or "missed", or else "")"""
    goal, measured = GOALS[name], results[name]
    if goal.shown == "percent":
        value = 100 * measured["ratio"]
    elif goal.shown == "added":
        value = measured["details"]["queries"] - measured["details"]["without"]
    else:
        value = measured[goal.shown]
    if goal.aim is None or goal.size not in ("", results["run"]["size"]):
        return value, False, ""
    sign = -1 if goal.unit == "% or more" else 1
    if sign * value <= sign * goal.aim:
        return value, True, "aim met"
    if goal.must is None:
        return value, True, "aim not met"
    return value, True, "must met" if sign * value <= sign * goal.must else "missed"


def rows(results):
    """:return: name, what, bound, ours, value, must, aim, unit and verdict of each goal
    measured, as texts"""
    for name, goal in GOALS.items():
        if name not in results:
            continue
        measured = results[name]
        value, is_set, verdict = judge(name, results)
        yield (
            name,
            goal.text,
            "" if measured["bound"] is None else f"{measured['bound']:.2f}",
            f"{measured['ours']:.2f}",
            f"{value:.2f}",
            f"{goal.must:g}" if is_set and goal.must is not None else "",
            f"{goal.aim:g}" if is_set else "",
            goal.unit,
            verdict,
        )


def table(results):
    """:return: lines of text, one for each goal measured"""
    head = ("goal", "what", "bound", "ours", "value", "must", "aim", "unit", "")
    for cells in (head, *rows(results)):
        name, what, *figures, unit, verdict = cells
        widths = (9, 10, 9, 8, 7)
        numbers = "".join(
            f"{each:>{width}}" for each, width in zip(figures, widths, strict=True)
        )
        yield f"{name:<28}{what:<38}{numbers} {unit:<10} {verdict}".rstrip()
