"""Goals 1 to 3 and 13: the nights, in which everybody is computed anew."""

import statistics
import time
from datetime import datetime, timedelta

from . import bound, customers
from .database import END
from .stopwatch import processor, steps

AS_OF = datetime(END.year, END.month, END.day)
JOBS = ("", " alone")  # with a job for every core, and with one
BOUNDS = ("", " strict")  # with the rows sent to the client, and kept on the server
# What a night learns. Companies take turns with the topics of the suggestions: a night
# learns one of the larger company, or of the other one.
TOPICS = ("links", "gaps", "settings")
KINDS = ("forecasts", *TOPICS, *(f"{topic} elsewhere" for topic in TOPICS))
STEPS = {
    "crm.lifecycle.profile": (
        *("_begin_reading", "_get_due_partner_ids", "_share_due"),
        *("_refresh_all_but_bad", "_prepare_facts", "_add_known_facts"),
        *("_read_engine_facts", "_compute_scores", "_prepare_next", "_write_next"),
        *("_write_moves", "_nightly_moves", "_move_silently", "_move_really"),
    ),
    "crm.lifecycle.model": ("_read_population", "_fit", "_learn"),
    "crm.lifecycle.affinity": (
        *("_get_buyer_ids", "_get_rare_buyer_ids", "_read_purchases", "_get_past"),
        *("_learn_units", "_write_links", "_write_figures"),
    ),
    "crm.lifecycle.gap": ("_get_turn_ids", "_write_gaps"),
}
NUMBERS = {
    f"crm.lifecycle.profile.{name}"
    for name in (
        *("_refresh_all_but_bad", "_prepare_facts", "_add_known_facts"),
        *("_read_engine_facts", "_compute_scores", "_prepare_next", "_write_next"),
    )
}


def run(env, rounds, note, tell):
    """Measure with the addon installed, in the transaction of `env`, and commit.

    :param note: called with (goal, ours, bound, details)
    :param tell: see :func:`benchmark.workers.helpers`
    """
    bounds, units = [], []
    nights, everybody = ({jobs: [] for jobs in JOBS} for _what in range(2))
    first = _night(env, AS_OF, tell)
    note("first run", first["seconds"], details=first["steps"])
    env.cr.execute(bound.PREPARE)
    env.cr.commit()
    env.cr.execute("ANALYZE crm_lifecycle_profile")
    last = AS_OF
    for number in range(1, rounds + 1):
        bounds.append(_bounds(env))
        for jobs in JOBS:
            help_me = None if jobs else tell
            last += timedelta(days=1)
            stay_learned(env, last)
            nights[jobs].append(_night(env, last, help_me))
            last += timedelta(days=1)
            stay_learned(env, last)
            forget_reading(env)
            everybody[jobs].append(_night(env, last, help_me))
            for name, found in (("ordinary", nights), ("all", everybody)):
                night = found[jobs][-1]
                units += night["units"]
                note(
                    f"{name}{jobs} {number}",
                    night["seconds"],
                    bounds[-1][""],
                    details={"processor": night["processor"], **night["steps"]},
                )
            _clean(env)
    lower = {
        which: statistics.median(each[which] for each in bounds) for which in BOUNDS
    }
    for jobs in JOBS:
        for name, found, what in (
            ("1", everybody, "numbers"),
            ("ordinary night", nights, "seconds"),
        ):
            middle = statistics.median(each[what] for each in found[jobs])
            for which in BOUNDS:
                ratio = _median_ratio(found[jobs], bounds, what, which)
                note(f"{name}{jobs}{which}", middle, lower[which], ratio)
    full = statistics.median(each["numbers"] for each in everybody[" alone"])
    last, learning = _learning(env, last, note, tell)
    units += [unit for night in learning.values() for unit in night["units"]]
    mean, details = _mean(nights[""], learning)
    for which in BOUNDS:
        note(f"2 mean{which}", mean, lower[which], None, details)
    note("13", max(seconds for seconds, _cpu in units))
    note("13 processor", max(cpu for _seconds, cpu in units))
    customers.run(env, last, full, note)


def _learning(env, last, note, tell):
    """A night of each of KINDS, and one that learns everything, each with a job for
    every core and with one.

    :return: the last night, and what :func:`_night` returned, by kind and jobs
    """
    found, bounds = {}, {}
    for kind in (*KINDS, "everything"):
        bounds[kind] = _bounds(env)
        for jobs in JOBS:
            last += timedelta(days=1)
            learn_next(env, last, kind)
            found[kind, jobs] = night = _night(env, last, None if jobs else tell)
            _clean(env)
            details = {"processor": night["processor"], **night["steps"]}
            name = f"learning {kind}{jobs}"
            note(name, night["seconds"], bounds[kind][""], details=details)
    for jobs in JOBS:
        seconds = {kind: found[kind, jobs]["seconds"] for kind in KINDS}
        longest = max(seconds, key=seconds.get)
        for which in BOUNDS:
            least = bounds[longest][which]
            note(f"2{jobs}{which}", seconds[longest], least, details={"kind": longest})
        all_at_once = found["everything", jobs]["seconds"]
        note(f"2 everything{jobs}", all_at_once, bounds["everything"][""])
    return last, found


