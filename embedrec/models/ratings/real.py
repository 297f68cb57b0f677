"""RBMs with real-valued visible units, around biases: those of users, and what both kinds share.

Georgiev and Nakov, "A non-IID framework for collaborative filtering with restricted Boltzmann
machines" (ICML 2013), section 3: ratings as they are, without levels.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from embedrec.files import PathLike
from embedrec.models.ratings.bias import BiasModel
from embedrec.models.ratings.history import join_mask
from embedrec.models.ratings.model import OnEpoch, RatingModel
from embedrec.models.ratings.real_learning import RealLearning, encode_real
from embedrec.models.ratings.score import measure_error
from embedrec.models.ratings.training import EpochTraining, check_numbers, list_inputs
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import make_schedule
from embedrec.progress import Progress
from embedrec.ratings.table import Grouped, Ratings

Self = TypeVar("Self", bound="RealModel")


class RealModel(RatingModel):
    """Base of models with real-valued visible units: the bias baseline, and RBMs on the rest."""

    def __init__(
        self,
        hidden_size: int = 50,
        conditional: bool = True,
        epochs: int = 20,
        learning_rate: float = 0.01,
        schedule: Any = "exponential",
        weight_decay: float = 30.0,
        input_power: float = 0.5,
        patience: int = 3,
        scale: tuple[float, ...] | None = None,
        seed: int = 0,
    ) -> None:
        """Take the arguments as they are.

        Args:
            hidden_size: hidden units.
            conditional: whether hidden units hear who rated, apart from what.
            epochs: passes over all ratings at most.
            learning_rate: of weights; that of biases of hidden units is a tenth.
            schedule: a name or object of `embedrec.nn.schedule`.
            weight_decay: in ratings: of a visible unit's weights, shared out over its ratings.
            input_power: what hidden units see of n ratings is divided by n**input_power.
            patience: epochs without a better validation before the end.
            scale: levels of the ratings, for the limits of predictions; None for those that occur.
            seed: of everything random.
        """
        self.hidden_size = hidden_size
        self.conditional = conditional
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.input_power = input_power
        self.patience = patience
        self.scale = scale
        self.seed = seed

    def _make_learning(self, ratings: Ratings, rest: Array) -> RealLearning:
        raise NotImplementedError

    def _install(self, learning: RealLearning) -> None:
        raise NotImplementedError

    def fit(
        self: Self,
        ratings: Ratings,
        validation: Ratings | None = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Learn from ratings; see `RatingModel.fit`. `validation` is scored by its RMSE.

        Raises:
            InputError: if there are no ratings, more than 100 levels, or clicks only.
            ParameterError, ResumeError, DivergenceError: as there.
        """
        least = {
            "hidden_size": 1, "epochs": 1, "learning_rate": 0, "weight_decay": 0, "input_power": 0,
            "patience": 1,
        }  # fmt: skip
        check_numbers(self, least, ("hidden_size", "epochs", "patience"))
        make_schedule(self.schedule)
        self._begin(ratings, self.scale)
        self._require_scale()
        self.bias_ = BiasModel(scale=self.scale).fit(ratings)
        of_user = self.bias_.find_user_bias(ratings.group_by_user())
        rest = ratings.values - self.bias_.mean_ - of_user[ratings.users]
        learning = self._make_learning(ratings, rest - self.bias_.item_bias_[ratings.items])

        def evaluate() -> float:
            self._install(learning)
            assert validation is not None
            return measure_error(self, ratings, validation)

        training = EpochTraining(
            learning.weights,
            learning.train_epoch,
            None if validation is None else evaluate,
            len(ratings),
            self.epochs,
            self.patience,
            {"class": type(self).__name__, **{n: repr(v) for n, v in self.get_params().items()}},
            list_inputs(ratings, validation),
        )
        self.history_ = training.run(checkpoint, resume, progress, on_epoch)
        self._install(learning)
        return self

    def _subtract_bias(self, histories: Grouped) -> tuple[Array, Array]:
        """Return each user's bias, float64 (G,), and what is left of their ratings, (N,)."""
        of_user = self.bias_.find_user_bias(histories)
        owners = np.repeat(np.arange(len(of_user)), np.diff(histories.offsets))
        known = self.bias_.mean_ + of_user[owners] + self.bias_.item_bias_[histories.others]
        return of_user, histories.values - known

    def _add_bias(self, of_user: Array) -> Array:
        both: Array = self.bias_.mean_ + self.bias_.item_bias_ + of_user[:, None]  # (G, n_items)
        return both

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        bias = self.bias_
        facts = {"mean": bias.mean_, "bias_arguments": bias.get_params()}
        return {"item_mean_bias": bias.item_bias_}, facts

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        if self.scale_ is None:
            raise ValueError("it has no scale")
        self.bias_ = BiasModel(**facts["bias_arguments"])
        self.bias_.item_ids_, self.bias_.scale_ = self.item_ids_, self.scale_
        self.bias_.popularity_, self.bias_.n_users_ = self.popularity_, 1
        self.bias_.mean_ = float(facts["mean"])
        self.bias_.item_bias_ = self._take(arrays, "item_mean_bias", (self.n_items,))


