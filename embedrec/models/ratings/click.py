"""An RBM of users with binary visible units, one for each item: clicked or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.files import PathLike
from embedrec.models.ratings.history import pick_groups
from embedrec.models.ratings.model import OnEpoch, RatingModel
from embedrec.models.ratings.score import measure_rank
from embedrec.models.ratings.training import EpochTraining, check_numbers, list_inputs
from embedrec.nn.optim import Adam
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.schedule import make_schedule
from embedrec.progress import Progress
from embedrec.ratings.table import Grouped, Ratings
from embedrec.seeding import make_generator


class ClickRBM(RatingModel):
    """An RBM with binary visible units for all items, hidden units being -1 or 1; for lists.

    Ratings are taken as clicks, whatever their values: lists of unseen items get better by who
    rated what than by predicted ratings. The score of an item is its chance sigmoid(b_i + W_i h)
    with h = tanh(c + n**-input_power sum_j W_j) over the user's n items; without any, those many
    clicked come first.

    Learns a generalised pseudo-likelihood (Besag 1975; Hyvarinen 2006, with blocks): the chance of
    all a user's clicks, and of not clicking on the rest, given a random part of the clicks. With
    `n_negatives`, items that nobody in a mini-batch clicked on are drawn, and count for all such.
    """

    def __init__(
        self,
        hidden_size: int = 50,
        epochs: int = 40,
        learning_rate: float = 0.003,
        schedule: Any = "constant",
        weight_decay: float = 0.03,
        hidden_share: float = 0.5,
        input_power: float = 0.5,
        batch_size: int = 64,
        n_negatives: int | None = None,
        patience: int = 5,
        seed: int = 0,
    ) -> None:
        """Take the arguments as they are.

        Args:
            hidden_size: hidden units.
            epochs: passes over all users at most.
            learning_rate: of Adam.
            schedule: a name or object of `embedrec.nn.schedule`.
            weight_decay: of weights, beside the mean gradient of a user.
            hidden_share: each time a part of a user's clicks is left out of what hidden units see:
                a random share from 0 to this.
            input_power: what hidden units see of n clicks is divided by n**input_power.
            batch_size: users in a mini-batch.
            n_negatives: items drawn for a mini-batch beside those clicked on in it; None for all.
            patience: epochs without a better validation before the end.
            seed: of everything random.
        """
        self.hidden_size = hidden_size
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.hidden_share = hidden_share
        self.input_power = input_power
        self.batch_size = batch_size
        self.n_negatives = n_negatives
        self.patience = patience
        self.seed = seed

    def fit(
        self,
        ratings: Ratings,
        validation: Ratings | None = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> ClickRBM:
        """Learn from clicks; see `RatingModel.fit`. `validation` is scored by `measure_rank`.

        Raises:
            InputError: if there are no clicks.
            ParameterError, ResumeError, DivergenceError: as there.
        """
        self._check_arguments()
        # Of a scale only that there is something to learn from.
        self._begin(ratings, (1.0,))
        self.scale_ = None
        self._groups = ratings.group_by_user()
        users = np.flatnonzero(np.diff(self._groups.offsets))
        n_users = len(users)
        share = np.clip(self.popularity_ / n_users, 0.25 / n_users, 1 - 0.25 / n_users)
        generator = make_generator(self.seed, "start")
        shape = (ratings.n_items, self.hidden_size)
        self.weights_ = {
            "weights": generator.normal(0.0, 0.05, shape).astype(np.float32),
            "bias": np.log(share / (1 - share)).astype(np.float32),
            "hidden_bias": np.zeros(self.hidden_size, np.float32),
        }
        optimizer = Adam(self.learning_rate)
        parameters = {name: Parameter(array) for name, array in self.weights_.items()}
        training = EpochTraining(
            self.weights_,
            lambda epoch: self._train_epoch(epoch, users, parameters, optimizer),
            None if validation is None else lambda: measure_rank(self, ratings, validation),
            len(ratings),
            self.epochs,
            self.patience,
            {"class": type(self).__name__, **{n: repr(v) for n, v in self.get_params().items()}},
            list_inputs(ratings, validation),
            optimizer,
        )
        try:
            self.history_ = training.run(checkpoint, resume, progress, on_epoch)
        finally:
            del self._groups
        return self

    def _train_epoch(
        self, epoch: int, users: Array, parameters: dict[str, Parameter], optimizer: Adam
    ) -> float:
        generator = make_generator(self.seed, "epoch", epoch)
        order = generator.permutation(users)
        loss = 0.0
        for begin in range(0, len(order), self.batch_size):
            batch = pick_groups(self._groups, order[begin : begin + self.batch_size])
            done = epoch + begin / len(order)
            factor = make_schedule(self.schedule).compute_factor(done, self.epochs)
            loss += self._add_gradients(batch, parameters, generator)
            optimizer.step(list(parameters.items()), factor)
        return loss / len(users)

    def _add_gradients(
        self, batch: Grouped, parameters: dict[str, Parameter], generator: np.random.Generator
    ) -> float:
        """Set the gradients of a mini-batch's mean loss; return its sum over users."""
        weights, bias, hidden_bias = (parameters[name].value for name in self.weights_)
        columns, weight = self._choose_columns(batch.others, generator)
        n_users = len(batch.offsets) - 1
        owners = np.repeat(np.arange(n_users), np.diff(batch.offsets))
        clicked = np.zeros((n_users, len(columns)), np.float32)
        places = np.searchsorted(columns, batch.others)
        clicked[owners, places] = 1
        left_out = self.hidden_share * generator.random(n_users)
        seen = np.zeros_like(clicked)
        seen[owners, places] = generator.random(len(owners)) >= left_out[owners]
        seen /= np.maximum(seen.sum(axis=1, keepdims=True), 1) ** np.float32(self.input_power)
        own = weights[columns]
        hidden = np.tanh(seen @ own + hidden_bias)  # (B, H)
        scores = hidden @ own.T + bias[columns]  # (B, C)
        chances = _sigmoid(scores)
        # Of a click that seems certain float32 holds no rest: such count as all but certain.
        losses = -np.log(np.maximum(1 - chances, np.float32(1e-7)))  # log(1 + exp(score))
        loss = float((losses @ weight).sum()) - float(scores[owners, places].sum())
        ahead = (chances - clicked) * (weight / np.float32(n_users))
        behind = (ahead @ own) * (1 - hidden * hidden)
        at_weights = np.float32(self.weight_decay) * weights
        at_weights[columns] += ahead.T @ hidden + seen.T @ behind
        at_bias = np.zeros_like(bias)
        at_bias[columns] = ahead.sum(axis=0)
        gradients = (at_weights, at_bias, behind.sum(axis=0))
        for parameter, gradient in zip(parameters.values(), gradients, strict=True):
            parameter.clear_gradient()
            parameter.add_gradient(gradient)
        return loss

    def _choose_columns(self, items: Array, generator: np.random.Generator) -> tuple[Array, Array]:
        """Return the items that a mini-batch looks at, ascending, and what each counts, (C,)."""
        n_items = len(self.item_ids_)
        if self.n_negatives is None:
            return np.arange(n_items), np.ones(n_items, np.float32)
        clicked = np.unique(items)
        rest = np.setdiff1d(np.arange(n_items), clicked, assume_unique=True)
        drawn = generator.choice(rest, min(self.n_negatives, len(rest)), replace=False)
        columns = np.concatenate([clicked, drawn])
        weight = np.ones(len(columns), np.float32)
        weight[len(clicked) :] = len(rest) / max(len(drawn), 1)
        order = np.argsort(columns)
        return columns[order], weight[order]

    def encode_histories(self, histories: Grouped) -> Array:
        """Return the hidden units' means given histories, float32 (G, hidden_size), -1 to 1."""
        weights = self.weights_["weights"]
        lengths = np.diff(histories.offsets)
        total = np.zeros((len(lengths), self.hidden_size), np.float32)
        for g in range(len(lengths)):
            mine = histories.others[histories.offsets[g] : histories.offsets[g + 1]]
            total[g] = weights[mine].sum(axis=0)
        total *= (np.maximum(lengths, 1) ** -float(self.input_power)).astype(np.float32)[:, None]
        hidden: Array = np.tanh(total + self.weights_["hidden_bias"])
        return hidden

    def _score(self, histories: Grouped) -> Array:
        hidden = self.encode_histories(histories)
        scores = hidden @ self.weights_["weights"].T + self.weights_["bias"]
        return _sigmoid(scores.astype(np.float64))

    def _score_item(self, histories: Grouped, item: int) -> Array:
        scores = self.encode_histories(histories) @ self.weights_["weights"][item]
        return _sigmoid(scores.astype(np.float64) + self.weights_["bias"][item])

    def item_vectors(self) -> Array:
        """Return items' weights, float32 (n_items, hidden_size)."""
        self.check_fitted()
        return self.weights_["weights"].copy()

    def _check_arguments(self) -> None:
        least = {
            "hidden_size": 1, "epochs": 1, "learning_rate": 0, "weight_decay": 0,
            "hidden_share": 0, "input_power": 0, "batch_size": 1, "patience": 1,
        }  # fmt: skip
        whole: tuple[str, ...] = ("hidden_size", "epochs", "batch_size", "patience")
        if self.n_negatives is not None:
            least["n_negatives"], whole = 1, (*whole, "n_negatives")
        check_numbers(self, least, whole)
        make_schedule(self.schedule)

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        return dict(self.weights_), {}

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        shapes = {
            "weights": (self.n_items, self.hidden_size),
            "bias": (self.n_items,),
            "hidden_bias": (self.hidden_size,),
        }
        self.weights_ = {name: self._take(arrays, name, shape) for name, shape in shapes.items()}


def _sigmoid(scores: Array) -> Array:
    # Through tanh nothing overflows.
    half = scores.dtype.type(0.5)
    chances: Array = half * np.tanh(half * scores) + half
    return chances
