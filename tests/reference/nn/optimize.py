"""Optimisers in plain Python, one number at a time, from the formulas of their papers."""

from __future__ import annotations

import math
from collections.abc import Iterator


def descend(kind: str, w: float, gradients: list[float], **s: float) -> Iterator[float]:
    """Yield the value after each step. `s`: rate, and what the kind needs."""
    r = s["rate"]
    v = m = q = 0.0
    for t, g in enumerate(gradients, 1):
        if kind == "sgd":
            w = w - r * g
        elif kind == "momentum":
            v = s["momentum"] * v + g
            w = w - r * v
        elif kind == "nesterov":
            # Sutskever's form: look ahead, then correct; w here is the point looked ahead to.
            v = s["momentum"] * v + g
            w = w - r * g - r * s["momentum"] * v
        elif kind == "adagrad":
            q = q + g**2
            w = w - r * g / (math.sqrt(q) + s["epsilon"])
        elif kind == "rmsprop":
            q = s["decay"] * q + (1 - s["decay"]) * g**2
            w = w - r * g / (math.sqrt(q) + s["epsilon"])
        elif kind in ("adam", "adamw"):
            if kind == "adamw":
                w = w - r * s["weight_decay"] * w
            m = s["beta1"] * m + (1 - s["beta1"]) * g
            q = s["beta2"] * q + (1 - s["beta2"]) * g * g
            m_hat, q_hat = m / (1 - s["beta1"] ** t), q / (1 - s["beta2"] ** t)
            w = w - r * m_hat / (math.sqrt(q_hat) + s["epsilon"])
        yield w


def look_ahead(w: float, derive, n: int, rate: float, momentum: float) -> list[float]:
    """Return the points at which Nesterov's rule as published asks for the gradient.

    v' = m v - r f'(w + m v);  w' = w + v'  (Sutskever et al. 2013, eqs. 3 and 4).
    """
    v, points = 0.0, []
    for _ in range(n):
        points.append(w + momentum * v)
        v = momentum * v - rate * derive(w + momentum * v)
        w = w + v
    return points
