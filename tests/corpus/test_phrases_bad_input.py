"""What joining phrases refuses, and says in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec.corpus import phrases_search
from embedrec.corpus.phrases import ENGLISH_CONNECTOR_WORDS, find_phrases, join_phrases
from embedrec.corpus.shards import Corpus
from embedrec.errors import CorruptedError, InputError, ParameterError
from tests.corpus.phrase_corpora import build_from, make_sentences


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_from(tmp_path_factory.mktemp("source") / "c", make_sentences(1), min_count=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scoring": "pmi"}, "unknown scoring 'pmi': choose one of default, npmi"),
        ({"threshold": 0}, "must be a number above 0, not 0"),
        ({"threshold": -1.0}, "above 0, not -1.0"),
        ({"threshold": float("nan")}, "above 0, not nan"),
        ({"threshold": float("inf")}, "above 0, not inf"),
        ({"threshold": "5"}, "above 0, not '5'"),
        ({"threshold": 10, "scoring": "npmi"}, "from -1 to 1, not 10"),
        ({"min_count": 0}, "min_count must be a whole number from 1, not 0"),
        ({"min_count": 2.5}, "min_count must be a whole number from 1, not 2.5"),
        ({"rounds": True}, "rounds must be a whole number from 1, not True"),
        ({"delimiter": " "}, "the delimiter must be text without white space, not ' '"),
        ({"delimiter": "\t_"}, "without white space, not '\\t_'"),
        ({"delimiter": 3}, "without white space, not 3"),
        ({"connector_words": "of the"}, "must be a collection of words, not 'of the'"),
        ({"connector_words": ["of the"]}, "the connector word 'of the' is empty or holds"),
        ({"connector_words": [""]}, "the connector word '' is empty"),
        ({"connector_words": list(map(str, range(256)))}, "256 connector words are more than 255"),
    ],
)
def test_bad_parameters(
    corpus: Corpus, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    for call in (lambda: find_phrases(corpus, **options),
                 lambda: join_phrases(corpus, tmp_path / "j", **options)):  # fmt: skip
        with pytest.raises(ParameterError) as caught:
            call()
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_bad_places(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").touch()
    with pytest.raises(InputError, match="no such folder"):
        join_phrases(tmp_path / "none", tmp_path / "j")
    for name in ("file", "folder"):
        with pytest.raises(ParameterError, match=f"{name} .*choose another"):
            join_phrases(corpus, tmp_path / name)
    with pytest.raises(ParameterError, match="was built otherwise"):
        join_phrases(corpus, corpus.folder)
    (tmp_path / "j.partial").mkdir()
    (tmp_path / "j.partial" / "mine.txt").touch()
    with pytest.raises(ParameterError, match="is no unfinished corpus"):
        join_phrases(corpus, tmp_path / "j")


@pytest.mark.parametrize("kind", ["ids", "offsets"])
def test_a_damaged_shard_is_told(tmp_path: Path, kind: str) -> None:
    source = build_from(tmp_path / "c", make_sentences(3))
    path = source.folder / f"shard-00000.{kind}"
    numbers = np.fromfile(path, "<u4" if kind == "ids" else "<i8")
    numbers[5] = 2**31
    numbers.tofile(path)
    with pytest.raises(CorruptedError, match=r"shard 0 of .* is damaged"):
        find_phrases(source.folder)


def test_connectors_that_pairs_cannot_be_numbered_with(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases_search, "MAX_CONNECTORS_IN_A_ROW", 60)
    with pytest.raises(ParameterError, match="2 connector words with a vocabulary of"):
        find_phrases(corpus, connector_words=["w0", "w1"])
    find_phrases(corpus, connector_words=["unknown", *ENGLISH_CONNECTOR_WORDS])
