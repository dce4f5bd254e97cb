"""A customer's own buying rhythm, and how long his pause is against it.

Four kinds of buyers are told apart by their own purchases:

- single: bought once. The company's second-purchase curve says when those who do come
  back come.
- yearly: buys in the same weeks of every year, as a school does. What counts is
  whether he misses his season.
- project: buys in bursts with long pauses between them, as a builder does. What counts
  is how long these pauses are.
- regular: all others. Few gaps say little, so his own median gap is drawn towards the
  company's; how far is a matter of how many gaps he has.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from .purchases import YEAR

# From so many purchase days on, a customer's own gaps are called his own rhythm.
OWN_PURCHASE_DAYS = 4
# The company's gap counts as much as so many gaps of the customer.
PRIOR_GAPS = 2.0
DECILES = np.arange(0.1, 1.0, 0.1)

# A yearly buyer: so many seasons, so many purchase days, and so strong a season at
# least. Of simulated buyers without any season at most 5 in 100 look like this.
YEARLY = ((3, 3, 0.80), (2, 3, 0.95))
# A project buyer came back from two long pauses, which take up more of his time than
# his purchases do: one and a half times the usual pauses between these.
PROJECTS, PAUSED = 3, 1.5
# Days after the usual day of the season at which a yearly buyer is late, at least and
# at most: twice the spread of his purchases.
SLACK = (30.0, 90.0)
# A purchase so many days before the usual day of the season does not belong to it.
QUARTER = YEAR / 4


@dataclasses.dataclass(frozen=True)
class Rhythm:
    """The rhythm of customers who bought; arrays of shape (n,).

    - kind: "single", "regular", "yearly" or "project"
    - days: usual days between purchases, seasons or projects; nan when unknown
    - pause: days from the last purchase to the next one expected; nan when unknown
    - evidence: see :func:`rhythm_days`
    - slack: days after which a yearly buyer is late
    - curve: when one-time buyers come back, see :func:`second_purchase_curve`
    - pace: by which their peers come back later than that
    """

    kind: np.ndarray
    days: np.ndarray
    pause: np.ndarray
    evidence: np.ndarray
    slack: np.ndarray
    curve: tuple[float, ...]
    pace: np.ndarray

    def ratio(self, days):
        """How long it is since the last purchase, against what is usual: 1 when the
        next one is expected, 2 when it is overdue, 4 when it is long overdue. Rises
        with every day.

        Regular and project buyers: days / usual days. One-time buyers: 1, 2, 4 and 8
        when half, 20 %, 10 % and 5 % of those who come back are still to come. Yearly
        buyers: 1 on the usual day of the next season, 2 when they are late, 4 half a
        year after, 8 when they are late for the season after that.

        :param days: days since the last purchase, shape (n,), nan when unknown
        """
        ratio = days / self.days
        if self.curve:
            climbed = _climb(days / self.pace, self._curve())
            ratio = np.where(self.kind == "single", climbed, ratio)
        return np.where(self.kind == "yearly", self._missed(days, self.pause), ratio)

    def return_ratio(self, gap):
        """How long the customer was away before the last purchase, as :meth:`ratio`.

        :param gap: days between the last two purchases, shape (n,), nan when unknown
        """
        missed = self._missed(gap, YEAR)
        return np.where(self.kind == "yearly", missed, gap / self.days)

    def _curve(self):
        """Where the curve does not rise any more, multiples of the median. After 90 %
        those still to come are halved in as many days as from 80 % to 90 %."""
        half = max(self.curve[4], 1.0)
        most = self.curve[7] if self.curve[7] > half else 2 * half
        nearly = self.curve[8] if self.curve[8] > most else 2 * most
        return (half, 1), (most, 2), (nearly, 4), (2 * nearly - most, 8)

    def _missed(self, days, pause):
        late = pause + self.slack
        return _climb(
            days, ((pause, 1), (late, 2), (pause + YEAR / 2, 4), (late + YEAR, 8))
        )


def _climb(days, points):
    """Piecewise linear from 0 through the points (day, height), both increasing, and on
    as steeply as before the last one."""
    height, day_before, height_before = 0.0, 0.0, 0.0
    for day, height_then in points:
        slope = (height_then - height_before) / (day - day_before)
        height = height + slope * np.clip(days - day_before, 0, day - day_before)
        day_before, height_before = day, height_then
    return height + slope * np.maximum(days - day_before, 0)


def rhythm(facts, usual_gap, company, curve, pace=1.0):
    """The rhythm of customers who bought.

    :param facts: cleaned facts, see ``population.clean``
    :param usual_gap: own median gap in days, shape (n,), nan for one-time buyers
    :param company: the company's gap in days, or None when nobody bought twice
    :param curve: the company's second-purchase curve, may be empty
    :param pace: days between purchases of his peers against the company's, shape (n,)
    :return: :class:`Rhythm`
    """
    found = kind(facts, usual_gap)
    pace = pace * np.ones(len(found))
    days, evidence = rhythm_days(
        facts["order_count"],
        usual_gap,
        company and np.maximum(company * pace, 1.0),
        curve[4] * pace if curve else None,
    )
    yearly, project = found == "yearly", found == "project"
    days = np.where(yearly, YEAR, np.where(project, facts["project_gap"], days))
    # Circular standard deviation (Mardia and Jupp 2000, 2.3.4), as days of the year
    strength = np.clip(np.where(yearly, facts["season_strength"], 1.0), 1e-9, 1.0)
    spread = np.sqrt(-2 * np.log(strength)) * YEAR / (2 * np.pi)
    to_season = facts["season_day"] - facts["last_order_day"] - QUARTER
    return Rhythm(
        kind=found,
        days=days,
        pause=np.where(yearly, QUARTER + np.mod(to_season, YEAR), days),
        evidence=np.where(
            (yearly | project) & (evidence == "company"), "own", evidence
        ),
        slack=np.clip(2 * spread, *SLACK),
        curve=curve,
        pace=pace,
    )


def kind(facts, usual_gap):
    """Which kind of buyer each customer is, shape (n,), see the top of this module.

    Purchases in the same weeks of several years are strong evidence, those of two years
    a weak one: by chance, too, two purchases may be a year apart. The dates of the
    first and last purchase play no part.

    :param facts: cleaned facts of customers who bought
    :param usual_gap: own median gap in days, shape (n,)
    """
    count, seasons = facts["order_count"], facts["season_count"]
    yearly = np.zeros(len(count), bool)
    for least_seasons, least_days, least_strength in YEARLY:
        yearly |= (
            (seasons >= least_seasons)
            & (count >= least_days)
            & (facts["season_strength"] >= least_strength)
        )
    pauses = (facts["project_count"] - 1) * facts["project_gap"]
    busy = np.maximum(count - facts["project_count"], 0) * usual_gap
    project = (facts["project_count"] >= PROJECTS) & (pauses >= PAUSED * busy)
    return np.select(
        [count < 2, yearly & np.isfinite(facts["season_day"]), project],
        ["single", "yearly", "project"],
        "regular",
    )


def company_gap(median_gap):
    """The company's usual gap: median over customers of their own median gap.

    :param median_gap: days, shape (n,), nan for customers without a gap
    :return: days (at least 1), or None when nobody bought twice
    """
    gaps = median_gap[np.isfinite(median_gap)]
    return max(float(np.median(gaps)), 1.0) if gaps.size else None


def second_purchase_curve(first_gap, age):
    """When those who buy a second time do so: the deciles of the first gap.

    Customers who have not come back yet may still: they are censored at their age
    (product-limit estimate, Kaplan and Meier 1958), and the curve is then read
    relative to the share that came back by the longest gap seen.

    :param first_gap: days from first to second purchase, shape (n,), nan if none yet
    :param age: days from the first purchase to the present, shape (n,)
    :return: nine numbers of days (10 %, ..., 90 %), empty when nobody came back
    """
    came_back = np.isfinite(first_gap)
    if not came_back.any():
        return ()
    days, returned = np.unique(first_gap[came_back], return_counts=True)
    waited = np.sort(np.where(came_back, first_gap, age))
    waiting = len(waited) - np.searchsorted(waited, days)
    share = 1 - np.cumprod(1 - returned / waiting)
    position = np.searchsorted(share, DECILES * share[-1])
    return tuple(float(day) for day in days[position])


def rhythm_days(purchase_days, median_gap, company, second_purchase=None):
    """Usual days between purchases, and what this rests on.

    With g = purchase_days - 1 gaps, and the company's gap counting as much as two::

        rhythm = exp((g * log(own median gap) + 2 * log(company)) / (g + 2))

    the mean being geometric because gaps spread over orders of magnitude. One-time
    buyers get ``second_purchase`` days when given, else the company's gap.

    :param purchase_days: number of days with a purchase, shape (n,)
    :param median_gap: own median gap in days, shape (n,), nan when there is none
    :param company: the gap of the company, or of his peers, in days; None when nobody
        bought twice
    :param second_purchase: median of the second-purchase curve in days, or None
    :return: (days, evidence), both of shape (n,). Evidence is "own" (4 purchase days
        or more), "company" (fewer), or "none" (never bought, or nobody in the company
        bought twice); then days is nan.
    """
    if company is None:
        unknown = np.full(len(purchase_days), np.nan)
        return unknown, np.full(len(purchase_days), "none")
    known = purchase_days >= 1
    repeat = np.isfinite(median_gap) & (purchase_days >= 2)
    gaps = np.where(repeat, purchase_days - 1, 0)
    own = np.log(np.maximum(np.where(repeat, median_gap, company), 1.0))
    days = np.exp((gaps * own + PRIOR_GAPS * np.log(company)) / (gaps + PRIOR_GAPS))
    if second_purchase is not None:
        days = np.where(purchase_days == 1, np.maximum(second_purchase, 1.0), days)
    own_rhythm = repeat & (purchase_days >= OWN_PURCHASE_DAYS)
    evidence = np.where(own_rhythm, "own", np.where(known, "company", "none"))
    return np.where(known, days, np.nan), evidence
