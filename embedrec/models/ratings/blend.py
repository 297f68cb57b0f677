"""Several models' predictions, weighted by how well they predict ratings held out of training."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.models.ratings.bias import BiasModel
from embedrec.models.ratings.click import ClickRBM
from embedrec.models.ratings.item import ItemRBM
from embedrec.models.ratings.model import OnEpoch, RatingModel
from embedrec.models.ratings.real import RealRatingRBM
from embedrec.models.ratings.softmax import RatingRBM
from embedrec.models.ratings.training import check_choice, check_numbers
from embedrec.nn.parameter import Array
from embedrec.progress import Progress, SilentProgress
from embedrec.ratings.table import Grouped, Ratings
from embedrec.seeding import make_generator

_BELIEF = 10.0  # held-out ratings' worth of belief in equal weights


class RatingBlend(RatingModel):
    """w_0 + sum_m w_m f_m of several models' predictions; lists by a `ClickRBM`.

    Weights are least squares on ratings held out of training, drawn towards equal weights; then
    all models learn from all ratings. Given a validation, weights are fitted on that, and models
    learn once.
    """

    def __init__(
        self,
        models: tuple[RatingModel, ...] | None = None,
        ranking: str = "clicks",
        held_out: float = 0.1,
        n_threads: int = 2,
        scale: tuple[float, ...] | None = None,
        seed: int = 0,
    ) -> None:
        """Take the arguments as they are.

        Args:
            models: what to blend; None for `BiasModel`, `RatingRBM`, `RealRatingRBM` and `ItemRBM`.
            ranking: what lists are sorted by: "clicks", a `ClickRBM` on what was rated, or
                "predicted", the predicted rating.
            held_out: share of ratings that weights are fitted on.
            n_threads: models that learn at the same time; the result does not depend on it.
            scale: levels of the ratings; None for those that occur.
            seed: of what is held out, and of the models if `models` is None.
        """
        self.models = models
        self.ranking = ranking
        self.held_out = held_out
        self.n_threads = n_threads
        self.scale = scale
        self.seed = seed

    def list_defaults(self) -> tuple[RatingModel, ...]:
        """Return new models that are blended if none are given."""
        seed, scale = self.seed, self.scale
        return (
            BiasModel(scale=scale),
            RatingRBM(seed=seed, scale=scale),
            RealRatingRBM(seed=seed, scale=scale),
            ItemRBM(seed=seed, scale=scale),
        )

    def fit(
        self,
        ratings: Ratings,
        validation: Ratings | None = None,
        *,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> RatingBlend:
        """Learn from ratings; see `RatingModel.fit`.

        A checkpoint is a folder with one for each model and part of the training. `on_epoch` hears
        of each model's epochs, from several threads if there are, and can end those of one.

        Raises:
            InputError: if there are no ratings, more than 100 levels, or clicks only.
            ParameterError, ResumeError, DivergenceError: as there.
        """
        self._check_arguments()
        self._begin(ratings, self.scale)
        scale = tuple(self._require_scale().tolist())
        part, rest = ratings, validation
        if validation is None or not len(validation):
            part, rest = self._hold_out(ratings)
        jobs: list[tuple[str, RatingModel, Ratings]] = []
        for number, model in enumerate(self._copy_models(scale)):
            jobs.append((f"part-{number}", model, part))
        n_models = len(jobs)
        if part is not ratings:
            for number, model in enumerate(self._copy_models(scale)):
                jobs.append((f"whole-{number}", model, ratings))
        if self.ranking == "clicks":
            jobs.append(("ranking", ClickRBM(seed=self.seed), ratings))
        held = validation if part is ratings else None
        with (progress or SilentProgress()).stage("blend", total=len(jobs), unit="models") as stage:
            self._fit_all(jobs, held, checkpoint, resume, on_epoch, stage.update)
        fitted = [model for _, model, _ in jobs]
        assert rest is not None
        self.weights_ = fit_weights(fitted[:n_models], part, rest)
        self.models_ = tuple(
            fitted[n_models : 2 * n_models] if part is not ratings else fitted[:n_models]
        )
        self.ranker_ = fitted[-1] if self.ranking == "clicks" else None
        return self

    def _fit_all(
        self,
        jobs: list[tuple[str, RatingModel, Ratings]],
        validation: Ratings | None,
        checkpoint: PathLike | None,
        resume: bool,
        on_epoch: OnEpoch | None,
        tell: Callable[[float], None],
    ) -> None:
        if checkpoint is not None:
            Path(checkpoint).mkdir(parents=True, exist_ok=True)

        def run(job: tuple[str, RatingModel, Ratings]) -> None:
            name, model, table = job
            place = None if checkpoint is None else Path(checkpoint) / name
            held = None if isinstance(model, ClickRBM) else validation
            model.fit(table, held, checkpoint=place, resume=resume, on_epoch=on_epoch)

        with ThreadPoolExecutor(int(self.n_threads)) as pool:
            for done, _ in enumerate(pool.map(run, jobs)):
                tell(done + 1)

    def _hold_out(self, ratings: Ratings) -> tuple[Ratings, Ratings]:
        """Return what models learn from and what weights are fitted on."""
        drawn = make_generator(self.seed, "held out").permutation(len(ratings))
        n_held = min(len(ratings) - 1, max(1, round(self.held_out * len(ratings))))
        if n_held < 1:  # a single rating: nothing to hold out, and equal weights are as good
            return ratings, ratings.select(np.empty(0, np.int64))
        return ratings.select(np.sort(drawn[n_held:])), ratings.select(np.sort(drawn[:n_held]))

    def _copy_models(self, scale: tuple[float, ...]) -> list[RatingModel]:
        """Return unfitted models like those to blend; what is held out may lack a level."""
        copies = []
        for model in self.list_defaults() if self.models is None else self.models:
            copy = type(model)(**model.get_params(deep=False))
            if "scale" in model.list_parameters() and model.get_params()["scale"] is None:
                copy.set_params(scale=scale)
            copies.append(copy)
        return copies

    def _score(self, histories: Grouped) -> Array:
        predicted = np.full((len(histories.offsets) - 1, self.n_items), self.weights_[0])
        for weight, model in zip(self.weights_[1:], self.models_, strict=True):
            predicted += weight * model.score_histories(histories)
        return self._clip(predicted)

    def _score_masked(self, histories: Grouped, mask: Grouped) -> Array:
        predicted = np.full((len(histories.offsets) - 1, self.n_items), self.weights_[0])
        for weight, model in zip(self.weights_[1:], self.models_, strict=True):
            predicted += weight * model._score_masked(histories, mask)
        return self._clip(predicted)

    def _rank(self, histories: Grouped) -> Array:
        if self.ranker_ is None:
            return self._score(histories)
        return self.ranker_.rank_histories(histories)

    def _explain(self, history: Grouped, item: int) -> Array:
        contributions = np.zeros(len(history.others))
        for weight, model in zip(self.weights_[1:], self.models_, strict=True):
            contributions += weight * model.explain_history(history.others, history.values, item)
        return contributions

    def item_vectors(self) -> Array:
        """Return all models' vectors side by side, each of length 1, float32 (n_items, D)."""
        self.check_fitted()
        parts = [m.item_vectors() for m in self.models_ if not isinstance(m, BiasModel)]
        parts = parts or [m.item_vectors() for m in self.models_]
        lengths = [np.linalg.norm(part, axis=1, keepdims=True) for part in parts]
        return np.concatenate(
            [
                part / np.maximum(n, np.float32(1e-12))
                for part, n in zip(parts, lengths, strict=True)
            ],
            axis=1,
        )

    def _check_arguments(self) -> None:
        check_choice(self, "ranking", ("clicks", "predicted"))
        check_numbers(self, {"n_threads": 1, "held_out": 0}, ("n_threads",))
        if not 0 < self.held_out < 1:
            raise ParameterError(
                f"held_out must be above 0 and below 1, not {self.held_out!r}", value=self.held_out
            )
        if self.models is not None and (
            not len(self.models) or not all(isinstance(m, RatingModel) for m in self.models)
        ):
            raise ParameterError("models must be one or more models of ratings", value=self.models)

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        arrays: dict[str, Array] = {"blend_weights": self.weights_}
        facts: dict[str, Any] = {"members": []}
        members = [*self.models_, *([] if self.ranker_ is None else [self.ranker_])]
        for number, model in enumerate(members):
            inner, about = model.export_state()
            arrays.update({f"{number}.{name}": array for name, array in inner.items()})
            arguments = model.get_params(deep=False)
            del about["item_ids"]  # the same for all
            facts["members"].append(
                {"class": type(model).__name__, "arguments": arguments, "facts": about}
            )
        return arrays, facts

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        members = []
        for number, member in enumerate(facts["members"]):
            kind = self.kinds[member["class"]]
            if not issubclass(kind, RatingModel):
                raise ValueError(f"{kind.__name__} is no model of ratings")
            start = f"{number}."
            inner = {n[len(start) :]: a for n, a in arrays.items() if n.startswith(start)}
            model = kind(**_read_arguments(member["arguments"]))
            model.restore_state(inner, {**member["facts"], "item_ids": self.item_ids_})
            members.append(model)
        self.ranker_ = members.pop() if self.ranking == "clicks" else None
        self.models_ = tuple(members)
        self.weights_ = self._take(arrays, "blend_weights", (1 + len(members),))


