"""The two ways a `RatingRBM` learns: epochs of leaving one out, and of contrastive divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedrec.kernels.ratings.softmax_contrast import contrast_users
from embedrec.kernels.ratings.softmax_leave import train_leaving_out
from embedrec.nn.optim import Momentum
from embedrec.nn.optimizer import Optimizer
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.schedule import make_schedule
from embedrec.ratings.table import Ratings
from embedrec.seeding import derive_seed, make_generator

if TYPE_CHECKING:
    from embedrec.models.ratings.softmax import RatingRBM

SHARED_SHARE = 0.1  # of the learning rate: every rating of every user moves what is shared


class LeaveOneOut:
    """Epochs of pseudo-likelihood: one step for each user, in random order."""

    optimizer: Optimizer | None = None

    def __init__(self, model: RatingRBM, ratings: Ratings, levels: Array) -> None:
        self.model = model
        self.groups = ratings.group_by_user()
        self.levels = levels[self.groups.rows]
        self.decay = share_decay(model.get_setting("weight_decay"), model.popularity_)
        self.most = int(np.diff(self.groups.offsets).max())

    def train_epoch(self, epoch: int) -> float:
        """Change the model's weights by one pass; return the mean loss of a rating."""
        model, weights, groups = self.model, self.model.weights_, self.groups
        factor = make_schedule(model.schedule).compute_factor(epoch, model.epochs)
        rate = np.float32(model.get_setting("learning_rate") * factor)
        order = make_generator(model.seed, "order", epoch).permutation(len(groups.offsets) - 1)
        loss = train_leaving_out(
            order, groups.offsets, groups.others, self.levels, weights["shared"], weights["own"],
            weights["rated"], weights["item_bias"], weights["hidden_bias"], model.codes_,
            self.decay, rate, np.float32(SHARED_SHARE) * rate, rate,
            model.get_setting("input_power"), bool(model.conditional), self.most,
        )  # fmt: skip
        return float(loss) / len(groups.others)


class Contrast:
    """Epochs of contrastive divergence over mini-batches of users, with momentum.

    The gradient of an item's weights is divided by its ratings in the batch (and a few more), as
    most items are rated by few users of a batch; what is shared, by the users of the batch.
    """

    def __init__(self, model: RatingRBM, ratings: Ratings, levels: Array) -> None:
        self.model = model
        self.groups = ratings.group_by_user()
        self.levels = levels[self.groups.rows]
        self.chains = self.levels.copy()
        self.parameters = {name: Parameter(value) for name, value in model.weights_.items()}
        self.decay = share_decay(model.get_setting("weight_decay"), model.popularity_)
        self.optimizer: Optimizer = Momentum(
            model.get_setting("learning_rate"), momentum=model.momentum
        )

    def train_epoch(self, epoch: int) -> float:
        """Change the model's weights by one pass; return the mean reconstruction loss."""
        model, groups = self.model, self.groups
        n_users = len(groups.offsets) - 1
        order = make_generator(model.seed, "order", epoch).permutation(n_users)
        place = min(epoch * len(model.cd_steps) // model.epochs, len(model.cd_steps) - 1)
        loss = 0.0
        for number, begin in enumerate(range(0, n_users, model.batch_size)):
            done = epoch + begin / n_users
            factor = make_schedule(model.schedule).compute_factor(done, model.epochs)
            state = np.uint64(derive_seed(model.seed, "chains", epoch, number))
            batch = order[begin : begin + model.batch_size]
            loss += self._train_batch(batch, int(model.cd_steps[place]), state, epoch > 0, factor)
        return loss / len(groups.others)

    def _train_batch(
        self, batch: Array, n_steps: int, state: np.uint64, started: bool, factor: float
    ) -> float:
        model, weights = self.model, self.model.weights_
        gradients = {name: np.zeros_like(value) for name, value in weights.items()}
        counts = np.zeros(len(model.item_ids_), np.float32)
        loss = contrast_users(
            batch, self.groups.offsets, self.groups.others, self.levels, weights["shared"],
            weights["own"], weights["rated"], weights["item_bias"], weights["hidden_bias"],
            model.codes_, model.get_setting("input_power"), n_steps, state, self.chains,
            bool(model.persistent) and started, gradients["shared"], gradients["own"],
            gradients["rated"], gradients["item_bias"], gradients["hidden_bias"], counts,
        )  # fmt: skip
        if not model.conditional:
            del gradients["rated"]
        scales = 1.0 / (counts + np.float32(5.0))
        pull = (self.decay * counts * scales).astype(np.float32)
        for name, gradient in gradients.items():
            if name in ("shared", "hidden_bias"):
                gradient *= np.float32(SHARED_SHARE / len(batch))
            else:
                wide = (slice(None),) + (None,) * (gradient.ndim - 1)
                gradient *= scales[wide]
                if name != "item_bias":
                    gradient += pull[wide] * weights[name]
            self.parameters[name].clear_gradient()
            self.parameters[name].add_gradient(gradient)
        self.optimizer.step([(name, self.parameters[name]) for name in gradients], factor)
        return float(loss)


def make_learning(model: RatingRBM, ratings: Ratings, levels: Array) -> LeaveOneOut | Contrast:
    """Return the way of learning that a model names."""
    kind = LeaveOneOut if model.learning == "leave-one-out" else Contrast
    return kind(model, ratings, levels)


def share_decay(weight_decay: float, counts: Array) -> Array:
    """Return the decay at each of an item's ratings that makes `weight_decay` in an epoch."""
    shares: Array = (weight_decay / np.maximum(counts, 1)).astype(np.float32)
    return shares
