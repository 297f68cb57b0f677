from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.vectors.analogy import answer_analogies
from embedrec.vectors.evaluate import evaluate_analogies, evaluate_similarity
from embedrec.vectors.keyed import KeyedVectors
from tests.reference.topk import answer_analogy, compute_cosine

WORDS = [f"w{i}" for i in range(120)]


def make_vectors(seed: int = 0, size: int = 6) -> KeyedVectors:
    rows = np.random.default_rng(seed).normal(size=(120, size)).astype(np.float32)
    return KeyedVectors(WORDS, rows)


def make_questions(n: int = 300) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(5)
    return [tuple(rng.integers(0, 130, 4).tolist()) for _ in range(n)]


def write_questions(tmp_path: Path, questions: list[tuple[int, ...]]) -> Path:
    lines = [": first"]
    for number, question in enumerate(questions):
        if number == len(questions) // 3:
            lines.append(": second one")
        lines.append(" ".join(f"w{i}" for i in question))
    path = tmp_path / "questions.txt"
    path.write_text("\n".join([*lines, ": nothing known", "x y z q"]), encoding="utf-8")
    return path


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("limit", [120, 40])
def test_answers_are_the_slow_twins(
    method: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = make_vectors()
    questions = np.array([q[:3] for q in make_questions() if max(q[:3]) < limit])
    rows = vectors.vectors[:limit].tolist()
    expected = [answer_analogy(rows, a, b, c, method) for a, b, c in questions.tolist()]
    for stretch, n_questions in ((4096, 256), (7, 5)):
        monkeypatch.setattr("embedrec.vectors.analogy._STRETCH", stretch)
        monkeypatch.setattr("embedrec.vectors.analogy._N_QUESTIONS", n_questions)
        answers = answer_analogies(
            vectors.search, questions, limit, method=method, families=np.arange(limit)
        )
        assert answers.tolist() == expected


@pytest.mark.parametrize("restrict", [None, 50])
@pytest.mark.parametrize("case_insensitive", [True, False])
def test_analogies_agree_with_gensim(
    tmp_path: Path, restrict: int | None, case_insensitive: bool
) -> None:
    module = pytest.importorskip("gensim.models.keyedvectors")
    vectors = make_vectors(size=3)  # so few dimensions that some answers come out right
    path = write_questions(tmp_path, make_questions(3000))
    other = module.KeyedVectors(3)
    other.add_vectors(WORDS, vectors.vectors)
    accuracy, sections = other.evaluate_word_analogies(
        path, restrict_vocab=restrict, case_insensitive=case_insensitive
    )
    result = evaluate_analogies(
        vectors, path, restrict_vocab=restrict, case_insensitive=case_insensitive
    )
    assert result.correct > 3
    assert result.accuracy == pytest.approx(accuracy)
    for section in sections[:-1]:
        mine = result.sections[section["section"]]
        assert mine.correct == len(section["correct"])
        assert mine.known == len(section["correct"]) + len(section["incorrect"])


def test_counts_known_and_unknown_apart(tmp_path: Path) -> None:
    questions = make_questions()
    result = evaluate_analogies(make_vectors(), write_questions(tmp_path, questions))
    assert result.total == 301
    assert result.known == sum(max(q) < 120 for q in questions)
    empty = result.sections["nothing known"]
    assert (empty.correct, empty.known, empty.total, empty.accuracy) == (0, 0, 1, None)
    form = result.to_json()
    assert list(form) == ["accuracy", "correct", "known", "total", "sections"]
    assert form["sections"]["nothing known"] == {
        "accuracy": None, "correct": 0, "known": 0, "total": 1,
    }  # fmt: skip


def make_family() -> KeyedVectors:
    # A plane in which man:woman and king:queen are the same step; "Queen" is a second spelling.
    rows = {
        "man": [1, 0, 0], "woman": [1, 1, 0], "king": [1, 0, 1], "queen": [1, 1, 1],
        "KING": [1, 0.2, 1.1], "Paris": [-1, 0, 0], "far": [0, 0, -1],
    }  # fmt: skip
    return KeyedVectors(list(rows), np.array(list(rows.values()), np.float32))


def test_case_helps_only_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "q"
    path.write_text(": f\nman woman king queen\nMan Woman King Queen\nMAN woman paris king\n")
    loose = evaluate_analogies(make_family(), path)
    assert (loose.correct, loose.known, loose.total) == (2, 3, 3)
    strict = evaluate_analogies(make_family(), path, case_insensitive=False)
    assert (strict.correct, strict.known, strict.total) == (1, 1, 3)


def test_an_answer_in_another_case_is_right(tmp_path: Path) -> None:
    family = make_family()
    rows = np.vstack([family.vectors, [[0, -1, 0]]])
    vectors = KeyedVectors([*family.index_to_key, "QUEEN"], rows)
    path = tmp_path / "q"
    path.write_text("man woman king QUEEN\n")
    assert evaluate_analogies(vectors, path).correct == 1
    assert evaluate_analogies(vectors, path, case_insensitive=False).correct == 0


def test_words_of_the_question_are_no_answers_in_any_case() -> None:
    vectors = make_family()
    families = np.array([0, 1, 2, 3, 2, 5, 6])
    question = np.array([[0, 0, 2]])  # man to man as king to ...: KING lies nearest
    for given_families, answer in ((families, 3), (np.arange(7), 4)):
        found = answer_analogies(
            vectors.search, question, 7, method="3cosadd", families=given_families
        )
        assert found.tolist() == [answer]


def test_no_known_question_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "q"
    path.write_text("a b c d\n")
    result = evaluate_analogies(make_vectors(), path)
    assert (result.accuracy, result.known, result.total) == (None, 0, 1)
    path.write_text("a b 1\n")
    similarity = evaluate_similarity(make_vectors(), path)
    assert similarity.to_json() == {"spearman": None, "known": 0, "total": 1}


def write_pairs(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    path = tmp_path / "pairs.tsv"
    rows = [f"w{a}\tw{b}\t{(a * b) % 11}" for a, b in rng.integers(0, 140, (200, 2))]
    path.write_text("\n".join(["# a comment", *rows]))
    return path


@pytest.mark.parametrize("restrict", [None, 60])
def test_similarity_agrees_with_gensim(tmp_path: Path, restrict: int | None) -> None:
    module = pytest.importorskip("gensim.models.keyedvectors")
    vectors = make_vectors()
    other = module.KeyedVectors(6)
    other.add_vectors(WORDS, vectors.vectors)
    path = write_pairs(tmp_path)
    _, spearman, unknown = other.evaluate_word_pairs(path, restrict_vocab=restrict)
    result = evaluate_similarity(vectors, path, restrict_vocab=restrict)
    assert result.total == 200
    assert result.known == round(200 * (1 - unknown / 100))
    assert result.spearman == pytest.approx(spearman.statistic, abs=1e-9)


def test_similarity_is_spearmans_by_definition(tmp_path: Path) -> None:
    vectors = make_vectors()
    pairs = list(itertools.combinations(range(9), 2))
    gold = [(7 * i) % 36 for i in range(36)]
    path = tmp_path / "p"
    path.write_text("\n".join(f"w{a} w{b} {g}" for (a, b), g in zip(pairs, gold, strict=True)))
    rows = vectors.vectors.tolist()
    cosines = [compute_cosine(rows[a], rows[b]) for a, b in pairs]
    ranks = [sorted(cosines).index(c) for c in cosines]
    n = len(pairs)
    expected = 1 - 6 * sum((r - g) ** 2 for r, g in zip(ranks, gold, strict=True)) / (n**3 - n)
    assert evaluate_similarity(vectors, path).spearman == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "part"),
    [({"method": "3cosdiv"}, "3cosadd or 3cosmul"), ({"restrict_vocab": 0}, "restrict_vocab is 0")],
)
def test_options_are_checked(tmp_path: Path, options: dict[str, Any], part: str) -> None:
    path = tmp_path / "q"
    path.write_text("a b c d\n")
    with pytest.raises(ParameterError, match=part):
        evaluate_analogies(make_vectors(), path, **options)
