from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from embedrec.errors import ParameterError, UnknownWordError
from embedrec.vectors.keyed import KeyedVectors

WORDS = [f"w{i}" for i in range(400)]


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    return np.random.default_rng(7).normal(size=(400, 24)).astype(np.float32)


@pytest.fixture
def vectors(matrix: np.ndarray) -> KeyedVectors:
    return KeyedVectors(WORDS, matrix)


@pytest.fixture(scope="module")
def gensim(matrix: np.ndarray) -> Any:
    module = pytest.importorskip("gensim.models.keyedvectors")
    other = module.KeyedVectors(24)
    other.add_vectors(WORDS, matrix)
    return other


def check_same(mine: list[tuple[str, float]], theirs: list[tuple[str, float]]) -> None:
    assert [word for word, _ in mine] == [word for word, _ in theirs]
    np.testing.assert_allclose([s for _, s in mine], [s for _, s in theirs], atol=1e-6)


@pytest.mark.parametrize(
    ("positive", "negative"),
    [
        ("w3", None),
        (["w3"], None),
        (["w3", "w9", "w11"], None),
        (["w3", "w9"], ["w20"]),
        (None, ["w20", "w21"]),
        ([("w3", 0.25), ("w9", 2.0), "w50"], [("w20", -0.5)]),
        ([("w3", 1.0)], [("w20", 0.7)]),  # a weight among the negative counts as it stands
        ([np.arange(24, dtype=np.float32), "w5"], None),
        (np.linspace(-1, 1, 24, dtype=np.float32), ["w8"]),
        ([(np.ones(24, np.float32), 3.0), "w5", "w5"], None),
    ],
)
def test_most_similar_is_gensims(
    vectors: KeyedVectors, gensim: Any, positive: Any, negative: Any
) -> None:
    for topn in (1, 10, 390):
        check_same(
            vectors.most_similar(positive, negative, topn=topn),
            gensim.most_similar(positive, negative, topn=topn),
        )
    check_same(
        vectors.most_similar(positive, negative, topn=10, restrict_vocab=60),
        gensim.most_similar(positive, negative, topn=10, restrict_vocab=60),
    )


def test_the_other_questions_are_gensims(vectors: KeyedVectors, gensim: Any) -> None:
    for first, second in [("w1", "w2"), ("w7", "w7"), ("w30", "w399")]:
        assert vectors.similarity(first, second) == pytest.approx(
            gensim.similarity(first, second), abs=1e-6
        )
        assert vectors.distance(first, second) == pytest.approx(
            gensim.distance(first, second), abs=1e-6
        )
        assert vectors.closer_than(first, second) == gensim.closer_than(first, second)
        assert vectors.rank(first, second) == gensim.rank(first, second)
    for group in (WORDS[:5], WORDS[10:13], WORDS[100:130]):
        assert vectors.doesnt_match(group) == gensim.doesnt_match(group)
        assert vectors.n_similarity(group, WORDS[50:54]) == pytest.approx(
            gensim.n_similarity(group, WORDS[50:54]), abs=1e-6
        )
    assert np.array_equal(vectors["w4"], gensim["w4"])
    assert np.array_equal(vectors[["w4", "w2"]], gensim[["w4", "w2"]])
    np.testing.assert_allclose(
        vectors.get_vector("w4", norm=True), gensim.get_vector("w4", norm=True), atol=1e-6
    )


