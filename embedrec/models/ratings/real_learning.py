"""How RBMs with real-valued visible units learn, whichever way round: by users or by items."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.kernels.ratings.real import encode_owners, train_leaving_out
from embedrec.models.ratings.softmax_learning import SHARED_SHARE, share_decay
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import make_schedule
from embedrec.ratings.table import Grouped
from embedrec.seeding import make_generator

_BIAS_SHARE = np.float32(0.5)  # of the learning rate: most of it has been learned before
_BIAS_DECAY = np.float32(0.05)


class RealLearning:
    """Epochs of pseudo-likelihood of RBMs with real-valued visible units.

    Attributes:
        weights: name to array: "weights" and "rated" (M, H), "bias" (M,), "hidden_bias" (H,), for M
            visible units; float32, changed in place.
    """

    def __init__(self, model: Any, groups: Grouped, values: Array, n_others: int) -> None:
        """Start with small noise.

        Args:
            model: has the arguments of training (see `RealRatingRBM`).
            groups: ratings by owner (each an RBM).
            values: float (N,), ratings less what biases predict, in the order of `groups`.
            n_others: M.
        """
        self.model, self.groups = model, groups
        self.values = np.ascontiguousarray(values, np.float32)
        counts = np.bincount(groups.others, minlength=n_others)
        self.decay = share_decay(model.weight_decay, counts)
        self.most = int(np.diff(groups.offsets).max())
        size = model.hidden_size
        generator = make_generator(model.seed, "start")
        self.weights = {
            "weights": generator.normal(0.0, 0.05, (n_others, size)).astype(np.float32),
            "rated": np.zeros((n_others, size), np.float32),
            "bias": np.zeros(n_others, np.float32),
            "hidden_bias": np.zeros(size, np.float32),
        }

    def train_epoch(self, epoch: int) -> float:
        """Change the weights by one pass; return the mean squared error."""
        model, weights, groups = self.model, self.weights, self.groups
        factor = make_schedule(model.schedule).compute_factor(epoch, model.epochs)
        rate = np.float32(model.learning_rate * factor)
        order = make_generator(model.seed, "order", epoch).permutation(len(groups.offsets) - 1)
        loss = train_leaving_out(
            order, groups.offsets, groups.others, self.values, weights["weights"],
            weights["rated"], weights["bias"], weights["hidden_bias"], self.decay, _BIAS_DECAY,
            rate, np.float32(SHARED_SHARE) * rate, _BIAS_SHARE * rate, float(model.input_power),
            bool(model.conditional), self.most,
        )  # fmt: skip
        return float(loss) / len(self.values)

    def encode(self) -> Array:
        """Return the hidden units' means of all owners, float32 (G, H)."""
        return encode_real(self.groups, self.values, self.weights, self.model.input_power)


def encode_real(
    groups: Grouped, values: Array, weights: dict[str, Array], input_power: float
) -> Array:
    """Return hidden units' means given some owners' values, float32 (G, H), -1 to 1."""
    out = np.empty((len(groups.offsets) - 1, len(weights["hidden_bias"])), np.float32)
    encode_owners(
        groups.offsets, groups.others, np.ascontiguousarray(values, np.float32),
        weights["weights"], weights["rated"], weights["bias"], weights["hidden_bias"],
        float(input_power), out,
    )  # fmt: skip
    return out
