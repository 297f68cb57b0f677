"""Contrastive divergence of softmax visible units: gradients of a mini-batch of users."""

from __future__ import annotations

import math

from embedrec.kernels.compile import kernel
from embedrec.kernels.random import STEP, mix, to_unit
from embedrec.kernels.ratings.dot import dot
from embedrec.kernels.ratings.softmax import normalise, set_input
from embedrec.kernels.recurrent.activation import squash_signed


@kernel
def contrast_users(
    batch, offsets, items, levels, shared, own, rated, item_bias, hidden_bias, codes, power,
    n_steps, state, chains, persistent, at_shared, at_own, at_rated, at_item_bias, at_hidden_bias,
    counts,
):  # fmt: skip
    """Add up the statistics of the data less those of Gibbs sampling (CD-k, PCD).

    Returns the sum over ratings of -log p(rating | hidden units at the data), a reconstruction
    error. Hidden units are drawn (-1 or 1) in each step, but counted at their mean.

    Args:
        batch: int64 (B,), users.
        offsets, items, levels, shared, own, rated, item_bias, hidden_bias, codes, power: as in
            `softmax_leave.train_leaving_out`; none is changed.
        n_steps: k, steps of Gibbs sampling.
        state: uint64, where the random numbers start.
        chains: int32 (N,), levels drawn last for every rating: set, and started from if
            `persistent`.
        at_shared, at_own, at_rated, at_item_bias, at_hidden_bias: float32 like the weights; the
            gradient (downhill is against it) is added.
        counts: float32 (I,), ratings of each item in the batch, added to.
    """
    n_levels, size = shared.shape
    up, model, drawn = hidden_bias.copy(), hidden_bias.copy(), hidden_bias.copy()
    row, chance = hidden_bias.copy(), item_bias[0].copy()
    one = shared.dtype.type(1)
    error = 0.0
    for user in batch:
        first = offsets[user]
        n = offsets[user + 1] - first
        if n < 1:
            continue
        scale = shared.dtype.type(n**-power)
        up[:] = 0
        model[:] = 0
        for j in range(first, first + n):
            set_input(row, items[j], levels[j], shared, own, rated, codes)
            for t in range(size):
                up[t] += row[t]
            if persistent:
                set_input(row, items[j], chains[j], shared, own, rated, codes)
                for t in range(size):
                    model[t] += row[t]
        for t in range(size):
            up[t] = hidden_bias[t] + scale * up[t]
            model[t] = hidden_bias[t] + scale * model[t]
        squash_signed(up)
        squash_signed(model)
        if not persistent:
            model[:] = up
        for step in range(n_steps):
            for t in range(size):
                drawn[t] = one if 2 * to_unit(mix(state)) - 1 < model[t] else -one
                state += STEP
                model[t] = 0
            for j in range(first, first + n):
                item = items[j]
                for k in range(n_levels):
                    chance[k] = item_bias[item, k] + scale * dot(shared[k], drawn)
                for c in range(codes.shape[1]):
                    product = scale * dot(own[item, c], drawn)
                    for k in range(n_levels):
                        chance[k] += codes[k, c] * product
                normalise(chance)
                point = to_unit(mix(state))
                state += STEP
                level = 0
                reached = chance[0]
                while reached <= point and level < n_levels - 1:
                    level += 1
                    reached += chance[level]
                chains[j] = level
                if step == 0:
                    error -= math.log(max(chance[levels[j]], 1e-30))
                set_input(row, item, level, shared, own, rated, codes)
                for t in range(size):
                    model[t] += row[t]
            for t in range(size):
                model[t] = hidden_bias[t] + scale * model[t]
            squash_signed(model)
        for j in range(first, first + n):
            item, level, other = items[j], levels[j], chains[j]
            counts[item] += 1
            at_item_bias[item, level] -= 1
            at_item_bias[item, other] += 1
            for t in range(size):
                at_shared[level, t] -= scale * up[t]
                at_shared[other, t] += scale * model[t]
                at_rated[item, t] += scale * (model[t] - up[t])
            for c in range(codes.shape[1]):
                data, fantasy = scale * codes[level, c], scale * codes[other, c]
                for t in range(size):
                    at_own[item, c, t] += fantasy * model[t] - data * up[t]
        for t in range(size):
            at_hidden_bias[t] += model[t] - up[t]
    return error
