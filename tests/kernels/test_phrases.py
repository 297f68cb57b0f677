"""Pairs are listed, counted and joined as dictionaries do it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.kernels import phrases as kernel
from tests.reference import phrases as twin

N_WORDS = 6
Sentences = list[list[int]]
sentences_of = st.lists(st.lists(st.integers(0, N_WORDS - 1), min_size=1, max_size=12), max_size=12)
connector_sets = st.sets(st.integers(0, N_WORDS - 1), max_size=3)


def pack(sentences: Sentences) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.cumsum([0, *map(len, sentences)]).astype(np.int64)
    return np.array([word for sentence in sentences for word in sentence], np.uint32), offsets


def make_codes(connectors: set[int]) -> tuple[np.ndarray, int]:
    codes = np.zeros(N_WORDS, np.uint8)
    codes[sorted(connectors)] = range(1, len(connectors) + 1)
    return codes, (len(connectors) + 1) ** twin.MOST_CONNECTORS


def encode(pair: tuple[int, ...], codes: np.ndarray, n_codes: int) -> int:
    middle = 0
    for word in pair[1:-1]:
        middle = middle * (int(codes.max()) + 1) + int(codes[word])
    return (pair[0] * n_codes + middle) * N_WORDS + pair[-1]


def list_pairs(sentences: Sentences, connectors: set[int]) -> np.ndarray:
    ids, offsets = pack(sentences)
    codes, n_codes = make_codes(connectors)
    pairs = np.empty(len(ids), np.uint64)
    low, high = np.zeros(N_WORDS, np.float32), np.ones(N_WORDS, np.float32)
    return pairs[: kernel.list_pairs(ids, offsets, low, high, codes, n_codes, pairs)]


def walk(sentences: Sentences, connectors: set[int]) -> list[tuple[int, ...]]:
    words = {str(word) for word in connectors}
    return [
        tuple(map(int, pair))
        for sentence in sentences
        for pair in twin.walk_pairs(list(map(str, sentence)), words)
    ]


@given(sentences_of, connector_sets)
def test_pairs_are_those_of_the_twin(sentences: Sentences, connectors: set[int]) -> None:
    codes, n_codes = make_codes(connectors)
    expected = [encode(pair, codes, n_codes) for pair in walk(sentences, connectors)]
    assert list_pairs(sentences, connectors).tolist() == expected


def test_a_word_above_the_others_limit_makes_no_pair() -> None:
    ids, offsets = pack([[0, 1, 2, 1, 0]])
    counts = np.array([10, 3, 2, 0, 0, 0], np.float32)
    limits = np.array([50, 9, 5, 0, 0, 0], np.float32)  # 1 and 2 must not stand beside 0
    pairs = np.empty(5, np.uint64)
    n = kernel.list_pairs(ids, offsets, counts, limits, np.zeros(6, np.uint8), 1, pairs)
    assert pairs[:n].tolist() == [1 * 6 + 2, 2 * 6 + 1]


@given(sentences_of, st.integers(1, 4), st.integers(0, 2), st.sampled_from([1, 2, 1024]))
def test_counting_in_parts_gives_every_pair_once(
    sentences: Sentences, needed: int, part_bits: int, n_hashes: int
) -> None:
    pairs = list_pairs(sentences, set())
    found: Counter[int] = Counter()
    for part in range(1 << part_bits):
        which = np.uint64(part), np.uint64(part_bits)
        hashes = np.zeros(n_hashes, np.uint8)
        kernel.count_hashes(pairs, len(pairs), *which, hashes)
        keys, counts = np.full(256, kernel.EMPTY), np.zeros(256, np.int64)
        n_new = kernel.count_pairs(
            pairs, len(pairs), *which, hashes, np.uint8(needed), keys, counts
        )
        assert n_new == np.count_nonzero(keys != kernel.EMPTY)
        wider = np.full(512, kernel.EMPTY), np.zeros(512, np.int64)
        kernel.fill_table(keys, counts, *wider)
        for key, count in zip(*(column.tolist() for column in wider), strict=True):
            if count >= needed:
                found[key] += count
    assert found == Counter({p: c for p, c in Counter(pairs.tolist()).items() if c >= needed})


def test_a_hash_counter_stays_at_its_end() -> None:
    pairs = np.full(1000, 7, np.uint64)
    hashes = np.zeros(1, np.uint8)
    kernel.count_hashes(pairs, 1000, np.uint64(0), np.uint64(0), hashes)
    assert hashes[0] == 255


def test_joining_does_not_take_a_later_pair_for_an_earlier_one() -> None:
    # The first word reaches no other; the pair further on begins with the same word.
    codes, n_codes = make_codes({1})
    keys, values = np.full(4, kernel.EMPTY), np.zeros(4, np.uint32)
    number = np.array([encode((0, 0), codes, n_codes)], np.uint64)
    kernel.fill_table(number, np.array([100], np.uint32), keys, values)
    ids, offsets = pack([[0, 1, 1, 1, 1, 0, 0]])
    roles = np.zeros(N_WORDS, np.uint8)
    roles[0] = kernel.STARTS | kernel.ENDS
    joined, lengths = np.empty(len(ids), np.uint32), np.zeros(1, np.int64)
    n = kernel.join_pairs(ids, offsets, roles, codes, n_codes, keys, values, joined, lengths)
    assert joined[:n].tolist() == [0, 1, 1, 1, 1, 100]
    names = {("0", "0"): "100"}
    slow = twin.join(list("0111100"), names, names.__getitem__, {"1"})
    assert slow == ["0", "1", "1", "1", "1", "100"]


@given(sentences_of, connector_sets, st.data())
def test_joining_is_the_twins(
    sentences: Sentences, connectors: set[int], data: st.DataObject
) -> None:
    codes, n_codes = make_codes(connectors)
    known = sorted(set(walk(sentences, connectors)))
    chosen = data.draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    numbers = np.array([encode(pair, codes, n_codes) for pair in chosen], np.uint64)
    roles = np.zeros(N_WORDS, np.uint8)
    for pair in chosen:
        roles[pair[0]] |= kernel.STARTS
        roles[pair[-1]] |= kernel.ENDS
    keys, values = np.full(256, kernel.EMPTY), np.zeros(256, np.uint32)
    kernel.fill_table(numbers, np.arange(100, 100 + len(chosen), dtype=np.uint32), keys, values)
    ids, offsets = pack(sentences)
    joined, lengths = np.empty(len(ids), np.uint32), np.zeros(len(sentences), np.int64)
    n = kernel.join_pairs(ids, offsets, roles, codes, n_codes, keys, values, joined, lengths)
    names = {tuple(map(str, pair)): str(100 + i) for i, pair in enumerate(chosen)}
    expected = [
        twin.join(list(map(str, sentence)), names, names.__getitem__, set(map(str, connectors)))
        for sentence in sentences
    ]
    assert lengths.tolist() == list(map(len, expected))
    assert joined[:n].tolist() == [int(word) for sentence in expected for word in sentence]


@pytest.mark.parametrize(("n", "expected"), [(3, 1), (4, 0)])
def test_too_many_connectors_in_a_row_part_words(n: int, expected: int) -> None:
    assert len(list_pairs([[1, *[0] * n, 2]], {0})) == expected


@given(sentences_of)
def test_ids_are_counted(sentences: Sentences) -> None:
    ids, _ = pack(sentences)
    counts = np.zeros(N_WORDS, np.int64)
    kernel.count_ids(ids, counts)
    assert counts.tolist() == np.bincount(ids, minlength=N_WORDS).tolist()
