"""What was learned of a company, as it is kept."""

from __future__ import annotations

import dataclasses

from . import forecast, margin, peers, purchase, spread


@dataclasses.dataclass(frozen=True)
class Model:
    """Population quantities of one company at one time.

    - as_of: the bound of the facts it was learned from
    - buyers, returning: customers who ever bought, and who did so twice or more
    - purchase: parameters of the purchase process, in days; None when nobody came back
    - company_gap: usual days between purchases; None when nobody came back
    - second_purchase: deciles of the days to the second purchase; empty likewise
    - order_value, order_value_credibility: see ``value.order_value_population``
    - tier_limits: see ``value.tier_limits``; None when nobody is worth anything
    - loyalty_scales, loyalty_weights: see ``loyalty.scales`` and ``loyalty.WEIGHTS``
    - forecast: what was learned from purchases as events; None without them
    - order_value_method: "mean" or "gamma_gamma", where the two before come from
    - spread: how far money lies from what is expected, see :mod:`spread`
    - margin: what is left of the money; None when no cost is known
    - peers: rhythm and order value of groups, see :mod:`peers`
    - enough_day: when there will be enough who came back, see
      ``evidence.enough_day``; None when there are
    """

    as_of: float
    buyers: int
    returning: int
    purchase: purchase.Parameters | None
    company_gap: float | None
    second_purchase: tuple[float, ...]
    order_value: float | None
    order_value_credibility: float
    tier_limits: tuple[float, float] | None
    loyalty_scales: dict[str, tuple[float, float]]
    loyalty_weights: dict[str, float]
    forecast: forecast.Forecast | None = None
    order_value_method: str = "mean"
    spread: tuple[float, float] = spread.USUAL
    margin: margin.Margin | None = None
    peers: tuple[peers.Group, ...] = ()
    enough_day: float | None = None

    def as_dict(self):
        """The model as a dict that JSON keeps exactly."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values):
        """Back from :meth:`as_dict`, also by way of JSON; what an older one does not
        know yet is as usual."""
        parameters, limits = values["purchase"], values["tier_limits"]
        scales = values["loyalty_scales"].items()
        learned, kept = values.get("forecast"), values.get("margin")
        restored = {
            "purchase": parameters and purchase.Parameters.from_dict(parameters),
            "second_purchase": tuple(values["second_purchase"]),
            "tier_limits": limits and tuple(limits),
            "loyalty_scales": {name: tuple(scale) for name, scale in scales},
            "forecast": learned and forecast.Forecast.from_dict(learned),
            "spread": tuple(values.get("spread", spread.USUAL)),
            "margin": kept and margin.Margin(**kept),
            "peers": tuple(peers.Group(**each) for each in values.get("peers", ())),
        }
        return cls(**{**values, **restored})
