from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedrec.corpus.first_pass import BuildSizes
from embedrec.corpus.shards import Corpus
from embedrec.errors import InputError, ParameterError
from embedrec.manifest import Manifest
from embedrec.progress import SilentProgress, SilentStage
from tests.reference.encode import encode_slowly

from .making import DESCRIPTION, INPUTS, build, cut, digest, join, make_documents

ROOT = Path(__file__).resolve().parents[2]
WORD = st.sampled_from(["水", "的", "a", "b", "\uff21", "\U00020000", "é", "e\u0301"])
DOCUMENTS = st.lists(st.lists(st.lists(WORD, max_size=8), max_size=4), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    DOCUMENTS,
    st.integers(1, 3),
    st.none() | st.integers(1, 5),
    st.builds(
        BuildSizes,
        batch_characters=st.integers(1, 400),
        checkpoint_tokens=st.integers(1, 40),
        shard_tokens=st.integers(5, 40),
        sentence_words=st.integers(2, 5),
    ),
)
def test_same_as_slow_twin(
    tmp_path_factory: pytest.TempPathFactory,
    documents: list[list[list[str]]],
    min_count: int,
    max_vocab: int | None,
    sizes: BuildSizes,
) -> None:
    folder = tmp_path_factory.mktemp("twin") / "corpus"
    slow = encode_slowly(
        documents, min_count=min_count, max_vocab=max_vocab,
        sentence_words=sizes.sentence_words, shard_tokens=sizes.shard_tokens,
    )  # fmt: skip
    texts = list(map(join, documents))
    options: dict[str, Any] = {"min_count": min_count, "max_vocab": max_vocab, "sizes": sizes}
    if not slow.words:
        with pytest.raises((InputError, ParameterError), match="no word"):
            build(folder, texts, **options)
        return
    corpus = build(folder, texts, **options)
    assert corpus.vocabulary.words == slow.words
    assert corpus.vocabulary.counts.tolist() == slow.counts if max_vocab is None else True
    shards = [corpus.shard(i) for i in range(corpus.n_shards)]
    assert [(ids.tolist(), offsets.tolist()) for ids, offsets in shards] == slow.shards
    facts = corpus.manifest.facts
    for name in ("n_tokens_raw", "n_sentences_raw", "vocabulary_size_raw", "n_hapax"):
        assert facts[name] == getattr(slow, name)
    assert facts["n_documents"] == len(documents)