class HybridRBM(RatingBlend):
    """The user-item hybrid: a user's and an item's RBM predict each rating together.

    Both have real-valued visible units (Georgiev and Nakov 2013, section 3.3); their predictions
    are added with weights fitted on ratings held out, those of biases included.
    """

    def list_defaults(self) -> tuple[RatingModel, ...]:
        """Return new models that are blended if none are given."""
        seed, scale = self.seed, self.scale
        return RealRatingRBM(seed=seed, scale=scale), ItemRBM(seed=seed, scale=scale)


def fit_weights(models: list[RatingModel], history: Ratings, held_out: Ratings) -> Array:
    """Return w_0 and the weight of each model, float64 (1 + M,), by ridge regression.

    What is regularised is how far weights are from equal ones.

    Args:
        models: fitted on `history`.
        history: what is known of the users.
        held_out: ratings that no model has seen.
    """
    equal = np.full(len(models), 1.0 / len(models))
    if not len(held_out):
        return np.concatenate([[0.0], equal])
    columns = [m.predict_pairs(history, held_out.users, held_out.items) for m in models]
    predicted = np.stack(columns, axis=1)  # (n, M)
    rest = held_out.values - predicted @ equal
    centred = predicted - predicted.mean(axis=0)
    gram = centred.T @ centred + _BELIEF * np.eye(len(models))
    weights = equal + np.linalg.solve(gram, centred.T @ (rest - rest.mean()))
    constant = float((held_out.values - predicted @ weights).mean())
    return np.concatenate([[constant], weights])


def _read_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    # JSON knows no tuples.
    return {n: tuple(v) if isinstance(v, list) else v for n, v in arguments.items()}
