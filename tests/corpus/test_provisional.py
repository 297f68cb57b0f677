from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from embedrec.corpus.provisional import ProvisionalCorpus
from embedrec.corpus.shardfile import map_shard
from embedrec.corpus.tokens import number_batch
from embedrec.errors import CorruptedError, ParameterError


def fill(folder: Path) -> ProvisionalCorpus:
    corpus = ProvisionalCorpus(folder)
    for documents in ([[["b", "a"], ["b"]]], [[["c", "a"]], []], [[["d", "b"]]]):
        corpus.add(number_batch(documents, lambda d: d))
        if len(documents) == 2:
            corpus.save_checkpoint()
    corpus.save_checkpoint()
    return corpus


def test_ids_follow_first_appearance(tmp_path: Path) -> None:
    corpus = fill(tmp_path)
    assert dict(corpus.index) == {"b": 0, "a": 1, "c": 2, "d": 3}
    assert corpus.counts.tolist() == [3, 2, 1, 1]
    assert (corpus.n_documents, corpus.n_tokens, corpus.n_sentences) == (4, 7, 4)
    ids = [map_shard(tmp_path, c.shard)[0].tolist() for c in corpus.checkpoints]
    assert ids == [[0, 1, 0, 2, 1], [3, 0]]
    assert (tmp_path / "provisional-00000.words").read_text() == "b\na\nc\n"
    assert (tmp_path / "provisional-00001.words").read_text() == "d\n"


def test_loaded_is_what_was_saved(tmp_path: Path) -> None:
    corpus = fill(tmp_path)
    corpus.add(number_batch([[["lost"]]], lambda d: d))
    loaded = ProvisionalCorpus.load(tmp_path)
    assert list(loaded.index) == ["b", "a", "c", "d"]
    assert loaded.counts.tolist() == [3, 2, 1, 1]
    assert loaded.checkpoints == corpus.checkpoints
    assert not loaded.complete
    corpus.finish({"damages": ["x"]})
    loaded = ProvisionalCorpus.load(tmp_path)
    assert (loaded.complete, loaded.facts, loaded.n_tokens) == (True, {"damages": ["x"]}, 8)


def test_documents_without_words_count(tmp_path: Path) -> None:
    corpus = ProvisionalCorpus(tmp_path)
    corpus.add(number_batch([[], [[]]], lambda d: d))
    corpus.save_checkpoint()
    assert (corpus.n_documents, corpus.n_tokens) == (2, 0)
    assert ProvisionalCorpus.load(tmp_path).n_documents == 2


def test_nothing_done_yet(tmp_path: Path) -> None:
    assert ProvisionalCorpus.load(tmp_path).n_documents == 0


def test_too_many_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedrec.corpus.provisional.MAX_WORDS", 3)
    with pytest.raises(ParameterError, match="more than 3 distinct words"):
        fill(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["provisional-00000.ids", "provisional-00001.offsets", "provisional-00000.words"],
)
def test_damaged_work_is_not_continued(tmp_path: Path, name: str) -> None:
    fill(tmp_path)
    path = tmp_path / name
    path.write_bytes(b"\1" + path.read_bytes()[1:])
    with pytest.raises(CorruptedError, match=f"{name}.*without resume"):
        ProvisionalCorpus.load(tmp_path)
    path.unlink()
    with pytest.raises(CorruptedError, match=f"{name} is missing"):
        ProvisionalCorpus.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("complete"),
        lambda c: c.update(facts=4),
        lambda c: c.update(checkpoints={"a": 1}),
        lambda c: c["checkpoints"][0].pop("words_checksum"),
        lambda c: c["checkpoints"][0].update(n_documents="x"),
        lambda c: c["checkpoints"][0].update(shard=None),
    ],
)
def test_damaged_state(tmp_path: Path, change: Callable[[dict], None]) -> None:
    fill(tmp_path)
    path = tmp_path / "state.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(CorruptedError, match=r"state\.json is damaged"):
        ProvisionalCorpus.load(tmp_path)
    path.write_text("{")
    with pytest.raises(CorruptedError, match=r"state\.json is damaged"):
        ProvisionalCorpus.load(tmp_path)
