"""What every recommender of ratings must do, besides what all recommenders do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, EmbedrecError, InputError, ParameterError
from embedrec.models.ratings.model import RatingModel
from embedrec.nn.parameter import Array
from embedrec.ratings.table import Grouped, Ratings
from embedrec.recommend.rating_history import UnknownIdError
from embedrec.recommend.ratings import RatingRecommender
from tests.recommend.behaviour import EXCLUSIONS, QUICK, SIZE, WORDS, RecommenderBehaviour

USERS = [f"u{i}" for i in range(30)]
LEVELS = [1.0, 2.0, 3.0, 4.0, 5.0]
NAMES = st.sampled_from([*WORDS, "absent"])
RATED = st.tuples(NAMES, st.sampled_from(LEVELS))
CLICKED = st.tuples(NAMES, st.just(1.0))
NOBODY = "w39"  # rated by nobody


def make_ratings(clicks: bool = False, seed: int = 0) -> Ratings:
    """Return ratings of two groups of users, each with its own half of the items."""
    rng = np.random.default_rng(seed)
    matrix = np.zeros((len(USERS), SIZE))
    for user in range(len(USERS)):
        near = np.arange(SIZE) % 2 == user % 2
        rated = rng.random(SIZE) < np.where(near, 0.6, 0.2)
        values = np.clip(np.rint(np.where(near, 4, 2) + rng.normal(size=SIZE)), 1, 5)
        matrix[user] = np.where(rated, values, 0)
    matrix[:, [9, 17]] = matrix[:, [5]]
    matrix[:, 39] = 0
    users, items = np.nonzero(matrix)
    values = np.ones(len(users)) if clicks else matrix[users, items]
    return Ratings(users, items, values, tuple(USERS), tuple(WORDS), np.arange(len(users)))


class NeighbourModel(RatingModel):
    """Ratings move the neighbours of their items: enough to see through, ranked by something else.

    predicted(i) = mean(i) + sum over rated j of w(i, j) (r(j) - mean(j)), w a constant times the
    cosine of who rated i and j; rank(i) = predicted(i) + popularity(i) / 1000.
    """

    def __init__(self, weight: float = 0.05) -> None:
        self.weight = weight

    def fit(self, ratings: Ratings, validation: Any = None, **more: Any) -> NeighbourModel:
        """Learn means and cosines."""
        self._begin(ratings, None)
        rated = np.zeros((ratings.n_items, ratings.n_users))
        rated[ratings.items, ratings.users] = 1
        sums = np.bincount(ratings.items, ratings.values, ratings.n_items)
        self.means_ = sums / np.maximum(1, self.popularity_)
        if self.scale_ is None:
            self.means_ = self.popularity_ / len(USERS)
        norms = np.maximum(1, np.linalg.norm(rated, axis=1))
        self.near_ = self.weight * (rated / norms[:, None]) @ (rated / norms[:, None]).T
        return self

    def _score(self, histories: Grouped) -> Array:
        rest = histories.values - (0 if self.scale_ is None else self.means_[histories.others])
        scores = np.tile(self.means_, (len(histories.offsets) - 1, 1))
        for row in range(len(scores)):
            mine = slice(histories.offsets[row], histories.offsets[row + 1])
            for item, value in zip(histories.others[mine].tolist(), rest[mine].tolist(),
                                   strict=True):  # fmt: skip
                scores[row] += self.near_[item] * value
        return scores

    def _rank(self, histories: Grouped) -> Array:
        return self._score(histories) + self.popularity_ / 1000

    def item_vectors(self) -> Array:
        """Return the cosines with all items."""
        return self.near_.astype(np.float32)

    def _export_learned(self) -> tuple[dict[str, Array], dict[str, Any]]:
        return {"means": self.means_, "near": self.near_}, {}

    def _restore_learned(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        n = self.n_items
        self.means_ = self._take(arrays, "means", (n,))
        self.near_ = self._take(arrays, "near", (n, n))


class RatingRecommenderBehaviour(RecommenderBehaviour):
    """The suite; `make_model` gives the model under test, unfitted."""

    clicks: ClassVar[bool] = False
    alike_tie: ClassVar[bool] = False  # items rated alike have the same score
    explaining: ClassVar = {"explain": True}
    n_explained: ClassVar[int] = 2  # each takes many predictions
    histories: ClassVar[Any] = st.lists(RATED, min_size=1, max_size=8)
    unordered: ClassVar[Any] = st.lists(RATED, min_size=1, max_size=8, unique_by=lambda r: r[0])
    a_history: ClassVar = [("w1", 5.0), ("w2", 2.0), ("w30", 1.0)]
    wrong_histories: ClassVar = [
        [("w1", 2.5)], [("w1", 9)], [("w1", float("nan"))], [("w1", float("inf"))],
        [("w1", "good")], [("w1", True)], ["w1"], [None], [("w1",)], [("", 3)], 3.5, [b"w1"],
    ]  # fmt: skip
    _fitted: ClassVar[dict[type, RatingModel]] = {}

    def make_model(self) -> RatingModel:
        """Return the model under test, unfitted."""
        raise NotImplementedError

    def make(self, **more: Any) -> RatingRecommender:
        """Build the recommender under test; a class's model is fitted once."""
        ratings = make_ratings(self.clicks)
        fitted = self._fitted.get(type(self))
        if fitted is None:
            fitted = self._fitted[type(self)] = self.make_model().fit(ratings)
        recommender = RatingRecommender(fitted, **more)
        recommender.user_ids_ = ratings.user_ids
        recommender.histories_ = ratings.group_by_user()
        recommender._index()
        return recommender

    def list_reasons(self, history: list[tuple[str, float]]) -> set[str]:
        """Return the known items."""
        return {word for word, _ in history if word in WORDS}

    def test_a_user_is_their_history(self, recommender: RatingRecommender) -> None:
        ratings = make_ratings(self.clicks)
        mine = ratings.users == 4
        history = {
            WORDS[i]: float(v)
            for i, v in zip(ratings.items[mine], ratings.values[mine], strict=True)
        }
        found = recommender.recommend("u4", SIZE, explain=True)
        assert found == recommender.recommend(history, SIZE, explain=True)
        assert not set(found.items) & set(history)
        assert len(found) == SIZE - len(history)
        again = recommender.recommend("u4", SIZE, exclude_seen=False)
        assert set(again.items) == set(WORDS)
        assert [item.score for item in again if item.item not in history] == [
            item.score for item in found
        ]

    @given(data=st.data(), exclude=EXCLUSIONS)
    @QUICK
    def test_the_last_rating_of_an_item_counts(
        self, recommender: RatingRecommender, data: st.DataObject, exclude: list[str]
    ) -> None:
        history = data.draw(self.histories)
        found = recommender.recommend(history, 5, exclude)
        assert found == recommender.recommend(dict(history), 5, exclude)
        barred = set(exclude)
        again = recommender.recommend(history, SIZE, exclude, exclude_seen=False)
        assert set(again.items) == set(WORDS) - barred

    @given(data=st.data())
    @settings(QUICK, max_examples=8)
    def test_reasons_add_up_to_the_shift(
        self, recommender: RatingRecommender, data: st.DataObject
    ) -> None:
        history = data.draw(self.histories)
        for name in ("w3", "w12", NOBODY):
            why = recommender.explain(history, name)
            assert sum(share for _, share in why.because) == pytest.approx(
                why.predicted - why.base, abs=1e-6
            )
            assert [why.predicted] == recommender.predict(history, [name]).tolist()
            assert [why.base] == recommender.predict([], [name]).tolist()
        first = recommender.recommend(history, 1, explain=True)[0]
        assert first.because == recommender.explain(history, first.item).because
        if self.clicks:
            assert first.rating is None
        else:
            assert [first.rating] == recommender.predict(history, [first.item]).tolist()

    def test_without_a_history_the_most_rated_come(self, recommender: RatingRecommender) -> None:
        counts = np.bincount(make_ratings(self.clicks).items, minlength=SIZE)
        order = sorted(range(SIZE), key=lambda i: (-counts[i], i))
        expected = [(WORDS[i], float(counts[i])) for i in order]
        for who in ([], {}, [("absent", 1.0)], "nobody", 17):
            found = recommender.recommend(who, SIZE, explain=True)
            assert [(item.item, item.score) for item in found] == expected
            assert all(item.because == [] for item in found)
        assert recommender.recommend("nobody").unknown == ("nobody",)
        assert recommender.recommend([("absent", 1.0)], n=2, exclude=[WORDS[order[0]]]).items == [
            WORDS[order[1]], WORDS[order[2]],
        ]  # fmt: skip

    def test_unknown_ids_may_be_errors(self) -> None:
        strict = self.make(unknown="error")
        with pytest.raises(UnknownIdError, match="the user 'nobody'"):
            strict.recommend("nobody")
        with pytest.raises(UnknownIdError, match="the item 'absent'"):
            strict.recommend([("absent", 1.0)])
        with pytest.raises(UnknownIdError, match=r"the item 'w399' .* did you mean w39"):
            strict.predict("u1", ["w1", "w399"])
        known = strict.predict("u1", WORDS)
        assert self.make().predict("u1", ["absent"]) == pytest.approx(known.mean())
        for lenient in (self.make(), strict):
            with pytest.raises(UnknownIdError):
                lenient.similar_items("absent")
            with pytest.raises(UnknownIdError):
                lenient.explain("u1", "absent")

    def test_equal_scores_come_in_order(self, recommender: RatingRecommender) -> None:
        found = recommender.recommend([("w1", 1.0), ("w3", 1.0)], SIZE)
        scores = {item.item: item.score for item in found}
        if self.alike_tie:
            assert scores["w5"] == scores["w9"] == scores["w17"]
        equal: dict[float, list[int]] = {}
        for item in found:
            equal.setdefault(item.score, []).append(WORDS.index(item.item))
        assert all(numbers == sorted(numbers) for numbers in equal.values())

    def test_similar_items(self, recommender: RatingRecommender) -> None:
        found = recommender.similar_items("w9", SIZE)
        assert sorted(found.items) == sorted(set(WORDS) - {"w9", NOBODY})
        scores = [item.score for item in found]
        assert scores == sorted(scores, reverse=True)
        assert max(np.abs(scores)) <= 1 + 1e-9
        without = recommender.similar_items("w9", 2, exclude=["w5"])
        assert list(without) == [item for item in found if item.item != "w5"][:2]
        with pytest.raises(ParameterError, match="n is"):
            recommender.similar_items("w9", -1)

    def test_saved_and_loaded_it_answers_alike(self, tmp_path: Path) -> None:
        recommender = self.make(titles={"w1": "Ein Stück"})
        recommender.save(tmp_path / "m")
        loaded = RatingRecommender.load(tmp_path / "m")
        assert loaded.titles == {"w1": "Ein Stück"}
        for who in ("u3", self.a_history, []):
            assert loaded.recommend(who, 7, explain=True) == recommender.recommend(
                who, 7, explain=True
            )
        recommender.save(tmp_path / "m")  # replaces an older one
        recommender.model.save(tmp_path / "alone")
        alone = RatingRecommender.load(tmp_path / "alone")
        assert alone.recommend(self.a_history) == recommender.recommend(self.a_history)
        assert alone.recommend("u3").unknown == ("u3",)

    @pytest.mark.parametrize(
        "name",
        ["manifest.json", "names.json", "histories.safetensors", "model/manifest.json",
         "model/weights.safetensors"],
    )  # fmt: skip
    def test_a_file_cut_short_is_named(self, tmp_path: Path, name: str) -> None:
        self.make().save(tmp_path / "m")
        path = tmp_path / "m" / name
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(CorruptedError) as caught:
            RatingRecommender.load(tmp_path / "m")
        assert "\n" not in str(caught.value)
        path.unlink()
        with pytest.raises(EmbedrecError):
            RatingRecommender.load(tmp_path / "m")

    @pytest.mark.parametrize("name", ["names.json", "histories.safetensors"])
    def test_a_changed_byte_is_seen(self, tmp_path: Path, name: str) -> None:
        self.make().save(tmp_path / "m")
        path = tmp_path / "m" / name
        content = bytearray(path.read_bytes())
        place = len(content) - 3 if name.endswith("s") else content.index(b"u7") + 1
        content[place] ^= 1
        path.write_bytes(content)
        with pytest.raises(CorruptedError, match=rf"{name} is damaged"):
            RatingRecommender.load(tmp_path / "m")

    def test_what_is_no_recommender(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such folder"):
            RatingRecommender.load(tmp_path / "absent")
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "file").write_text("mine")
        with pytest.raises(ParameterError, match="something other"):
            self.make().save(tmp_path / "other")
        assert (tmp_path / "other" / "file").read_text() == "mine"


class ClickRecommenderBehaviour(RatingRecommenderBehaviour):
    """The same for clicks."""

    clicks: ClassVar[bool] = True
    histories: ClassVar[Any] = st.lists(CLICKED, min_size=1, max_size=8)
    unordered: ClassVar[Any] = histories
    a_history: ClassVar = [("w1", 1.0), ("w2", 1.0), ("w30", 1.0)]
    wrong_histories: ClassVar = [
        [("w1", 2)], [("w1", float("nan"))], [("w1", "x")], [None], [("w1", 1, 1)], [""],
    ]  # fmt: skip

    def test_items_alone_are_clicks(self, recommender: RatingRecommender) -> None:
        pairs = recommender.recommend(self.a_history)
        assert recommender.recommend([name for name, _ in self.a_history]) == pairs
        assert recommender.recommend({name: 1 for name, _ in self.a_history}) == pairs
