"""What was measured, as Markdown between marks in README.md and docs/scale.md, so that
no figure is ever typed."""

import json
import re
import textwrap

from environment import CHECKOUT

from . import goals
from .database import SIZES

PAGES = ("README.md", "docs/scale.md")
STEPS = {
    "reading documents": (
        *("_begin_reading", "_get_due_partner_ids", "_share_due"),
        *("_prepare_facts", "_add_known_facts", "_read_engine_facts"),
    ),
    "scores and stages": ("_compute_scores", "_prepare_next"),
    "writing": ("_write_next", "_refresh_all_but_bad", "_write_moves"),
    "moves": ("_nightly_moves", "_move_silently", "_move_really"),
    "learning the forecasts": ("_read_population", "_fit", "_learn"),
    "suggestions, reading": (
        *("_get_buyer_ids", "_get_rare_buyer_ids", "_get_turn_ids", "_read_purchases"),
    ),
    "suggestions, learning": ("_learn_units", "_get_past"),
    "suggestions, writing": ("_write_links", "_write_figures", "_write_gaps"),
}
# Columns of the nights that learn, by what they learn.
LEARNING = {
    "forecasts": "forecasts",
    "links": "links",
    "gaps": "categories",
    "settings": "settings",
}
# What grows with the company: name of the figure, which one of it, its name, and
# whether it is in proportion to what is read.
GROWTH = (
    ("1", "bound", "lower bound, s", True),
    ("1 alone", "ours", "facts and scores of everybody by one job, s", True),
    ("ordinary night alone", "ours", "ordinary night by one job, s", True),
    ("2 alone", "ours", "longest night of a month by one job, s", True),
    ("14", "ours", "disk, MB", True),
    ("12 night", "ours", "memory of a night that learns all, MB", False),
    ("13 processor", "ours", "busiest unit of work, s of processor", False),
)


def path(size):
    return CHECKOUT / f"build/bench-{size}.json"


def publish():
    """Put the latest figures of each size between its marks; other figures stay."""
    stored = {
        size: json.loads(path(size).read_text())
        for size in SIZES
        if path(size).exists()
    }
    texts = {"growth": _growth(stored)}
    for size, results in stored.items():
        texts[f"goals {size}"] = [*_circumstances(results), "", *_goals(results)]
        texts[f"night {size}"] = _night(results)
    for page in PAGES:
        file = CHECKOUT / page
        text = file.read_text()
        for mark, lines in texts.items():
            text = re.sub(
                f"(<!-- {mark} -->\n).*?(<!-- end -->)",
                lambda found, lines=lines: "\n".join(
                    (found[1].rstrip(), *lines, found[2])
                ),
                text,
                flags=re.DOTALL,
            )
        file.write_text(text)


def _circumstances(results):
    run = results["run"]
    text = (
        f"{run['size'].capitalize()}: {run['customers']:,} customers, "
        f"{run['orders']:,} orders, {run['lines']:,} lines, {run['invoices']:,} "
        f"invoices and credit notes, {run['transfers']:,} transfers in three years, "
        f"{run['megabytes']:,} MB. Measured on {run['date']} at {run['commit']} in "
        f"{run['seconds'] / 60:.1f} minutes; {run['processors']} processors, load "
        f"{run['load before']:.1f} before; PostgreSQL {run['postgresql']} with "
        f"{run['shared buffers']} of shared buffers."
    )
    return textwrap.wrap(text, 118)


def _goals(results):
    yield _row("goal", "what", "bound", "ours", "judged", "must", "aim", "")
    yield "|---" * 8 + "|"
    for *cells, value, must, aim, unit, verdict in goals.rows(results):
        marked = verdict if verdict != "missed" else "**missed**"
        yield _row(*cells, f"{value} {unit}", must, aim, marked)


def _night(results):
    """Seconds of the steps of the median ordinary night, of one in which everybody's
    documents are read, and of one that learns of each kind, each done by one job."""
    kinds = {
        "ordinary": _middle(results, "ordinary alone"),
        "everybody read": _middle(results, "all alone"),
        **{
            words: results[f"learning {kind} alone"]
            for kind, words in LEARNING.items()
            if f"learning {kind} alone" in results
        },
    }
    yield _row("step", *kinds)
    yield "|---" * (len(kinds) + 1) + "|"
    rest = {kind: measured["ours"] for kind, measured in kinds.items()}
    for step, methods in STEPS.items():
        found = {
            kind: sum(
                seconds
                for name, seconds in measured["details"].items()
                if name.rpartition(".")[2] in methods
            )
            for kind, measured in kinds.items()
        }
        rest = {kind: rest[kind] - found[kind] for kind in kinds}
        yield _row(step, *(f"{seconds:.1f}" for seconds in found.values()))
    yield _row("the rest", *(f"{seconds:.1f}" for seconds in rest.values()))
    yield _row("all", *(f"{each['ours']:.1f}" for each in kinds.values()))


def _middle(results, kind):
    nights = [
        each for name, each in results.items() if re.fullmatch(rf"{kind} \d+", name)
    ]
    return sorted(nights, key=lambda night: night["ours"])[len(nights) // 2]


def _growth(stored):
    """The figures of each size, and what a million order lines cost in the largest."""
    yield _row("", *stored, "a million lines of the last")
    yield "|---" * (len(stored) + 2) + "|"
    runs = [results["run"] for results in stored.values()]
    for count in ("customers", "lines"):
        yield _row(count, *(f"{run[count]:,}" for run in runs), "")
    for name, which, text, adds_up in GROWTH:
        values = [results[name][which] for results in stored.values()]
        million = f"{values[-1] / runs[-1]['lines'] * 1e6:.1f}" if adds_up else ""
        yield _row(text, *(f"{value:.1f}" for value in values), million)


def _row(*cells):
    return f"| {' | '.join(cells)} |"
