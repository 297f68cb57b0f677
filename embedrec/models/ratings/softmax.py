"""RBMs of users with softmax visible units: one for each rated item, K levels.

Salakhutdinov, Mnih and Hinton, "Restricted Boltzmann machines for collaborative filtering" (ICML
2007): every user is an RBM of its own over the items they rated; weights are shared by all users;
`rated` (D there, eq. 9) tells hidden units which items were rated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.kernels.ratings.softmax import encode_users, predict_levels
from embedrec.models.ratings.history import join_mask
from embedrec.models.ratings.levels import encode_levels
from embedrec.models.ratings.model import OnEpoch, RatingModel
from embedrec.models.ratings.score import measure_error
from embedrec.models.ratings.softmax_learning import make_learning
from embedrec.models.ratings.training import (
    EpochTraining,
    check_choice,
    check_numbers,
    list_inputs,
)
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import make_schedule
from embedrec.progress import Progress
from embedrec.ratings.table import Grouped, Ratings
from embedrec.seeding import make_generator

DEFAULTS = {
    "leave-one-out": {"learning_rate": 0.01, "weight_decay": 25.0, "input_power": 0.5},
    "cd": {"learning_rate": 0.003, "weight_decay": 150.0, "input_power": 0.0},
}


class RatingRBM(RatingModel):
    """An RBM for each user over the items they rated, with K levels at every visible unit.

    The weights of an item's levels are W[i, k] = shared[k] + sum_c codes[k, c] own[i, c]: what a
    level says whatever the item, and `rank` rows of the item's own, spread over levels by
    polynomials; a factorisation of low rank of the K rows an item would have (of full rank with
    rank = K - 1). Few ratings of an item are then enough. Hidden units are -1 or 1, which differs
    from 0 or 1 by biases alone.

    Learning "leave-one-out" climbs the pseudo-likelihood, the chance of each rating given the
    user's others, with hidden units at their means; what hidden units see is divided by
    n**input_power, as evidence of many ratings is not independent. "cd" is contrastive divergence
    with Gibbs sampling of `cd_steps` steps in turn over training, with momentum; `persistent`
    goes on with the chains of the epoch before (Tieleman 2008).
    """

    def __init__(
        self,
        hidden_size: int = 100,
        rank: int = 1,
        learning: str = "leave-one-out",
        conditional: bool = True,
        prediction: str = "mean",
        epochs: int = 20,
        learning_rate: float | None = None,
        schedule: Any = "exponential",
        weight_decay: float | None = None,
        input_power: float | None = None,
        batch_size: int = 32,
        cd_steps: tuple[int, ...] = (1, 3, 5),
        momentum: float = 0.9,
        persistent: bool = False,
        patience: int = 3,
        scale: tuple[float, ...] | None = None,
        seed: int = 0,
    ) -> None:
        """Take the arguments as they are.

        Args:
            hidden_size: hidden units.
            rank: rows of weights of each item's own, up to K - 1.
            learning: "leave-one-out" or "cd".
            conditional: whether hidden units hear which items were rated.
            prediction: "mean" of the rating's distribution, or its "mode", the likeliest rating.
            epochs: passes over all users at most.
            learning_rate: of items' own weights; those shared have a tenth. None for 0.01, with
                "cd" 0.003.
            schedule: a name or object of `embedrec.nn.schedule`.
            weight_decay: in ratings: of an item's weights, shared out over its ratings, so that
                those of items with few ratings stay small; times c**2 for the polynomial of
                degree c. None for 25, with "cd" 150.
            input_power: see above; with "cd" weights count n**-input_power in both directions.
                None for 0.5, with "cd" 0.
            batch_size: users in a mini-batch of "cd".
            cd_steps: steps of Gibbs sampling, in turn over equal parts of training.
            momentum: of "cd".
            persistent: whether the chains of "cd" go on.
            patience: epochs without a better validation before the end.
            scale: levels of the ratings; None for those that occur.
            seed: of everything random.
        """
        self.hidden_size = hidden_size
        self.rank = rank
        self.learning = learning
        self.conditional = conditional
        self.prediction = prediction
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.input_power = input_power
        self.batch_size = batch_size
        self.cd_steps = cd_steps
        self.momentum = momentum
        self.persistent = persistent
        self.patience = patience
        self.scale = scale
        self.seed = seed

    def get_setting(self, name: str) -> float:
        """Return `learning_rate`, `weight_decay` or `input_power`, or what None stands for."""
        value = getattr(self, name)
        return float(DEFAULTS[self.learning][name] if value is None else value)

    def fit(
        self,
        ratings: Ratings,
        validation: Ratings | None = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> RatingRBM:
        """Learn from ratings; see `RatingModel.fit`. `validation` is scored by its RMSE.

        Raises:
            InputError: if there are no ratings, more than 100 levels, or clicks only.
            ParameterError, ResumeError, DivergenceError: as there.
        """
        self._check_arguments()
        self._begin(ratings, self.scale)
        scale = self._require_scale()
        levels = encode_levels(ratings.values, scale)
        self._start(ratings.items, levels)
        learning = make_learning(self, ratings, levels)
        training = EpochTraining(
            self.weights_,
            learning.train_epoch,
            None if validation is None else lambda: measure_error(self, ratings, validation),
            len(ratings),
            self.epochs,
            self.patience,
            {"class": type(self).__name__, **{n: repr(v) for n, v in self.get_params().items()}},
            list_inputs(ratings, validation),
            learning.optimizer,
        )
        self.history_ = training.run(checkpoint, resume, progress, on_epoch)
        return self

    def encode_histories(self, histories: Grouped, mask: Grouped | None = None) -> Array:
        """Return the hidden units' means given histories, float32 (G, hidden_size), -1 to 1.

        Args:
            histories: G users' ratings.
            mask: items they are known to have rated besides; a conditional RBM hears of them.
        """
        assert self.scale_ is not None
        shared, codes, unknown = self.weights_["shared"], self.codes_, None
        if mask is not None and self.conditional:
            histories, unknown = join_mask(histories, mask)
        levels = np.full(len(histories.others), len(self.scale_), np.int32)
        known = slice(None) if unknown is None else ~unknown
        levels[known] = encode_levels(histories.values[known], self.scale_)
        if unknown is not None:  # one more level, that says nothing
            shared = np.concatenate([shared, np.zeros_like(shared[:1])])
            codes = np.concatenate([codes, np.zeros_like(codes[:1])])
        out = np.empty((len(histories.offsets) - 1, self.hidden_size), np.float32)
        encode_users(
            histories.offsets, histories.others, levels, shared, self.weights_["own"],
            self.weights_["rated"], self.weights_["hidden_bias"], codes,
            self.get_setting("input_power"), out,
        )  # fmt: skip
        return out

    def _score(self, histories: Grouped) -> Array:
        return self._score_some(histories, slice(None))

    def _score_masked(self, histories: Grouped, mask: Grouped) -> Array:
        return self._score_some(histories, slice(None), mask)

    def _score_item(self, histories: Grouped, item: int) -> Array:
        return self._score_some(histories, slice(item, item + 1))[:, 0]

    def _score_some(self, histories: Grouped, items: slice, mask: Grouped | None = None) -> Array:
        assert self.scale_ is not None
        hidden = self.encode_histories(histories, mask)
        if self.learning == "cd":  # weights count the same on the way down
            lengths = np.maximum(np.diff(histories.offsets), 1)
            hidden *= (lengths ** -self.get_setting("input_power")).astype(np.float32)[:, None]
        own, item_bias = self.weights_["own"][items], self.weights_["item_bias"][items]
        at_own = np.empty((own.shape[1], len(hidden), len(own)), np.float32)  # (C, G, n_items)
        for c in range(own.shape[1]):
            np.matmul(hidden, own[:, c].T, out=at_own[c])
        predicted = np.empty((len(hidden), len(own)))
        predict_levels(
            item_bias, hidden @ self.weights_["shared"].T, at_own, self.codes_,
            self.scale_, self.prediction == "mode", predicted,
        )  # fmt: skip
        return predicted

    def item_vectors(self) -> Array:
        """Return items' own weights, float32 (n_items, rank * hidden_size)."""
        self.check_fitted()
        own: Array = self.weights_["own"]
        return own.reshape(len(own), -1).copy()

    def _start(self, items: Array, levels: Array) -> None:
        """Set biases to logarithms of how often levels occur, and weights to small noise."""
        assert self.scale_ is not None
        n_levels, size = len(self.scale_), self.hidden_size
        n_items, n_codes = len(self.item_ids_), min(self.rank, n_levels - 1)
        counts = np.bincount(
            items.astype(np.int64) * n_levels + levels, minlength=n_items * n_levels
        )
        counts = counts.reshape(n_items, n_levels)
        overall = (counts.sum(axis=0) + 1.0) / (counts.sum() + n_levels)
        chances = (counts + 5.0 * overall) / (counts.sum(axis=1, keepdims=True) + 5.0)
        generator = make_generator(self.seed, "start")
        self.codes_ = make_codes(overall, self.scale_, n_codes).astype(np.float32)

        def draw(*shape: int) -> Array:
            return generator.normal(0.0, 0.05, shape).astype(np.float32)

        self.weights_ = {
            "shared": draw(n_levels, size),
            "own": draw(n_items, n_codes, size),
            "rated": np.zeros((n_items, size), np.float32),
            "item_bias": np.log(chances).astype(np.float32),
            "hidden_bias": np.zeros(size, np.float32),
        }

    def _check_arguments(self) -> None:
        least = {
            "hidden_size": 1, "rank": 1, "epochs": 1, "batch_size": 1, "momentum": 0, "patience": 1,
        }  # fmt: skip
        for name in DEFAULTS["cd"]:
            if getattr(self, name) is not None:
                least[name] = 0
        check_numbers(self, least, ("hidden_size", "rank", "epochs", "batch_size", "patience"))
        check_choice(self, "learning", tuple(DEFAULTS))
        check_choice(self, "prediction", ("mean", "mode"))
        make_schedule(self.schedule)
        steps = self.cd_steps
        if not isinstance(steps, (tuple, list)) or not steps or not all(
            isinstance(k, int) and k >= 1 for k in steps
        ):  # fmt: skip
            raise ParameterError(
                f"cd_steps must be whole numbers of 1 or more, not {steps!r}", value=steps
            )
        if not self.momentum < 1:
            raise ParameterError(f"momentum must be below 1, not {self.momentum!r}")

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        return {**self.weights_, "codes": self.codes_}, {}

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        if self.scale_ is None:
            raise ValueError("it has no scale")
        n_levels, size, n_items = len(self.scale_), self.hidden_size, self.n_items
        n_codes = min(self.rank, n_levels - 1)
        shapes = {
            "shared": (n_levels, size),
            "own": (n_items, n_codes, size),
            "rated": (n_items, size),
            "item_bias": (n_items, n_levels),
            "hidden_bias": (size,),
        }
        self.weights_ = {name: self._take(arrays, name, shape) for name, shape in shapes.items()}
        self.codes_ = self._take(arrays, "codes", (n_levels, n_codes))


def make_codes(chances: Array, scale: Array, n_codes: int) -> Array:
    """Return polynomials of the levels, float64 (K, C), of degree 1 to C.

    They are orthogonal to each other and to 1, and have mean square 1, by how often levels occur.

    Args:
        chances: float (K,), all above 0, sum 1.
        scale: float64 (K,), the levels.
        n_codes: C, at most K - 1.
    """
    spread = max(float(scale[-1] - scale[0]), 1e-12)
    x = 2.0 * (scale - scale[0]) / spread - 1.0
    columns = [np.ones(len(scale))]
    for _ in range(n_codes):
        # x times the last is of one degree more; twice, as the first pass leaves rounding.
        column = x * columns[-1]
        for _ in range(2):
            for other in columns:
                column = column - (chances * column * other).sum() * other
        columns.append(column / np.sqrt((chances * column * column).sum()))
    return np.stack(columns[1:], axis=1) if n_codes else np.empty((len(scale), 0))
