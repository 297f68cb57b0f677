"""The scan behind the recommendations: blocks, batches and odd lengths change no answer."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.recommend import ranking
from embedrec.recommend.words import WordRecommender
from embedrec.vectors.keyed import KeyedVectors

SCORES = pytest.mark.parametrize("score", ranking.SCORES)


def make_vectors(scale: np.ndarray | float = 1.0, size: int = 3000) -> KeyedVectors:
    """Return vectors with a common direction; the last third repeats the first."""
    rows = np.random.default_rng(5).normal(size=(size, 16)) + 0.3
    rows[2 * size // 3 :] = rows[: size - 2 * size // 3]
    return KeyedVectors([f"w{i}" for i in range(size)], (rows * scale).astype(np.float32))


def ask(vectors: KeyedVectors, score: str) -> list[tuple[str, float]]:
    found = WordRecommender(vectors, score=score).recommend(["w3", ("w40", 2.0), "w500"], 25)
    return [(item.word, item.score) for item in found]


@SCORES
def test_blocks_and_batches_change_nothing(score: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = make_vectors()
    histories = [[f"w{i}", f"w{i + 7}"] for i in range(9)]
    whole = WordRecommender(vectors, score=score).recommend_batch(histories, 25)
    for name, value in (
        ("_BLOCK_VALUES", 1),
        ("_SCANNED_VALUES", 6001),
        ("_RESCORED_ROWS", 7),
        ("_NORM_ROWS", 11),
    ):
        monkeypatch.setattr(ranking, name, value)
    again = WordRecommender(vectors, score=score)
    assert again.recommend_batch(histories, 25) == whole
    assert [again.recommend(history, 25) for history in histories] == whole


@SCORES
def test_scan_finds_what_scoring_everything_finds(score: str) -> None:
    vectors = make_vectors()
    recommender = WordRecommender(vectors, score=score)
    # Few candidates are scored without the scan, all of them here in eighths of the vocabulary.
    parts = [
        recommender.recommend(["w3", ("w40", 2.0)], 25, candidates=vectors.index_to_key[i::8])
        for i in range(8)
    ]
    merged = sorted(
        (-item.score, vectors.key_to_index[item.word]) for part in parts for item in part
    )[:25]
    found = recommender.recommend(["w3", ("w40", 2.0)], 25)
    assert [(-item.score, vectors.key_to_index[item.word]) for item in found] == merged


@SCORES
def test_lengths_of_vectors_play_no_part(score: str) -> None:
    # Powers of two, far beyond what float32 products bear; w0 to w999 keep theirs.
    powers = np.random.default_rng(0).integers(-90, 90, 3000)
    powers[:1000] = 0
    powers[1000:1010] = -120
    scaled, plain = ask(make_vectors(2.0 ** powers[:, None]), score), ask(make_vectors(), score)
    assert dict(scaled) == pytest.approx(dict(plain), abs=1e-6)


@SCORES
def test_equal_vectors_tie_exactly_and_come_by_rank(score: str) -> None:
    found = dict(ask(make_vectors(), score))
    pairs = [(f"w{i}", f"w{i + 2000}") for i in range(1000)]
    both = [pair for pair in pairs if pair[0] in found and pair[1] in found]
    assert len(both) >= 5
    order = list(found)
    for first, second in both:
        assert found[first] == found[second]
        assert order.index(second) == order.index(first) + 1


@SCORES
def test_mapped_model_is_not_copied_and_gives_the_same(score: str, tmp_path: object) -> None:
    vectors = make_vectors()
    vectors.save(f"{tmp_path}/model")
    mapped = KeyedVectors.load(f"{tmp_path}/model")
    assert ask(mapped, score) == ask(vectors, score)
