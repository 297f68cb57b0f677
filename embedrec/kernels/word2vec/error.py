"""From scores to errors and loss, for all logistic units of a window at once.

With z = exp(-|s|), sigma(s) is 1 / (1 + z) for s >= 0 and z / (1 + z) below, and
-log sigma(s) = max(-s, 0) + log(1 + z). So one exponential gives both the error and the exact loss,
and the product of all (1 + z) needs one logarithm. No table of sigma and no cut-off at 6.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Sums may be reordered so that they vectorise; nothing is assumed finite, because we check that.
FAST = {"contract", "reassoc", "nsz", "arcp"}

_LOG2_E = np.float32(1.4426950408889634)
_LIMIT = np.float32(-87.0)  # exp(-87) is the smallest normal float32, up to a factor of 1.4
_C1, _C2, _C3, _C4, _C5, _C6, _C7 = (
    np.float32(np.log(2.0) ** k / float(np.prod(np.arange(1.0, k + 1)))) for k in range(1, 8)
)
_ZERO, _ONE, _HALF = np.float32(0), np.float32(1), np.float32(0.5)
_BIAS, _MANTISSA = np.int32(127), np.int32(23)
_FULL = 1e200


@njit(inline="always", nogil=True)
def exp_negative(x):
    """Return exp(x) for float32 x <= 0, with a relative error below 2**-24 (4 + 1.5 |x|).

    exp(x) = 2**n 2**r with |r| <= 1/2: the power of two is written into the exponent bits, the rest
    is its Taylor polynomial, whose eighth term is below float32 rounding. Unlike a library call, it
    vectorises.
    """
    y = max(x, _LIMIT) * _LOG2_E
    n = np.int32(y - _HALF)  # truncation toward zero rounds y <= 0 to nearest
    r = y - np.float32(n)
    p = _ONE + r * (_C1 + r * (_C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * (_C6 + r * _C7))))))
    return p * np.int32((n + _BIAS) << _MANTISSA).view(np.float32)


@njit(inline="always", nogil=True, fastmath=FAST)
def turn_scores_into_errors(scores, labels, n_inputs, n_targets, rate):
    """Replace scores by rate * (label - sigma(score)), and return their loss.

    Args:
        scores: float32 (M, T), the first n_inputs rows and n_targets columns are used and changed
            in place.
        labels: float32 (T,), 0 or 1.
        rate: float32, learning rate.

    Returns:
        float64, the sum of -log sigma(score) over label 1 and -log sigma(-score) over label 0
        (Rong 2014, eq. 45 and 55).
    """
    linear = _ZERO
    product = 1.0
    loss = 0.0
    for i in range(n_inputs):
        row = scores[i]
        for k in range(n_targets):
            score = row[k]
            z = exp_negative(-abs(score))
            one_z = _ONE + z
            sigma = (_ONE if score >= _ZERO else z) / one_z
            toward = score if labels[k] > _HALF else -score
            linear += max(-toward, _ZERO)
            product *= one_z
            row[k] = (labels[k] - sigma) * rate
        if product > _FULL:
            loss += np.log(product)
            product = 1.0
    return loss + np.log(product) + linear