def test_holds_words_and_ranks(vectors: KeyedVectors) -> None:
    assert len(vectors) == 400
    assert vectors.vector_size == 24
    assert "w3" in vectors
    assert "x" not in vectors
    assert vectors.key_to_index["w30"] == 30
    assert vectors.index_to_key[30] == "w30"
    with pytest.raises(ValueError, match="read-only"):
        vectors.vectors[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        vectors["w1"][0] = 1


def test_a_batch_answers_as_single_queries_do(vectors: KeyedVectors) -> None:
    queries: list[Any] = ["w5", ["w6", ("w7", 0.5)], np.ones(24), "w8", "w5"]
    options: dict[str, Any] = {"exclude": ["w9", "unheard"], "min_score": 0.1}
    assert vectors.most_similar_batch(queries, topn=7, **options) == [
        vectors.most_similar(query, topn=7, **options) for query in queries
    ]
    assert vectors.most_similar_batch([], topn=3) == []


def test_candidates_and_exclusions(vectors: KeyedVectors) -> None:
    everything = vectors.most_similar("w0", topn=400)
    assert len(everything) == 399
    best = [word for word, _ in everything]
    assert [w for w, _ in vectors.most_similar("w0", topn=5, exclude=best[:100])] == best[100:105]
    assert vectors.most_similar("w0", candidates=[*best[7:9], "w0", "?"]) == everything[7:9]
    assert vectors.most_similar("w0", candidates=best[:5], exclude=best[1:4]) == [
        everything[0],
        everything[4],
    ]
    few = vectors.most_similar("w0", topn=400, candidates=best, restrict_vocab=50)
    assert few == [pair for pair in everything if int(pair[0][1:]) < 50]
    assert vectors.most_similar("w0", candidates=[]) == []
    bar = everything[11][1]
    assert vectors.most_similar("w0", topn=50, min_score=bar) == everything[:12]
    assert vectors.most_similar("w0", topn=50, min_score=bar, candidates=best) == everything[:12]
    assert vectors.most_similar("w0", topn=0) == []


def test_equal_words_come_by_rank() -> None:
    rows = np.array([[1, 0], [3, 4], [1, 1], [6, 8], [3, 4], [0, 1]], np.float32)
    vectors = KeyedVectors(list("abcdef"), rows)
    assert [w for w, _ in vectors.most_similar("e", topn=2)] == ["b", "d"]
    assert [w for w, _ in vectors.most_similar("e", topn=2, candidates=["d", "b"])] == ["b", "d"]


def test_words_that_cancel_out_find_everything_equal() -> None:
    rows = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], np.float32)
    vectors = KeyedVectors(list("abcd"), rows)
    assert vectors.most_similar("a", "a") == [("b", 0.0), ("c", 0.0), ("d", 0.0)]
    assert vectors.similarity("a", "d") == 0.0
    assert vectors.most_similar("d", topn=1) == [("a", 0.0)]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"positive": None}, "nothing to look for"),
        ({"positive": []}, "nothing to look for"),
        ({"positive": "w1", "topn": -1}, "topn is -1"),
        ({"positive": "w1", "topn": 2.5}, "topn is 2.5"),
        ({"positive": "w1", "restrict_vocab": 0}, "restrict_vocab"),
        ({"positive": "w1", "min_score": float("nan")}, "min_score"),
        ({"positive": np.full(24, np.nan)}, "not finite"),
        ({"positive": np.ones(23)}, r"shape \(23,\)"),
        ({"positive": [("w1", float("inf"))]}, "weight"),
        ({"positive": 3}, "neither a word nor a vector"),
        ({"positive": [object()]}, "neither a word nor a vector"),
    ],
)
def test_impossible_questions_are_refused(
    vectors: KeyedVectors, arguments: dict[str, Any], part: str
) -> None:
    with pytest.raises(ParameterError, match=part):
        vectors.most_similar(**arguments)


def test_unknown_words_come_with_near_spellings() -> None:
    words = ["周杰伦", "方文山", "北京", "python"]
    vectors = KeyedVectors(words, np.eye(4, dtype=np.float32))
    for ask in (
        lambda: vectors["周杰仑"],
        lambda: vectors.most_similar("周杰仑"),
        lambda: vectors.similarity("北京", "周杰仑"),
        lambda: vectors.doesnt_match(["北京", "周杰仑"]),
        lambda: vectors.rank("周杰仑", "北京"),
    ):
        with pytest.raises(UnknownWordError) as caught:
            ask()
        assert caught.value.suggestions == ["周杰伦"]
        assert "did you mean 周杰伦?" in str(caught.value)


@pytest.mark.parametrize(
    ("words", "rows", "part"),
    [
        (["a", "b"], np.zeros((3, 2)), "2 words with 3 vectors"),
        (["a", "a"], np.zeros((2, 2)), "'a' comes more than once"),
        ([], np.zeros((0, 2)), "0 words"),
        (["a"], np.zeros((1, 0)), "shape"),
        (["a"], np.zeros(3), "shape"),
        (["a", ""], np.zeros((2, 2)), "not a word"),
        (["a", 3], np.zeros((2, 2)), "3 is not a word"),
        (["a"], np.array([[np.inf]]), "not finite"),
        (["a"], np.array([["x"]]), "not an array of real numbers"),
    ],
)
def test_words_and_vectors_must_fit(words: list[Any], rows: np.ndarray, part: str) -> None:
    with pytest.raises(ParameterError, match=part):
        KeyedVectors(words, rows)


def test_empty_groups_are_refused(vectors: KeyedVectors) -> None:
    with pytest.raises(ParameterError, match="at least one word"):
        vectors.n_similarity([], ["w1"])
    with pytest.raises(ParameterError, match="at least one word"):
        vectors.doesnt_match([])
    with pytest.raises(ParameterError, match="2 counts for 1 words"):
        KeyedVectors(["a"], np.ones((1, 1)), counts=[1, 2])


def test_asking_loads_neither_numba_nor_a_segmenter() -> None:
    program = (
        "import sys, numpy as np\n"
        "from embedrec.vectors.keyed import KeyedVectors\n"
        "import embedrec.vectors.formats, embedrec.vectors.evaluate\n"
        "KeyedVectors(['a', 'b'], np.eye(2)).most_similar('a')\n"
        "print(sorted({'numba', 'jieba', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