def run_program(folder: Path, n_workers: int, hash_seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tests.corpus.making", str(folder), str(n_workers), "0", "0", "60"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_same_bytes_for_any_workers_and_hash_seed(tmp_path: Path) -> None:
    build(tmp_path / "here")
    wanted = digest(tmp_path / "here")
    for n_workers, hash_seed in ((1, "0"), (1, "77"), (2, "0"), (3, "77")):
        found = run_program(tmp_path / f"c{n_workers}-{hash_seed}", n_workers, hash_seed)
        assert found == wanted, (n_workers, hash_seed)
    assert not list(tmp_path.glob("*.partial"))
    assert not list(tmp_path.glob(".*"))


def test_batches_and_checkpoints_do_not_show(tmp_path: Path) -> None:
    build(tmp_path / "a")
    build(tmp_path / "b", sizes=BuildSizes(shard_tokens=300))
    build(tmp_path / "c", measure=lambda document: 10_000)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") == digest(tmp_path / "c")


def test_text_is_cut_once(tmp_path: Path) -> None:
    seen: list[str] = []

    def count(document: str) -> Any:
        seen.append(document)
        return cut(document)

    documents = make_documents()
    build(tmp_path / "c", iter(documents), count)
    assert seen == documents


def test_manifest_says_what_made_it(tmp_path: Path) -> None:
    corpus = build(
        tmp_path / "c", max_vocab=40, user_dict_text="词 3\n", facts=lambda: {"pages": 7}
    )
    manifest = corpus.manifest
    assert (manifest.kind, manifest.format_version) == ("corpus", 1)
    assert manifest.parameters == {"text": DESCRIPTION, "min_count": 2, "max_vocab": 40}
    assert manifest.inputs == INPUTS
    assert manifest.facts["pages"] == 7
    assert set(manifest.files) == {p.name for p in (tmp_path / "c").iterdir()} - {"manifest.json"}
    assert {"embedrec", "python", "numpy"} <= set(manifest.versions)
    assert len(corpus.vocabulary) == manifest.facts["vocabulary_size"] == 40


def test_long_sentences_are_cut(tmp_path: Path) -> None:
    corpus = build(tmp_path / "c", ["a " * 25_000], sizes=None)
    assert np.diff(corpus.shard(0)[1]).tolist() == [10_000, 10_000, 5_000]


class Watch(SilentProgress):
    def __init__(self) -> None:
        super().__init__()
        self.stages: list[tuple[str, float | None, str]] = []
        self.updates: list[tuple[float, dict[str, float]]] = []

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> Any:
        self.stages.append((name, total, unit))
        watch = self

        class Stage(SilentStage):
            def update(self, done: float, **figures: float) -> None:
                watch.updates.append((done, figures))

        return Stage()


@pytest.mark.parametrize("n_workers", [1, 2])
def test_progress_in_the_readers_unit(tmp_path: Path, n_workers: int) -> None:
    documents = make_documents()
    read = 0

    def reader() -> Any:
        nonlocal read
        for document in documents:
            read += len(document.encode())
            yield document

    size = sum(len(d.encode()) for d in documents)
    watch = Watch()
    corpus = build(
        tmp_path / "c", reader(), progress=watch, position=lambda: read, total=size,
        n_workers=n_workers,
    )  # fmt: skip
    n_raw = corpus.manifest.facts["n_tokens_raw"]
    assert watch.stages == [("segment", size, "B"), ("number", n_raw, "tokens")]
    done = [amount for amount, figures in watch.updates if figures]
    assert done == sorted(done)
    assert len(done) > 5
    assert done[-1] == size
    last = [figures for _, figures in watch.updates if figures][-1]
    assert last["documents"] == len(documents)
    assert last["tokens"] == n_raw
    assert watch.updates[-1][0] == n_raw


def test_without_position_documents_are_counted(tmp_path: Path) -> None:
    watch = Watch()
    build(tmp_path / "c", progress=watch)
    assert watch.stages[0] == ("segment", None, "documents")
    assert [done for done, figures in watch.updates if figures][-1] == 60


def test_finished_corpus_is_reused(tmp_path: Path) -> None:
    before = digest(build(tmp_path / "c").folder)

    def refuse(document: str) -> Any:
        raise AssertionError("text is cut again")

    progress = SilentProgress()
    corpus = build(tmp_path / "c", iter(()), refuse, progress=progress)
    assert isinstance(corpus, Corpus)
    assert digest(tmp_path / "c") == before
    assert "used as it is" in progress.notices[0]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"min_count": 3}, "parameter min_count was 2 and is now 3"),
        ({"max_vocab": 10}, "parameter max_vocab was"),
        ({"description": {**DESCRIPTION, "segmenter": "jieba"}}, "text.segmenter was whitespace"),
        (
            {"description": {**DESCRIPTION, "rules": {"digits": "drop"}}},
            "text.rules.digits was keep",
        ),
        ({"inputs": {"a.txt": "sha256:aa"}}, r"input b\.txt was sha256:bb and is now absent"),
        ({"inputs": {**INPUTS, "a.txt": "sha256:ac"}}, r"input a\.txt was sha256:aa"),
        ({"inputs": dict(reversed(INPUTS.items()))}, r"inputs were a\.txt, b\.txt in this order"),
    ],
)
def test_other_corpus_in_the_place_is_left_alone(tmp_path: Path, options: dict, what: str) -> None:
    before = digest(build(tmp_path / "c").folder)
    for resume in (False, True):
        with pytest.raises(ParameterError, match=f"exists and was built otherwise .*{what}"):
            build(tmp_path / "c", resume=resume, **options)
    assert digest(tmp_path / "c") == before


def test_places_that_hold_something_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ParameterError, match="is a file"):
        build(tmp_path / "file")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter").write_text("dear")
    with pytest.raises(ParameterError, match="exists and is not a corpus"):
        build(tmp_path / "home")
    Manifest("vectors", 1).save(tmp_path / "model")
    with pytest.raises(ParameterError, match="no corpus but a vectors"):
        build(tmp_path / "model")
    for name in ("c.partial", "d.partial"):
        (tmp_path / name).mkdir()
    (tmp_path / "c.partial" / "letter").write_text("dear")
    for resume in (False, True):
        with pytest.raises(ParameterError, match="no unfinished corpus"):
            build(tmp_path / "c", resume=resume)
    assert (tmp_path / "c.partial" / "letter").read_text() == "dear"
    build(tmp_path / "d")
    (tmp_path / "e.partial").write_text("x")
    with pytest.raises(ParameterError, match="is a file"):
        build(tmp_path / "e")
    (tmp_path / "empty").mkdir()
    build(tmp_path / "empty")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"n_workers": 0}, "n_workers must be"),
        ({"n_workers": True}, "n_workers must be"),
        ({"n_workers": 1.5}, "n_workers must be"),
        ({"min_count": 0}, "min_count must be"),
        ({"max_vocab": 0}, "max_vocab must be"),
        ({"description": {"a": {1, 2}}}, "description holds what JSON can't"),
    ],
)
def test_bad_parameters_touch_nothing(tmp_path: Path, options: dict, what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        build(tmp_path / "c", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("documents", [[], [""], ["。 。", " "]])
def test_no_word_at_all(tmp_path: Path, documents: list[str]) -> None:
    with pytest.raises(InputError, match=f"holds no word in {len(documents)} documents"):
        build(tmp_path / "c", documents)
    assert not list(tmp_path.iterdir())


def test_numpy_limits_are_taken(tmp_path: Path) -> None:
    corpus = build(tmp_path / "c", min_count=np.int64(2), max_vocab=np.int32(9))
    assert len(corpus.vocabulary) == 9
