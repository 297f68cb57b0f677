"""Drawing the next word: temperature, top k, top p (Holtzman et al. 2020, section 3.1)."""

from __future__ import annotations

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array


def choose_word(
    p: Array,
    generator: np.random.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """Draw an id from probabilities, float64 (V,), that need not sum to 1.

    First the temperature takes effect (p ** (1 / temperature)), then `top_k`, then `top_p`.

    Raises:
        ParameterError: if a setting is out of range.
    """
    _check(temperature, top_k, top_p)
    if temperature == 0:
        return int(np.argmax(p))
    order = np.argsort(-p, kind="stable")[:top_k]
    order = order[p[order] > 0]
    logarithms = np.log(p[order]) / temperature
    weights = np.exp(logarithms - logarithms.max())
    weights /= weights.sum()
    if top_p is not None:
        # The word with which the share is reached is still among them.
        n = int(np.searchsorted(np.cumsum(weights), top_p)) + 1
        order, weights = order[:n], weights[:n] / weights[:n].sum()
    drawn = int(np.searchsorted(np.cumsum(weights), generator.random(), side="right"))
    return int(order[min(drawn, len(order) - 1)])


def _check(temperature: float, top_k: int | None, top_p: float | None) -> None:
    if not (np.isfinite(temperature) and temperature >= 0):
        raise ParameterError(f"temperature must be at least 0, not {temperature!r}",
                             value=temperature)  # fmt: skip
    if top_k is not None and (
        isinstance(top_k, bool) or not isinstance(top_k, (int, np.integer)) or top_k < 1
    ):
        raise ParameterError(f"top_k must be a whole number of at least 1, not {top_k!r}",
                             value=top_k)  # fmt: skip
    if top_p is not None and not 0 < top_p <= 1:
        raise ParameterError(f"top_p must be above 0 and at most 1, not {top_p!r}", value=top_p)
