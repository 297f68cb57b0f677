"""RBMs over rated items with real-valued visible units: hidden activations and one epoch.

A visible unit's value v is a rating less what biases predict. Owners are users and others items, or
the reverse: an RBM of each item over the users who rated it.
"""

from __future__ import annotations

import numpy as np

from embedrec.kernels.compile import kernel
from embedrec.kernels.ratings.dot import dot
from embedrec.kernels.recurrent.activation import squash_signed


@kernel
def encode_owners(offsets, others, values, weights, rated, bias, hidden_bias, power, out):
    """Set `out` (G, H) to tanh(hidden_bias + n**-power sum_j ((v_j - bias_j) W_j + rated_j)).

    Args:
        offsets: int64 (G + 1,); others: int32 (N,); values: floating (N,).
        weights, rated: (I, H); bias: (I,); hidden_bias: (H,), all of one dtype.
        power: float.
        out: (G, H), set.
    """
    for g in range(len(offsets) - 1):
        scale = out.dtype.type(max(offsets[g + 1] - offsets[g], 1) ** -power)
        for t in range(out.shape[1]):
            out[g, t] = 0
        for j in range(offsets[g], offsets[g + 1]):
            other = others[j]
            value = values[j] - bias[other]
            for t in range(out.shape[1]):
                out[g, t] += value * weights[other, t] + rated[other, t]
        for t in range(out.shape[1]):
            out[g, t] = hidden_bias[t] + scale * out[g, t]
        squash_signed(out[g])


@kernel
def train_leaving_out(
    order, offsets, others, values, weights, rated, bias, hidden_bias, decay, bias_decay,
    rate, shared_rate, bias_rate, power, conditional, most,
):  # fmt: skip
    """Go down the gradient of half the squared error of each value given the owner's other ones.

    That is the pseudo-likelihood of Gaussian visible units of variance 1, hidden units at their
    mean. All of an owner's gradients are taken before any weight changes. Returns the sum of
    squared errors before the changes.

    Args:
        order: int64 (U,), owners in the order of their steps; those with one value are passed over.
        offsets, others, values, power: as in `encode_owners`.
        weights, rated, bias, hidden_bias: float32, changed in place.
        decay: float32 (I,), weight decay of each other's weights, at each of its ratings.
        bias_decay: float32, of `bias` likewise.
        rate, shared_rate, bias_rate: float32, of `weights` and `rated`, of `hidden_bias`, of
            `bias`.
        conditional: bool, whether `rated` learns.
        most: values of the owner with most.
    """
    size = weights.shape[1]
    hidden = np.empty((most, size), weights.dtype)
    back = np.empty((most, size), weights.dtype)
    errors, rest = np.empty(most, weights.dtype), np.empty(most, weights.dtype)
    total, back_total = np.empty(size, weights.dtype), np.empty(size, weights.dtype)
    loss = 0.0
    for owner in order:
        first = offsets[owner]
        n = offsets[owner + 1] - first
        if n < 2:
            continue
        scale = weights.dtype.type(n**-power)
        total[:] = 0
        back_total[:] = 0
        for j in range(n):
            other = others[first + j]
            rest[j] = values[first + j] - bias[other]
            for t in range(size):
                total[t] += rest[j] * weights[other, t] + rated[other, t]
        for j in range(n):
            other = others[first + j]
            mine, ahead = hidden[j], back[j]
            for t in range(size):
                alone = rest[j] * weights[other, t] + rated[other, t]
                mine[t] = hidden_bias[t] + scale * (total[t] - alone)
            squash_signed(mine)
            error = dot(weights[other], mine) - rest[j]
            errors[j] = error
            loss += error * error
            for t in range(size):
                ahead[t] = error * weights[other, t] * (1 - mine[t] * mine[t])
                back_total[t] += ahead[t]
        for j in range(n):
            other, error = others[first + j], errors[j]
            for t in range(size):
                behind = scale * (back_total[t] - back[j, t])
                change = error * hidden[j, t] + rest[j] * behind
                weights[other, t] -= rate * (change + decay[other] * weights[other, t])
                if conditional:
                    rated[other, t] -= rate * (behind + decay[other] * rated[other, t])
            # Only as what is predicted, not as what is subtracted below the hidden units.
            bias[other] -= bias_rate * (error + bias_decay * bias[other])
        for t in range(size):
            hidden_bias[t] -= shared_rate * back_total[t]
    return loss
