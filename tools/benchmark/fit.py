"""The purchase process fitted on 88,000 customers, beside the package lifetimes on the
same rows: how long it takes, and whether both find the same."""

import sys
import time
import warnings

import numpy as np

from environment import CHECKOUT

sys.path.append(str(CHECKOUT / "crm_lifecycle"))

from engine import purchase

CUSTOMERS, WEEKS, SEED = 88_000, 104, 1
# r, alpha in weeks, a, b: those of Fader, Hardie and Lee's CD shop.
TRUE = (0.243, 4.414, 0.793, 2.426)
SAME = 0.005


def run(note):
    """:param note: see ``bench.Results.note``; ours is our time, the bound theirs"""
    from lifetimes import BetaGeoFitter

    rows = simulate()
    started = time.perf_counter()
    ours = purchase.fit(*rows, model="bgnbd", unit="week")
    took = time.perf_counter() - started
    found = (ours.r, ours.alpha, ours.a, ours.b)
    started = time.perf_counter()
    with warnings.catch_warnings():  # it divides by zero on its way
        warnings.simplefilter("ignore")
        theirs = BetaGeoFitter(penalizer_coef=0.0).fit(*rows).params_
    theirs_took = time.perf_counter() - started
    theirs = tuple(float(theirs[name]) for name in ("r", "alpha", "a", "b"))
    apart = max(abs(one / other - 1) for one, other in zip(found, theirs, strict=True))
    if apart > SAME:
        raise ValueError(f"The fits differ: {found}, lifetimes {theirs}")
    details = {"parameters": found, "lifetimes": theirs, "apart": apart}
    note("fit", took, theirs_took, details=details)


def simulate():
    """Repeat purchases, weeks from the first to the last, and weeks since the first, of
    customers of a company who come in over two years."""
    rng = np.random.default_rng(SEED)
    r, alpha, a, b = TRUE
    rate = rng.gamma(r, 1 / alpha, CUSTOMERS)
    chance = rng.beta(a, b, CUSTOMERS)
    age = np.ceil(rng.uniform(0, WEEKS, CUSTOMERS) * 7) / 7
    now, last, count = np.zeros((3, CUSTOMERS))
    active = np.ones(CUSTOMERS, bool)
    while active.any():
        now = np.where(active, now + rng.exponential(1 / rate), now)
        active &= now <= age
        count += active
        last = np.where(active, now, last)
        active &= rng.random(CUSTOMERS) >= chance
    # as sales are known: by the day
    return count, np.minimum(np.ceil(last * 7) / 7, age), age
