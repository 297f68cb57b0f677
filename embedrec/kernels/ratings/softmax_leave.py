"""Pseudo-likelihood of softmax visible units, each given the user's other ratings: one epoch."""

from __future__ import annotations

import math

import numpy as np

from embedrec.kernels.compile import kernel
from embedrec.kernels.ratings.dot import dot
from embedrec.kernels.ratings.softmax import normalise, set_input
from embedrec.kernels.recurrent.activation import squash_signed


@kernel
def train_leaving_out(
    order, offsets, items, levels, shared, own, rated, item_bias, hidden_bias, codes, decay,
    rate, shared_rate, bias_rate, power, conditional, most,
):  # fmt: skip
    """Go down the gradient of -sum log p(rating | other ratings of the user), user after user.

    Hidden units are at their mean given the other ratings (mean field). All of a user's gradients
    are taken before any weight changes. Returns the sum of -log p before the changes.

    Args:
        order: int64 (U,), users in the order of their steps; those with one rating are passed over.
        offsets, items, levels, codes: as in `softmax.encode_users`.
        shared, own, rated, item_bias (I, K), hidden_bias: float32, changed in place.
        decay: float32 (I,), weight decay of each item's own weights, at each of its ratings:
            times (c + 1)**2 for row c, as coarse differences of levels come first.
        rate, shared_rate, bias_rate: float32, of `own` and `rated`, of `shared` and `hidden_bias`,
            of `item_bias`.
        power: float; conditional: bool, whether `rated` learns.
        most: ratings of the user with most.
    """
    n_levels, size = shared.shape
    n_codes = codes.shape[1]
    inputs = np.empty((most, size), shared.dtype)
    hidden = np.empty((most, size), shared.dtype)
    back = np.empty((most, size), shared.dtype)
    chances = np.empty((most, n_levels), shared.dtype)
    at_shared = np.empty((n_levels, size), shared.dtype)
    total, back_total = np.empty(size, shared.dtype), np.empty(size, shared.dtype)
    slopes = np.empty(n_codes, shared.dtype)
    loss = 0.0
    for user in order:
        first = offsets[user]
        n = offsets[user + 1] - first
        if n < 2:
            continue
        scale = shared.dtype.type(n**-power)
        total[:] = 0
        back_total[:] = 0
        at_shared[:] = 0
        for j in range(n):
            set_input(inputs[j], items[first + j], levels[first + j], shared, own, rated, codes)
            for t in range(size):
                total[t] += inputs[j, t]
        for j in range(n):
            item, level = items[first + j], levels[first + j]
            mine, chance, ahead = hidden[j], chances[j], back[j]
            for t in range(size):
                mine[t] = hidden_bias[t] + scale * (total[t] - inputs[j, t])
            squash_signed(mine)
            for k in range(n_levels):
                chance[k] = item_bias[item, k] + dot(shared[k], mine)
            for c in range(n_codes):
                product = dot(own[item, c], mine)
                for k in range(n_levels):
                    chance[k] += codes[k, c] * product
            normalise(chance)
            loss -= math.log(max(chance[level], 1e-30))
            chance[level] -= 1  # from here on the gradient at the scores
            ahead[:] = 0
            for k in range(n_levels):
                for t in range(size):
                    ahead[t] += chance[k] * shared[k, t]
                    at_shared[k, t] += chance[k] * mine[t]
            for c in range(n_codes):
                slope = dot(chance, codes[:, c].copy())
                for t in range(size):
                    ahead[t] += slope * own[item, c, t]
            for t in range(size):
                ahead[t] *= 1 - mine[t] * mine[t]
                back_total[t] += ahead[t]
        for j in range(n):
            item, level = items[first + j], levels[first + j]
            mine, chance, behind = hidden[j], chances[j], back[j]
            for k in range(n_levels):
                item_bias[item, k] -= bias_rate * chance[k]
            for t in range(size):
                # What this rating does to the others, through what the hidden units see.
                behind[t] = scale * (back_total[t] - behind[t])
                at_shared[level, t] += behind[t]
            for c in range(n_codes):
                slopes[c] = dot(chance, codes[:, c].copy())
            for c in range(n_codes):
                code = codes[level, c]
                pull = decay[item] * shared.dtype.type((c + 1) * (c + 1))
                for t in range(size):
                    change = slopes[c] * mine[t] + code * behind[t]
                    own[item, c, t] -= rate * (change + pull * own[item, c, t])
            if conditional:
                for t in range(size):
                    rated[item, t] -= rate * (behind[t] + decay[item] * rated[item, t])
        for k in range(n_levels):
            for t in range(size):
                shared[k, t] -= shared_rate * at_shared[k, t]
        for t in range(size):
            hidden_bias[t] -= shared_rate * back_total[t]
    return loss
