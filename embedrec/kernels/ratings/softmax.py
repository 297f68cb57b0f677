"""RBMs over rated items with softmax visible units: what the hidden units see, and predictions.

Weights of item i at level k are  W[i, k] = shared[k] + sum_c codes[k, c] own[i, c],  and
rated[i] says that i was rated at all. A user with n ratings has the hidden activations
tanh(bias + n**-power sum_j (W[i_j, k_j] + rated[i_j])), hidden units being -1 or 1.
"""

from __future__ import annotations

from numba import njit

from embedrec.kernels.compile import kernel
from embedrec.kernels.exponential import exp
from embedrec.kernels.recurrent.activation import squash_signed


@njit(nogil=True, error_model="numpy")
def set_input(row, item, level, shared, own, rated, codes):
    """Set `row` (H,) to what one rating adds to the hidden units: W[item, level] + rated[item]."""
    for t in range(len(row)):
        row[t] = shared[level, t] + rated[item, t]
    for c in range(codes.shape[1]):
        code = codes[level, c]
        for t in range(len(row)):
            row[t] += code * own[item, c, t]


@njit(nogil=True, error_model="numpy")
def normalise(row):
    """Replace scores by their softmax; return the logarithm of what they were divided by."""
    most = row[0]
    for k in range(1, len(row)):
        most = max(most, row[k])
    total = row[0] - row[0]
    for k in range(len(row)):
        row[k] = exp(row[k] - most)
        total += row[k]
    for k in range(len(row)):
        row[k] /= total
    return most


@kernel
def encode_users(offsets, items, levels, shared, own, rated, hidden_bias, codes, power, out):
    """Compute the hidden activations of users from their ratings.

    Args:
        offsets: int64 (G + 1,); items: int32 (N,); levels: int32 (N,).
        shared: floating (K, H); own: (I, C, H); rated: (I, H); hidden_bias: (H,); codes: (K, C).
        power: float.
        out: (G, H), set; all floating arrays are of one dtype.
    """
    row = hidden_bias.copy()
    for g in range(len(offsets) - 1):
        n = offsets[g + 1] - offsets[g]
        scale = out.dtype.type(max(n, 1) ** -power)
        for t in range(out.shape[1]):
            out[g, t] = 0
        for j in range(offsets[g], offsets[g + 1]):
            set_input(row, items[j], levels[j], shared, own, rated, codes)
            for t in range(out.shape[1]):
                out[g, t] += row[t]
        for t in range(out.shape[1]):
            out[g, t] = hidden_bias[t] + scale * out[g, t]
        squash_signed(out[g])


@kernel
def predict_levels(item_bias, at_shared, at_own, codes, scale, mode, out):
    """Compute the mean or the likeliest rating of all items for some users.

    Args:
        item_bias: floating (I, K).
        at_shared: (G, K), products of `shared` with each user's activations.
        at_own: (C, G, I), products of `own` with them.
        codes: (K, C); scale: float64 (K,), the ratings.
        mode: bool, the likeliest instead of the mean.
        out: float64 (G, I), set.
    """
    n_levels = len(scale)
    chances = item_bias[0].copy()
    for g in range(out.shape[0]):
        for i in range(out.shape[1]):
            for k in range(n_levels):
                chances[k] = item_bias[i, k] + at_shared[g, k]
                for c in range(codes.shape[1]):
                    chances[k] += codes[k, c] * at_own[c, g, i]
            normalise(chances)
            if mode:
                best = 0
                for k in range(1, n_levels):
                    if chances[k] > chances[best]:
                        best = k
                out[g, i] = scale[best]
            else:
                mean = 0.0
                for k in range(n_levels):
                    mean += chances[k] * scale[k]
                out[g, i] = mean