class RealRatingRBM(RealModel):
    """An RBM for each user over the items they rated, with real-valued visible units.

    Predicts the bias baseline and W_i h, where hidden units h = tanh(c + n**-input_power
    sum_j (v_j W_j + rated_j)) see what biases left of the ratings. Learns the pseudo-likelihood:
    each rating from the user's others.
    """

    def encode_histories(self, histories: Grouped) -> Array:
        """Return the hidden units' means given histories, float32 (G, hidden_size), -1 to 1."""
        rest = self._subtract_bias(histories)[1]
        return encode_real(histories, rest, self.weights_, self.input_power)

    def _score(self, histories: Grouped) -> Array:
        of_user, rest = self._subtract_bias(histories)
        hidden = encode_real(histories, rest, self.weights_, self.input_power)
        moved = hidden @ self.weights_["weights"].T + self.weights_["bias"]
        return self._clip(self._add_bias(of_user) + moved)

    def _score_masked(self, histories: Grouped, mask: Grouped) -> Array:
        if not self.conditional:
            return self._score(histories)
        of_user, rest = self._subtract_bias(histories)
        joined, unknown = join_mask(histories, mask)
        # Less the visible unit's bias nothing is left of the value: `rated` alone counts.
        values = self.weights_["bias"][joined.others].copy()
        values[~unknown] = rest
        hidden = encode_real(joined, values, self.weights_, self.input_power)
        moved = hidden @ self.weights_["weights"].T + self.weights_["bias"]
        return self._clip(self._add_bias(of_user) + moved)

    def _score_item(self, histories: Grouped, item: int) -> Array:
        of_user, rest = self._subtract_bias(histories)
        hidden = encode_real(histories, rest, self.weights_, self.input_power)
        moved = hidden @ self.weights_["weights"][item] + self.weights_["bias"][item]
        return self._clip(self.bias_.mean_ + self.bias_.item_bias_[item] + of_user + moved)

    def _make_learning(self, ratings: Ratings, rest: Array) -> RealLearning:
        groups = ratings.group_by_user()
        return RealLearning(self, groups, rest[groups.rows], ratings.n_items)

    def _install(self, learning: RealLearning) -> None:
        self.weights_ = learning.weights

    def item_vectors(self) -> Array:
        """Return items' weights, float32 (n_items, hidden_size)."""
        self.check_fitted()
        return self.weights_["weights"].copy()

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        arrays, facts = super()._export_learned()
        return {**arrays, **self.weights_}, facts

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        super()._restore_learned(arrays, facts)
        n_items, size = self.n_items, self.hidden_size
        shapes = {
            "weights": (n_items, size),
            "rated": (n_items, size),
            "bias": (n_items,),
            "hidden_bias": (size,),
        }
        self.weights_ = {name: self._take(arrays, name, shape) for name, shape in shapes.items()}
