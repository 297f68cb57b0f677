"""Phrases are found and joined as the twin and gensim do it, and make a corpus like any other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.corpus import phrases_search
from embedrec.corpus.phrases import (
    SCORINGS,
    PhraseParameters,
    Phrases,
    find_phrases,
    join_phrases,
)
from embedrec.corpus.phrases_scoring import compute_limits, score_pairs
from embedrec.corpus.phrases_search import PhraseSearch
from embedrec.corpus.shards import Corpus
from embedrec.errors import CorruptedError, ParameterError, ResumeError
from embedrec.progress import SilentProgress
from tests.corpus.making import digest
from tests.corpus.phrase_corpora import build_from, make_sentences
from tests.reference import phrases as twin

THRESHOLDS = {"default": 2.0, "npmi": 0.3}
CONNECTORS = ("w0", "w3")
glue = "_".join


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_from(tmp_path_factory.mktemp("source") / "c", make_sentences(1), min_count=3)


def as_dict(phrases: Any) -> dict[tuple[str, ...], tuple[int, float]]:
    return {phrase.words: (phrase.count, pytest.approx(phrase.score)) for phrase in phrases}


@pytest.mark.parametrize("scoring", SCORINGS)
@pytest.mark.parametrize("connectors", [(), CONNECTORS])
@pytest.mark.parametrize(("rounds", "lowest"), [(1, 1), (2, 1), (3, 4)])
def test_equals_the_twin(
    tmp_path: Path, scoring: str, connectors: tuple[str, ...], rounds: int, lowest: int
) -> None:
    for seed in range(4):
        source = build_from(tmp_path / f"{seed}", make_sentences(seed), min_count=lowest)
        how = {"min_count": 3, "threshold": THRESHOLDS[scoring], "scoring": scoring}
        sentences, rounds_found = twin.join_corpus(
            list(source.iter_sentences()),
            rounds=rounds,
            lowest=lowest,
            glue=glue,
            connectors=connectors,
            **how,
        )
        made = join_phrases(
            source, tmp_path / f"{seed}-joined", rounds=rounds, delimiter="_",
            connector_words=connectors, max_shard_tokens=200, **how,
        )  # fmt: skip
        found = Phrases.load(made.folder)
        for number, expected in enumerate(rounds_found, 1):
            assert as_dict(each for each in found if each.round == number) == expected
        assert sum(map(len, rounds_found)) == len(found) > 3
        assert list(made.iter_sentences()) == sentences
        counts = Counter(word for sentence in sentences for word in sentence)
        vocabulary = made.vocabulary
        assert dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True)) == counts
        joined = [found.join(sentence) for sentence in source.iter_sentences()]
        kept = [[word for word in sentence if word in counts] for sentence in joined]
        assert [sentence for sentence in kept if sentence] == sentences


@settings(max_examples=30)
@given(
    st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=10), min_size=1, max_size=15),
    st.sampled_from(["default", "npmi"]),
    st.integers(1, 4),
    st.floats(0.05, 1.0),
    st.sets(st.sampled_from("abcdef"), max_size=2),
)
def test_equals_gensim(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[str]], scoring: str,
    min_count: int, threshold: float, connectors: set[str],
) -> None:  # fmt: skip
    peer = pytest.importorskip("gensim.models.phrases")
    # The peer reaches over any number of connectors.
    run = "c" * (twin.MOST_CONNECTORS + 1)
    marks = ["".join("c" if word in connectors else " " for word in s) for s in sentences]
    sentences = [s for s, mark in zip(sentences, marks, strict=True) if run not in mark]
    sentences.append(["z"])
    n_tokens = sum(map(len, sentences))
    trained = peer.Phrases(
        sentences, min_count=min_count, threshold=1e-9 if scoring == "default" else threshold,
        scoring=scoring, connector_words=frozenset(connectors),
    )  # fmt: skip
    # Its default score has the size of its vocabulary where word2phrase has the number of tokens.
    scale = n_tokens / len(trained.vocab) if scoring == "default" else 1.0
    trained.threshold = threshold / scale
    expected = {name: value * scale for name, value in trained.export_phrases().items()}
    folder = tmp_path_factory.mktemp("peer")
    source = build_from(folder / "c", sentences)
    made = join_phrases(
        source, folder / "j", min_count=min_count, threshold=threshold, scoring=scoring,
        connector_words=connectors, delimiter="_",
    )  # fmt: skip
    found = {phrase.joined: phrase.score for phrase in Phrases.load(made.folder)}
    used = {word for sentence in made.iter_sentences() for word in sentence if "_" in word}
    assert used == set(found)
    assert found == pytest.approx({name: expected[name] for name in found})
    near = {name for name, value in expected.items() if abs(value - threshold) < 1e-9}
    if not near:
        assert list(made.iter_sentences()) == [trained[sentence] for sentence in sentences]


def test_a_larger_text_equals_gensim(tmp_path: Path) -> None:
    peer = pytest.importorskip("gensim.models.phrases")
    sentences = make_sentences(7, n=2000, n_words=400)
    source = build_from(tmp_path / "c", sentences)
    trained = peer.Phrases(sentences, min_count=5, threshold=0.25, scoring="npmi")
    made = join_phrases(
        source, tmp_path / "j", min_count=5, threshold=0.25, scoring="npmi", delimiter="_"
    )
    assert list(made.iter_sentences()) == [trained[sentence] for sentence in sentences]


@pytest.mark.parametrize("scoring", SCORINGS)
@given(
    counts=st.tuples(*[st.integers(1, 10_000)] * 2),
    share=st.floats(0, 1),
    min_count=st.integers(1, 20),
    threshold=st.floats(0.01, 1.0),
    more=st.integers(1, 100_000),
)
def test_limits_rule_out_no_phrase(
    scoring: str, counts: tuple[int, int], share: float, min_count: int, threshold: float, more: int
) -> None:
    parameters = PhraseParameters(min_count, threshold, scoring)
    pair, n = max(1, round(share * min(counts))), sum(counts) + more
    columns = (np.array([value]) for value in (pair, *counts))
    score = float(score_pairs(parameters, *columns, n)[0])
    limits = compute_limits(parameters, np.array(counts), n)
    if score > threshold and pair >= min_count:
        assert counts[0] <= limits[1]
        assert counts[1] <= limits[0]


def test_limits_do_rule_out() -> None:
    counts = np.array([600_000, 40, 3])
    limits = compute_limits(PhraseParameters(5), counts, 10_000_000)
    assert limits[1] < counts[0]
    assert limits[2] == -1


def test_little_memory_gives_the_same(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = PhraseParameters(2, 1.5)
    results, parts = [], []
    original = phrases_search.PairCounter.count

    def count(self: Any, *arguments: Any) -> Any:
        yield from original(self, *arguments)
        parts.append(self.n_parts)

    monkeypatch.setattr(phrases_search.PairCounter, "count", count)
    for max_places in (1 << 20, 1 << 10, 1 << 6):
        search = PhraseSearch(corpus, parameters, max_places)
        search.run_round(1, SilentProgress())
        results.append(list(Phrases(search.phrases)))
    assert results[0] == results[1] == results[2]
    assert parts[0] == 1
    assert parts[2] > 1


def test_a_joined_form_that_is_a_word_is_that_word(tmp_path: Path) -> None:
    sentences = [["北京", "大学"]] * 8 + [["北京大学"]] * 3 + [["w", str(i)] for i in range(90)]
    made = join_phrases(build_from(tmp_path / "c", sentences), tmp_path / "j", threshold=1)
    assert dict(zip(made.vocabulary.words, made.vocabulary.counts, strict=True))["北京大学"] == 11
    assert made.vocabulary.words.count("北京大学") == 1


def test_two_ways_to_one_joined_form_are_one_word(tmp_path: Path) -> None:
    sentences = [["中", "国人"]] * 8 + [["中国", "人"]] * 7 + [["w", str(i)] for i in range(90)]
    made = join_phrases(build_from(tmp_path / "c", sentences), tmp_path / "j", threshold=1)
    assert dict(zip(made.vocabulary.words, made.vocabulary.counts, strict=True))["中国人"] == 15
    assert [phrase.joined for phrase in Phrases.load(made.folder)] == ["中国人", "中国人"]


def test_words_of_a_phrase_without_a_place_stay(tmp_path: Path) -> None:
    # "b c" is found 6 times, but 4 of them stand after "a", which takes "b".
    sentences = [["a", "b", "c"]] * 4 + [["a", "b"]] * 9 + [["b", "c"]] * 2 + [["c"]] * 3
    sentences += [[f"v{i % 20}"] for i in range(400)]
    source = build_from(tmp_path / "c", sentences, min_count=5)
    made = join_phrases(source, tmp_path / "j", threshold=3, min_count=3)
    counts = dict(zip(made.vocabulary.words, made.vocabulary.counts.tolist(), strict=True))
    assert counts["a_b"] == 13
    assert counts["c"] == 9
    assert "b_c" not in counts


def test_the_corpus_own_limits_hold(corpus: Corpus, tmp_path: Path) -> None:
    source = build_from(tmp_path / "c", make_sentences(2), min_count=6, max_vocab=20)
    made = join_phrases(source, tmp_path / "j", threshold=1.5, min_count=3)
    assert len(made.vocabulary) <= 20
    assert made.vocabulary.counts.min() >= 6
    assert made.manifest.parameters["min_count"] == 6
    assert made.manifest.parameters["max_vocab"] == 20


def test_one_delimiter_for_all(tmp_path: Path) -> None:
    sentences = [["北京", "大学"], ["new", "york"]] * 8 + [["w", str(i)] for i in range(90)]
    source = build_from(tmp_path / "c", sentences)
    for delimiter, expected in ((None, {"北京大学", "new_york"}), ("+", {"北京+大学", "new+york"})):
        made = join_phrases(source, tmp_path / f"{delimiter}", threshold=1, delimiter=delimiter)
        assert expected <= set(made.vocabulary.words)


def test_the_manifest_tells_what_it_was_made_of(corpus: Corpus, tmp_path: Path) -> None:
    made = join_phrases(corpus, tmp_path / "j", threshold=2, connector_words=["w0"])
    assert list(made.manifest.inputs) == [str(corpus.folder)]
    assert made.text["phrases"]["connector_words"] == ["w0"]
    assert {**made.text, "phrases": None} == {**corpus.text, "phrases": None}
    assert made.manifest.facts["source_inputs"] == corpus.manifest.inputs
    assert made.manifest.facts["n_phrases"] == len(Phrases.load(made.folder)) > 0
    assert Corpus.open(made.folder, verify=True).n_tokens == made.n_tokens < corpus.n_tokens


def test_phrases_of_a_joined_corpus_are_kept_on(corpus: Corpus, tmp_path: Path) -> None:
    once = join_phrases(corpus, tmp_path / "once", threshold=2, min_count=3)
    twice = join_phrases(once, tmp_path / "twice", threshold=1.2, min_count=3)
    found = Phrases.load(twice.folder)
    assert {phrase.round for phrase in found} == {1, 2}
    assert twice.text["phrases"]["before"] == once.text["phrases"]
    assert twice.manifest.facts["source_inputs"] == corpus.manifest.inputs


def test_finding_writes_nothing_and_finds_the_same(corpus: Corpus, tmp_path: Path) -> None:
    before = digest(corpus.folder)
    found = find_phrases(corpus.folder, threshold=2, rounds=2)
    made = join_phrases(corpus, tmp_path / "j", threshold=2, rounds=2)
    assert list(found) == list(Phrases.load(made.folder))
    assert digest(corpus.folder) == before


def test_no_phrases_leave_the_words_and_are_told(corpus: Corpus, tmp_path: Path) -> None:
    progress = SilentProgress()
    made = join_phrases(corpus, tmp_path / "j", threshold=1e9, progress=progress)
    assert list(made.iter_sentences()) == list(corpus.iter_sentences())
    assert "give a lower threshold" in progress.notices[0]


def test_the_same_again_is_skipped_and_something_else_refused(
    corpus: Corpus, tmp_path: Path
) -> None:
    progress = SilentProgress()
    join_phrases(corpus, tmp_path / "a", threshold=2)
    before = digest(tmp_path / "a")
    join_phrases(corpus, tmp_path / "a", threshold=2, progress=progress)
    assert "there already" in progress.notices[0]
    with pytest.raises(ParameterError, match=r"text\.phrases\.threshold was 2\.0 and is now 3\.0"):
        join_phrases(corpus, tmp_path / "a", threshold=3)
    join_phrases(Corpus.open(corpus.folder), tmp_path / "b", threshold=2)
    assert digest(tmp_path / "a") == before == digest(tmp_path / "b")


class Stopping(SilentProgress):
    """Ends the work as Ctrl-C does when a stage begins."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.names: list[str] = []

    def stage(self, name: str, **options: Any) -> Any:
        self.names.append(name)
        if name == self.name:
            raise KeyboardInterrupt
        return super().stage(name, **options)


