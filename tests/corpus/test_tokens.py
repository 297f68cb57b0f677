from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.corpus.tokens import join_words, number_batch
from embedrec.errors import ParameterError

SENTENCES = st.lists(st.lists(st.sampled_from("abcd水") | st.text("xyz", min_size=1), max_size=9))


@given(st.lists(SENTENCES), st.integers(1, 6))
def test_numbers_give_the_words_back(documents: list[list[list[str]]], limit: int) -> None:
    batch = number_batch(documents, lambda d: d, limit)
    words = batch.split_words()
    flat = [word for document in documents for sentence in document for word in sentence]
    assert [words[i] for i in batch.ids.tolist()] == flat
    assert words == list(dict.fromkeys(flat))
    pieces = [
        len(sentence[i : i + limit])
        for document in documents for sentence in document for i in range(0, len(sentence), limit)
    ]  # fmt: skip
    assert batch.lengths.tolist() == pieces
    assert batch.n_documents == len(documents)
    assert (batch.ids.dtype, batch.lengths.dtype) == (np.uint32, np.uint32)


def test_default_limit_cuts_at_ten_thousand() -> None:
    batch = number_batch([[["a"] * 25_000, ["b"] * 10_000]], lambda d: d)
    assert batch.lengths.tolist() == [10_000, 10_000, 5_000, 10_000]


def test_sentences_may_be_iterators() -> None:
    batch = number_batch(["a b", ""], lambda d: iter([iter(d.split())]))
    assert batch.lengths.tolist() == [2]


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("", "empty"),
        *[
            (f"a{c}b", "white space")
            for c in " \n\t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u3000"
        ],
        (" a", "white space"),
        ("a\n", "white space"),
        ("\ud800", "UTF-8"),
        (3, "an? int, not a string"),
        (b"a", "bytes"),
        (None, "NoneType"),
    ],
)
def test_faulty_words_are_named(word: object, what: str) -> None:
    with pytest.raises(ParameterError, match=what) as caught:
        number_batch([[["good", "fine"], [word, "x"]]], lambda d: d)
    assert repr(word) in str(caught.value)
    assert caught.value.value == word


def test_a_string_for_a_sentence() -> None:
    with pytest.raises(ParameterError, match="gave the string '你好' where a sentence"):
        number_batch([["你好"]], lambda d: d)


@given(st.lists(st.text(), unique=True))
def test_join_refuses_exactly_the_unsplittable(words: list[str]) -> None:
    def sound(word: str) -> bool:
        return word.split() == [word] and not any("\ud800" <= c <= "\udfff" for c in word)

    if all(map(sound, words)):
        assert (join_words(words).split("\n") if words else []) == words
    else:
        with pytest.raises(ParameterError):
            join_words(words)
