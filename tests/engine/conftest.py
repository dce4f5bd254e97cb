"""The engine is tested without Odoo: as the package ``engine``."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "crm_lifecycle"))

AS_OF = 740000


@pytest.fixture(scope="session", autouse=True)
def load_registry():
    """Takes the place of pytest-odoo's fixture: these tests need no database."""


def make_facts(customers, seed=0):
    """Facts of made-up customers, some of whom never bought."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(rng.gamma(0.8, 4, customers)).astype(float)
    first = AS_OF - 1.0 - rng.integers(0, 1000, customers)
    span = np.round((AS_OF - 1 - first) * rng.random(customers))
    count = np.minimum(count, span + 1)
    never, once = count < 1, count <= 1
    last = np.where(once, first, first + span)
    gap = span / np.maximum(count - 1, 1) * rng.uniform(0.5, 1.2, customers)
    money = np.round(count * rng.lognormal(5, 1, customers), 2)
    late = rng.normal(0, 10, customers)
    overdue = np.where(rng.random(customers) < 0.1, money / 5, 0)
    return {
        "order_count": count,
        "first_order_day": np.where(never, np.nan, first),
        "last_order_day": np.where(never, np.nan, last),
        "median_gap": np.where(once, np.nan, np.maximum(np.round(gap), 1)),
        "last_gap": np.where(once, np.nan, np.maximum(np.round(gap * 1.5), 1)),
        "order_value_sum": money,
        "order_count_12m": np.minimum(count, rng.integers(0, 5, customers)),
        "net_invoiced_12m": money / 2,
        "product_count": count * 2,
        "category_count": np.ceil(count / 2),
        "invoice_paid_count": np.floor(count * 0.8),
        "payment_delay": np.where(count > 1, late, np.nan),
        "overdue_amount": overdue,
        "delivery_count": count,
        "delivery_late_count": np.floor(count * rng.random(customers) / 2),
        "return_count": rng.poisson(0.1, customers).astype(float),
        "refund_ratio": np.where(never, np.nan, rng.random(customers) / 10),
        "season_count": np.where(never, 0.0, 1 + np.floor(span / 365)),
        "season_strength": np.where(never, np.nan, rng.random(customers)),
        "season_day": np.where(never, np.nan, np.round(last % 365)),
        "project_count": np.minimum(count, 1.0 + rng.poisson(0.5, customers)),
        "project_gap": np.where(never, np.nan, span / 3),
    }


@pytest.fixture(scope="session")
def facts():
    return make_facts(3000)


@pytest.fixture(scope="session")
def model(facts):
    from engine import population

    return population.fit(facts, AS_OF)