@pytest.mark.parametrize("at", ["phrases 1, sift", "phrases 2, count", "phrases 2, join", "write"])
def test_resumed_work_gives_the_same_bytes(corpus: Corpus, tmp_path: Path, at: str) -> None:
    how: dict[str, Any] = {"threshold": 1.5, "rounds": 2, "min_count": 3, "connector_words": ["w0"]}
    join_phrases(corpus, tmp_path / "whole", **how)
    with pytest.raises(KeyboardInterrupt):
        join_phrases(corpus, tmp_path / "j", **how, progress=Stopping(at))
    assert not (tmp_path / "j").exists()
    progress = Stopping("none")
    join_phrases(corpus, tmp_path / "j", **how, resume=True, progress=progress)
    assert ("phrases 1, sift" in progress.names) == (at == "phrases 1, sift")
    assert digest(tmp_path / "j") == digest(tmp_path / "whole")
    assert not (tmp_path / "j.partial").exists()


def test_work_left_by_a_kill_at_the_very_end_is_cleared(corpus: Corpus, tmp_path: Path) -> None:
    join_phrases(corpus, tmp_path / "j", threshold=2)
    for name, threshold, stays in (("same", 2, False), ("other", 3, True)):
        with pytest.raises(KeyboardInterrupt):
            join_phrases(corpus, tmp_path / name, threshold=threshold, progress=Stopping("write"))
        (tmp_path / f"{name}.partial").rename(tmp_path / "j.partial")
        join_phrases(corpus, tmp_path / "j", threshold=2)
        assert (tmp_path / "j.partial").exists() == stays


def test_unfinished_work_of_something_else_is_not_resumed(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        join_phrases(corpus, tmp_path / "j", threshold=2, progress=Stopping("write"))
    with pytest.raises(ResumeError, match=r"text\.phrases\.threshold was 2"):
        join_phrases(corpus, tmp_path / "j", threshold=3, resume=True)
    progress = SilentProgress()
    join_phrases(corpus, tmp_path / "j", threshold=3, progress=progress)
    assert "was removed; resume would continue it" in progress.notices[0]


def test_damaged_unfinished_work_is_told(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        join_phrases(corpus, tmp_path / "j", threshold=2, progress=Stopping("write"))
    path = tmp_path / "j.partial" / "phrases.tsv"
    path.write_text(path.read_text() + "1\t9.0\t5\tno such\tno_such\n")
    with pytest.raises(CorruptedError, match=r"not of .* start afresh without resume"):
        join_phrases(corpus, tmp_path / "j", threshold=2, resume=True)
