"""Slices hold whole sentences of the corpus, in order, with their own vocabulary."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.word2vec.slices import write_slice, write_text
from benchmarks.word2vec.zipf import count_words, write_zipf
from embedrec.corpus.shards import Corpus


def test_a_slice_of_everything_is_everything(corpus: Corpus, tmp_path: Path) -> None:
    whole = write_slice(corpus, tmp_path / "slice", 10**9, n_runs=7)
    assert list(whole.iter_sentences()) == list(corpus.iter_sentences())
    assert whole.vocabulary.words == corpus.vocabulary.words


@pytest.mark.parametrize("n_words", [100, 400, 900])
def test_a_slice_holds_sentences_of_the_corpus_in_order(
    corpus: Corpus, tmp_path: Path, n_words: int
) -> None:
    piece = write_slice(corpus, tmp_path / "slice", n_words, n_runs=5)
    # Each run may end with its last sentence half inside.
    assert abs(piece.n_tokens - n_words) <= 5 * 9
    rest = iter(corpus.iter_sentences())
    assert all(sentence in rest for sentence in piece.iter_sentences())


def test_its_vocabulary_counts_it(corpus: Corpus, tmp_path: Path) -> None:
    write_slice(corpus, tmp_path / "slice", 300)
    piece = Corpus.open(tmp_path / "slice", verify=True)
    counted = Counter(itertools.chain.from_iterable(piece.iter_sentences()))
    assert counted == dict(zip(piece.vocabulary.words, piece.vocabulary.counts, strict=True))


def test_the_text_has_the_same_words(corpus: Corpus, tmp_path: Path) -> None:
    lines = write_text(corpus, tmp_path / "text").read_text(encoding="utf-8").splitlines()
    assert [line.split() for line in lines] == list(corpus.iter_sentences())


def test_zipf_counts_fall_as_zipf_says() -> None:
    counts = count_words(1_000)
    assert np.all(np.diff(counts) <= 0)
    assert counts[-1] == 5
    assert counts[0] / counts[99] == pytest.approx((100 + 2.7) / (1 + 2.7), rel=0.01)


def test_zipf_text_is_as_long_as_asked_and_as_common_as_counted(tmp_path: Path) -> None:
    found = write_zipf(tmp_path / "zipf", 500, 20_013)
    ids, offsets = found.shard(0)
    assert len(ids) == offsets[-1] == 20_013
    assert (np.diff(offsets)[:-1] == 20).all()
    shares = found.vocabulary.counts / found.vocabulary.counts.sum()
    assert np.bincount(ids, minlength=500)[:5] / len(ids) == pytest.approx(shares[:5], rel=0.1)
