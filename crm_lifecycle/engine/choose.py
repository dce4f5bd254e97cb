"""Settings of the suggestions that a company's own past speaks for.

What is suggested on an earlier day is compared with what was bought after it; a
setting is changed where that gains more than chance would. The engine's defaults stand
where the past is too short to tell.
"""

from __future__ import annotations

import numpy as np

from . import trials

# Days that suggestions are compared with, at most, and the earlier days looked from.
WINDOW, FOLDS = 60, 3
# Fewer cases decide nothing; more than so many per earlier day are drawn by lot.
ENOUGH, CASES = 50, 1000
# Gain that changes a setting, in standard errors and as a share of what it was: less
# is not worth the risk that the next season differs from the last ones.
GAIN, SHARE = 2.0, 0.03
# Products compared in the trial of a setting, and customers whose past it looks at.
MAX_PRODUCTS, CUSTOMERS = 1200, 20000


def choose(task, history, category, price):
    """All of :func:`steps` at once.

    :return: the settings, and their grades
    """
    *_steps, found = steps(task, history, category, price)
    return found


def steps(task, history, category, price):
    """Coordinate ascent on the mean NDCG over all trials: one setting after the other
    takes the value that gains most, if the mean gain per case is above two standard
    errors and 3 %, and no earlier day speaks against it.

    :param task: one of :data:`~.trials.TASKS`
    :param history: see :class:`~.history.History`; of very many customers, some drawn
        by lot are looked at
    :param category, price: of each product
    :return: generator of None after each trial and at last of what was found: the
        settings, and the number of cases with the NDCG of the defaults and of the
        settings on them
    """
    module = trials.TASKS[task]
    settings = dict(module.DEFAULTS)
    options = {"cases": CASES, "max_products": MAX_PRODUCTS}
    made = []
    for fold in folds(history.some(CUSTOMERS)):
        yield
        made.append(trials.make(task, *fold, category, price, **options))
    gains = yield from _gains(made, settings)
    cases = sum(map(len, gains))
    if cases < ENOUGH:
        yield settings, {"cases": cases}
        return
    graded = {"cases": cases, "defaults": _mean(gains)}
    for name, values in module.CHOICES.items():
        start = gains
        for value in values:
            if value == settings[name]:
                continue
            found = yield from _gains(made, {**settings, name: value}, start)
            if found and _better(found, start) and _mean(found) > _mean(gains):
                gains, best = found, value
        if gains is not start:
            settings[name] = best
    yield settings, {**graded, "chosen": _mean(gains)}


def folds(history):
    """The past as known on earlier days, and what was bought in the days after each."""
    window = min(WINDOW, history.span // (FOLDS + 1))
    for number in range(1, FOLDS + 1):
        cut = history.as_of - number * window
        before = history.before(cut)
        if window and before.day.size:
            yield before, history.between(cut, cut + window)


def _gains(made, settings, known=None):
    """NDCG of each case, trial by trial, one a step.

    :param known: the same of other settings; None is returned as soon as a trial is
        worse than there
    """
    found = []
    for number, trial in enumerate(made):
        yield
        gains = trial.gains(trial.suggest(settings))[0]
        found.append(gains[np.isfinite(gains)])
        if known and found[-1].size and found[-1].mean() < known[number].mean():
            return None
    return found


def _better(found, known):
    """Whether one setting is better than another on the same cases, by more than
    chance."""
    gain = np.concatenate(found) - np.concatenate(known)
    chance = GAIN * gain.std() / np.sqrt(len(gain))
    return gain.mean() > max(chance, SHARE * _mean(known))


def _mean(gains):
    return float(np.concatenate(gains).mean())