def stay_learned(env, as_of):
    """Make the night at `as_of` one that learns nothing."""
    for company in env["res.company"].search([]):
        today = company._lifecycle_today(as_of).isoformat()
        days = dict.fromkeys(("last", *TOPICS), today)
        company.lifecycle_learned = {**company.lifecycle_learned, **days}
    env.flush_all()


def learn_next(env, as_of, kind):
    """Make the night at `as_of` one that learns one of KINDS, or everything as the
    first night does."""
    stay_learned(env, as_of - timedelta(days=1))
    if kind in ("forecasts", "everything"):
        env.cr.execute(
            "UPDATE crm_lifecycle_model SET as_of = as_of - interval '40 days'"
        )
    topic, _of, elsewhere = kind.partition(" ")
    if topic == "settings":
        env.cr.execute(
            """
            UPDATE crm_lifecycle_suggestion_model
               SET as_of = as_of - interval '28 days'
            """
        )
    if kind == "everything":
        env.cr.execute("UPDATE res_company SET lifecycle_learned = NULL")
        env.cr.execute("DELETE FROM crm_lifecycle_suggestion_model")
        env.registry.clear_cache()
    env.invalidate_all()
    if topic in TOPICS:
        counts = env["crm.lifecycle.profile"]._read_group(
            [], ["company_id"], order="__count DESC"
        )
        companies = [company for (company,) in counts]
        for company in companies[1:] if elsewhere else companies[:1]:
            day = company._lifecycle_today(as_of - timedelta(days=40)).isoformat()
            company.lifecycle_learned = {**company.lifecycle_learned, topic: day}
    env.flush_all()


def forget_reading(env):
    """Make the next night one that reads all documents, as after an upgrade."""
    env.cr.execute("UPDATE res_company SET lifecycle_reading = NULL")
    env.invalidate_all()


def _median_ratio(nights, bounds, what, which):
    return statistics.median(
        night[what] / lower[which] for night, lower in zip(nights, bounds, strict=True)
    )


def _bounds(env):
    """:return: seconds of each of BOUNDS. The stricter one goes first: the other then
    finds everything in memory."""
    started = time.perf_counter()
    bound.keep(env.cr)
    kept = time.perf_counter()
    bound.send(env.cr)
    sent = time.perf_counter()
    env.cr.execute(bound.UPSERT)
    written = time.perf_counter()
    env.cr.commit()
    _clean(env)
    upsert = written - sent
    return {"": sent - kept + upsert, " strict": kept - started + upsert}


def _mean(ordinary, learning):
    """What a night takes in the long run, when each kind of learning comes as often as
    the addon does it.

    :return: (seconds, details)
    """
    # only importable when Odoo knows its folders of addons
    from odoo.addons.crm_lifecycle.models import (
        crm_lifecycle_learning_night,
        crm_lifecycle_model,
    )

    usual = statistics.median(night["seconds"] for night in ordinary)
    mean, details = usual, {"ordinary": round(usual, 2)}
    for kind in KINDS:
        days = crm_lifecycle_learning_night.LEARNING_DAYS
        if kind == "forecasts":
            days = crm_lifecycle_model.DAYS_BETWEEN_MODELS
        more = learning[kind, ""]["seconds"] - usual
        mean += more / days
        details[f"{kind}, each {days} nights"] = round(more, 2)
    return mean, details


def _night(env, as_of, tell=None):
    """The night of every company, unit by unit with a commit after each.

    :param tell: makes others help, see :func:`benchmark.workers.helpers`
    """
    methods = [
        (env.registry[model], name) for model, names in STEPS.items() for name in names
    ]
    units, helped = [], 0.0
    if tell:
        tell("help")
    started = time.perf_counter()
    with steps(*methods) as spent:
        for company in env["res.company"].search([]):
            began, worked = time.perf_counter(), processor(env)
            for _done in env["crm.lifecycle.profile"]._nightly(company, as_of):
                env.cr.commit()
                units.append((time.perf_counter() - began, processor(env) - worked))
                began, worked = time.perf_counter(), processor(env)
    seconds = time.perf_counter() - started
    if tell:
        helped = tell("rest")
    by_name = {name: round(value, 2) for name, value in spent.most_common()}
    others = sum(spent[name] for name in spent if name not in NUMBERS)
    return {
        "seconds": seconds,
        "processor": helped + sum(cpu for _seconds, cpu in units),
        "units": units,
        "steps": by_name,
        "numbers": seconds - others,
    }


def _clean(env):
    """What PostgreSQL does by itself between two nights."""
    connection = env.cr.connection
    connection.autocommit = True
    env.cr.execute("VACUUM (ANALYZE) crm_lifecycle_profile, crm_lifecycle_bound")
    connection.autocommit = False
