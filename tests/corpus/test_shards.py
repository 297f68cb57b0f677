from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embedrec.corpus.shards import Corpus
from embedrec.errors import CorruptedError, EmbedrecError, InputError, VersionError

from .making import DESCRIPTION, build, cut, make_documents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build(tmp_path / "corpus", user_dict_text="云计算 5\n")
    return tmp_path / "corpus"


def test_opened_is_what_was_built(folder: Path) -> None:
    corpus = Corpus.open(folder, verify=True)
    vocabulary = corpus.vocabulary
    assert corpus.n_shards > 2
    sizes = [tuple(map(len, corpus.shard(i))) for i in range(corpus.n_shards)]
    assert sum(ids for ids, _ in sizes) == corpus.n_tokens == vocabulary.n_tokens
    assert sum(ends - 1 for _, ends in sizes) == corpus.n_sentences
    assert all(ids <= 300 for ids, _ in sizes)
    assert corpus.text == DESCRIPTION
    assert corpus.user_dict is not None
    assert corpus.user_dict.read_text(encoding="utf-8") == "云计算 5\n"
    wanted = []
    for document in make_documents():
        for sentence in cut(document):
            known = [word for word in sentence if word in vocabulary]
            wanted += [known] if known else []
    assert list(corpus.iter_sentences()) == wanted
    ids, offsets = corpus.shard(0)
    assert (ids.dtype, offsets.dtype) == (np.uint32, np.int64)
    assert not ids.flags.writeable
    with pytest.raises(IndexError):
        corpus.shard(corpus.n_shards)


def test_description_of_the_figures(tmp_path: Path) -> None:
    documents = ["a a a a b b。c", "", "。c a d。e"]
    corpus = build(tmp_path / "c", documents, min_count=2, facts=lambda: {"damages": ["x"]})
    figures = corpus.describe()
    assert {name: figures[name] for name in figures if name.startswith(("n_", "voc"))} == {
        "n_tokens": 9, "n_tokens_raw": 11, "n_sentences": 3, "n_sentences_raw": 4,
        "n_documents": 3, "vocabulary_size": 3, "vocabulary_size_raw": 5, "n_hapax": 2,
        "n_shards": 1,
    }  # fmt: skip
    assert figures["mean_sentence_length"] == 3
    assert figures["hapax_share"] == 2 / 5
    assert figures["kept_share"] == 9 / 11
    assert figures["damages"] == ["x"]
    assert corpus.user_dict is None
    json.dumps(figures)


def test_coverage(tmp_path: Path) -> None:
    document = " ".join(f"w{i} " * (20 - i) for i in range(12))
    figures = build(tmp_path / "c", [document], min_count=1).describe()
    assert figures["coverage"] == {"10": sum(range(11, 21)) / sum(range(9, 21))}


def test_not_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a corpus: it has no manifest\.json"):
        Corpus.open(tmp_path)
    (tmp_path / "manifest.json").write_text('{"kind": "vectors", "format_version": 1}')
    with pytest.raises(InputError, match="is of the kind vectors, and the kind corpus is needed"):
        Corpus.open(tmp_path)


def change_manifest(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_newer_version(folder: Path) -> None:
    change_manifest(folder, lambda content: content.update(format_version=2))
    with pytest.raises(VersionError, match="format version 2, and this embedrec reads up to 1"):
        Corpus.open(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["facts"].pop("shards"),
        lambda c: c["facts"].pop("n_tokens"),
        lambda c: c["facts"].update(n_tokens=1),
        lambda c: c["facts"].update(vocabulary_size="many"),
        lambda c: c["facts"].update(shards=[]),
        lambda c: c["facts"].update(shards=7),
        lambda c: c["facts"].update(shards=[7]),
        lambda c: c["facts"]["shards"].pop(),
        lambda c: c["facts"]["shards"][0].update(n_tokens=-4),
        lambda c: c["facts"]["shards"][0].pop("files"),
        lambda c: c["facts"]["shards"][0].update(files=[1]),
        lambda c: c["files"].pop("vocabulary.txt"),
        lambda c: c["files"].pop("shard-00001.ids"),
        lambda c: c.update(facts=None),
        lambda c: c.update(files=None),
        lambda c: c.update(parameters=None),
        lambda c: c.update(parameters={"text": 5}),
    ],
)
def test_damaged_manifest_is_one_line(folder: Path, change: Callable[[dict], None]) -> None:
    change_manifest(folder, change)
    with pytest.raises(CorruptedError, match=r"manifest\.json is") as caught:
        Corpus.open(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["shard-00000.ids", "shard-00001.offsets", "vocabulary.txt", "user_dict.txt"]
)
def test_any_flipped_byte_is_found_on_verify(folder: Path, name: str) -> None:
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptedError, match=f"{name} is damaged"):
        Corpus.open(folder, verify=True)


@pytest.mark.parametrize("name", ["shard-00000.ids", "shard-00001.offsets", "vocabulary.txt"])
def test_cut_and_missing_files_are_found_always(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CorruptedError, match=name):
        Corpus.open(folder)
    path.unlink()
    with pytest.raises(CorruptedError, match=f"{name} is missing"):
        Corpus.open(folder)


def test_vocabulary_of_another_corpus(folder: Path) -> None:
    lines = (folder / "vocabulary.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "vocabulary.txt").write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(EmbedrecError, match=r"vocabulary\.txt is damaged: it has"):
        Corpus.open(folder)
