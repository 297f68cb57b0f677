"""Presets: what they hold, what goes before them, and that sessions of items are learnt by them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.models.word2vec import Parameters, Word2Vec
from embedrec.models.word2vec.preset import PRESETS, find_preset
from embedrec.pipeline import build_corpus, train
from embedrec.pipeline.raw import open_raw
from embedrec.text.pipeline import TextSettings

N_GROUPS, N_ITEMS = 12, 10


def name_item(group: int, number: int) -> str:
    return f"G-{group}/{number}.x"


def write_sessions(path: Path, n_sessions: int = 1200, seed: int = 0) -> Path:
    """Sessions whose items of one group lie 8 apart; between them are others, at random."""
    generator = np.random.default_rng(seed)
    lines = []
    for _ in range(n_sessions):
        group = int(generator.integers(N_GROUPS))
        own = [name_item(group, int(i)) for i in generator.permutation(N_ITEMS)[:4]]
        common = [f"ANY{int(i)}" for i in generator.integers(600, size=21)]
        lines.append(
            " ".join(item for i in range(4) for item in [own[i], *common[7 * i : 7 * i + 7]])
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def measure_groups(model: Word2Vec) -> float:
    """Return the share of the nearest 5 of each item of a group that are of the group."""
    n_right = 0
    for group in range(N_GROUPS):
        for number in range(N_ITEMS):
            near = model.vectors_.most_similar(name_item(group, number), topn=5)
            n_right += sum(item.startswith(f"G-{group}/") for item, _ in near)
    return n_right / (5 * N_GROUPS * N_ITEMS)


def test_whole_sessions_are_learnt_where_near_words_are_not(tmp_path: Path) -> None:
    sessions = write_sessions(tmp_path / "sessions.txt")
    scores = {}
    for preset in ("word", "items"):
        train(sessions, tmp_path / preset, preset=preset, n_workers=1, seed=1,
              settings=TextSettings(segmenter="whitespace"))  # fmt: skip
        scores[preset] = measure_groups(Word2Vec.load(tmp_path / preset))
    assert scores["items"] > 0.9
    assert scores["word"] < 0.5


def test_word_is_the_defaults() -> None:
    assert Word2Vec.from_preset("word").parameters == Parameters()
    assert not PRESETS["word"].text
    assert PRESETS["word"].min_count is None


def test_what_is_given_goes_before() -> None:
    model = Word2Vec.from_preset("items", n_threads=2, window=7)
    own = find_preset("items").parameters
    assert model.n_threads == 2
    assert model.parameters == Parameters(**{**own, "window": 7})
    assert model.parameters.negative_exponent < 0
    assert model.parameters.sample > Parameters().sample
    assert model.parameters.epochs > Parameters().epochs


def test_unknown_presets_and_parameters() -> None:
    with pytest.raises(ParameterError, match="preset must be one of word, items, not 'films'"):
        Word2Vec.from_preset("films")
    with pytest.raises(ParameterError, match="no parameter 'size'"):
        Word2Vec.from_preset("items", size=3)


def test_a_corpus_keeps_its_own_settings(tmp_path: Path) -> None:
    sessions = write_sessions(tmp_path / "s.txt", 60)
    settings = TextSettings(segmenter="whitespace")
    corpus = build_corpus([sessions], tmp_path / "c", settings=settings, min_count=3, n_workers=1)
    vectors = train(corpus.folder, tmp_path / "m", preset="items", epochs=1)
    assert vectors.metadata["corpus"]["min_count"] == 3
    with pytest.raises(ParameterError, match="preset must be"):
        train(sessions, tmp_path / "n", preset="films")


ids = st.text(st.characters(blacklist_categories=("Z", "Cc", "Cs")), min_size=1).filter(
    lambda text: text.split() == [text] and text.splitlines() == [text]
)


@given(st.lists(st.lists(ids, min_size=1, max_size=6), min_size=1, max_size=6))
def test_any_id_passes_untouched(sessions: list[list[str]]) -> None:
    sessions = [["first", *session] for session in sessions]  # a file may not look like XML or JSON
    settings = TextSettings(**find_preset("items").text)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.txt"
        path.write_bytes("".join(" ".join(session) + "\n" for session in sessions).encode())
        raw = open_raw([path], settings, 1, None)
        assert [words for document in raw.reader for words in raw.text(document)] == sessions
