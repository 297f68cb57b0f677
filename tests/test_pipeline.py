"""The main job in two calls, from the library's side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec.corpus.shards import Corpus
from embedrec.errors import ParameterError, ResumeError
from embedrec.models.word2vec import Callback, EpochReport, Word2Vec
from embedrec.pipeline import build_corpus, find_corpus, train
from embedrec.pipeline.narrow import describe_narrowed, narrow_corpus
from embedrec.progress import SilentProgress
from embedrec.text.pipeline import TextPipeline, TextSettings
from embedrec.vectors.keyed import KeyedVectors
from tests.cli.conftest import write_dump, write_text

SMALL: dict[str, Any] = {"vector_size": 8, "epochs": 2, "sample": 0.01, "n_workers": 1}


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return write_text(tmp_path / "text.txt")


def list_files(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"
    }


def test_a_corpus_holds_the_words_of_the_text_stage(text: Path, tmp_path: Path) -> None:
    corpus = build_corpus([text], tmp_path / "c", n_workers=1)
    assert corpus.text == TextPipeline(TextSettings()).describe()
    first = next(corpus.iter_sentences())
    line = text.read_text(encoding="utf-8").partition("\n")[0]
    assert "".join(first) == "".join(c for c in line if c not in "，。").replace("廣", "广")
    assert corpus.manifest.facts["reader"]["documents"] >= 1
    assert corpus.manifest.facts["damages"] == []


def test_damages_are_told_once_and_kept(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "d.xml", n_pages=30, broken_at=10)
    progress = SilentProgress()
    corpus = build_corpus([dump], tmp_path / "c", n_workers=1, progress=progress)
    assert progress.notices == corpus.manifest.facts["damages"]
    assert "10 documents are kept" in progress.notices[0]
    vectors = train(corpus.folder, tmp_path / "m", **SMALL)
    assert vectors.metadata["damages"] == progress.notices


def test_a_model_carries_how_it_was_made(text: Path, tmp_path: Path) -> None:
    vectors = train([text], tmp_path / "m", **SMALL, seed=3)
    assert vectors.metadata["text"] == TextPipeline(TextSettings()).describe()
    assert list(vectors.metadata["inputs"]) == [str(text)]
    assert vectors.metadata["training"]["seed"] == 3
    assert vectors.metadata["corpus"] == {"min_count": 5, "max_vocab": None}
    assert Word2Vec.load(tmp_path / "m").losses_ == vectors.metadata["training"]["losses"]


def test_one_path_or_a_list_of_them(text: Path, tmp_path: Path) -> None:
    one = train(text, tmp_path / "one", **SMALL)
    two = train([text], tmp_path / "two", **SMALL)
    assert np.array_equal(one.vectors, two.vectors)


class Stop(Callback):
    """Stops the training as Ctrl-C does, after some epochs."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def end_epoch(self, report: EpochReport) -> None:
        if report.epoch == self.epoch:
            raise KeyboardInterrupt


def test_an_interrupted_training_resumes_to_the_same_vectors(text: Path, tmp_path: Path) -> None:
    options = {**SMALL, "epochs": 6}
    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "m", **options, callbacks=[Stop(2)])
    epochs: list[int] = []

    class Count(Callback):
        def begin_epoch(self, epoch: int) -> None:
            epochs.append(epoch)

    resumed = train(text, tmp_path / "m", **options, resume=True, callbacks=[Count()])
    assert epochs == [3, 4, 5]
    whole = train(text, tmp_path / "whole", **options)
    assert np.array_equal(resumed.vectors, whole.vectors)


def test_resume_refuses_what_differs_and_a_fresh_start_does_not(text: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "m", **SMALL, callbacks=[Stop(0)])
    for change in ({"window": 2}, {"min_count": 6}, {"settings": TextSettings(digits="drop")}):
        with pytest.raises(ResumeError, match="can't be continued"):
            train(text, tmp_path / "m", **SMALL, **change, resume=True)
    text.write_text(text.read_text(encoding="utf-8") + "更多。\n", encoding="utf-8")
    with pytest.raises(ResumeError, match="input"):
        train(text, tmp_path / "m", **SMALL, resume=True)
    progress = SilentProgress()
    train(text, tmp_path / "m", **SMALL, window=2, progress=progress)
    assert any("was removed" in notice for notice in progress.notices)
    assert not (tmp_path / "m.partial").exists()


def test_the_vocabulary_may_be_chosen_anew_until_there_is_a_corpus(
    text: Path, tmp_path: Path
) -> None:
    """The first pass, which takes the time, is not lost to a min_count that leaves no word."""
    with pytest.raises(ParameterError, match="leaves no word"):
        train(text, tmp_path / "m", **SMALL, min_count=10**6)
    before = (tmp_path / "m.partial" / "corpus.partial" / "manifest.json").stat().st_mtime_ns
    assert before
    vectors = train(text, tmp_path / "m", **SMALL, min_count=5, resume=True)
    assert len(vectors)


def test_work_left_behind_a_finished_model_is_cleared(text: Path, tmp_path: Path) -> None:
    """As after a kill between the last write and the clearing up."""
    train(text, tmp_path / "m", **SMALL)
    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "n", **SMALL, callbacks=[Stop(0)])
    (tmp_path / "n.partial").rename(tmp_path / "m.partial")
    train(text, tmp_path / "m", **SMALL)
    assert not (tmp_path / "m.partial").exists()


def test_another_training_s_work_beside_a_finished_model_stays(text: Path, tmp_path: Path) -> None:
    train(text, tmp_path / "m", **SMALL)
    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "n", **SMALL, window=2, callbacks=[Stop(0)])
    (tmp_path / "n.partial").rename(tmp_path / "m.partial")
    train(text, tmp_path / "m", **SMALL)
    assert (tmp_path / "m.partial" / "checkpoint").is_dir()


@pytest.mark.parametrize("limits", [{"min_count": 150}, {"max_vocab": 6}, {"min_count": 301}])
def test_narrowing_gives_what_building_gives(
    text: Path, tmp_path: Path, limits: dict[str, int]
) -> None:
    wide = build_corpus([text], tmp_path / "wide", n_workers=1)
    built = build_corpus([text], tmp_path / "built", n_workers=1, **limits)  # type: ignore[arg-type]
    wanted = describe_narrowed(wide, limits.get("min_count"), limits.get("max_vocab"))
    narrowed = narrow_corpus(wide, tmp_path / "narrow", wanted, SilentProgress())
    assert len(narrowed.vocabulary) < len(wide.vocabulary)
    assert list_files(tmp_path / "narrow") == list_files(tmp_path / "built")
    assert narrowed.manifest.parameters == built.manifest.parameters
    assert Corpus.open(tmp_path / "narrow", verify=True).n_tokens == built.n_tokens


def test_a_corpus_is_not_widened(text: Path, tmp_path: Path) -> None:
    corpus = build_corpus([text], tmp_path / "c", n_workers=1, min_count=10, max_vocab=8)
    assert describe_narrowed(corpus, None, None) is corpus.manifest
    assert describe_narrowed(corpus, 10, 8) is corpus.manifest
    for min_count, max_vocab in ((9, None), (None, 9), (10**6, None), (0, None)):
        with pytest.raises(ParameterError):
            describe_narrowed(corpus, min_count, max_vocab)


def test_settings_belong_to_raw_input(text: Path, tmp_path: Path) -> None:
    corpus = build_corpus([text], tmp_path / "c", n_workers=1)
    for wrong in ({"settings": TextSettings()}, {"keep_corpus": tmp_path / "k"}):
        with pytest.raises(ParameterError, match="raw input"):
            train(corpus.folder, tmp_path / "m", **SMALL, **wrong)  # type: ignore[arg-type]


def test_a_parameter_is_checked_before_anything_is_done(text: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        train(text, tmp_path / "m", **{**SMALL, "vector_size": 0})
    with pytest.raises(ParameterError, match="windw"):
        train(text, tmp_path / "m", **SMALL, windw=3)
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


def test_folders_of_files_are_raw(text: Path, tmp_path: Path) -> None:
    assert find_corpus([tmp_path]) is None
    corpus = build_corpus([text], tmp_path / "c", n_workers=1)
    found = find_corpus([corpus.folder])
    assert found is not None
    assert found.n_tokens == corpus.n_tokens


def test_the_model_opens_as_vectors_and_is_mapped(text: Path, tmp_path: Path) -> None:
    vectors = train(text, tmp_path / "m", **SMALL)
    assert np.array_equal(KeyedVectors.load(tmp_path / "m").vectors, vectors.vectors)
    assert not vectors.vectors.flags.writeable


def test_numbers_of_numpy_are_as_good_as_others(text: Path, tmp_path: Path) -> None:
    numbers = {"vector_size": np.int64(8), "epochs": np.int32(2), "sample": np.float64(0.0)}
    limits = {"min_count": np.int64(6), "max_vocab": np.int64(7)}
    one = train(text, tmp_path / "one", n_workers=1, n_threads=np.int64(1), **numbers, **limits)
    plain: dict[str, Any] = {name: n.item() for name, n in {**numbers, **limits}.items()}
    two = train(text, tmp_path / "two", n_workers=1, **plain)
    assert np.array_equal(one.vectors, two.vectors)
    assert one.metadata == two.metadata
    corpus = build_corpus([text], tmp_path / "c", n_workers=1, **limits)  # type: ignore[arg-type]
    assert corpus.manifest.parameters["min_count"] == 6
    assert len(train(corpus.folder, tmp_path / "three", max_vocab=np.int64(5), **numbers)) == 5


def test_a_model_with_subwords_is_there_already(text: Path, tmp_path: Path) -> None:
    """The lengths of n-grams are chosen on the way, and asked for by nobody."""
    options = {**SMALL, "subwords": True, "n_buckets": 100}
    train(text, tmp_path / "m", **options)
    made = (tmp_path / "m" / "manifest.json").stat().st_mtime_ns
    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "n", **options, callbacks=[Stop(0)])
    (tmp_path / "n.partial").rename(tmp_path / "m.partial")  # a kill before the clearing up
    for resume in (True, False):
        progress = SilentProgress()
        train(text, tmp_path / "m", **options, resume=resume, progress=progress)
        assert any("is there already" in notice for notice in progress.notices)
        assert not (tmp_path / "m.partial").exists()
    train(text, tmp_path / "m", **options, min_n=1, max_n=3)  # what was chosen
    assert (tmp_path / "m" / "manifest.json").stat().st_mtime_ns == made
    with pytest.raises(ParameterError, match="min_n was 1 and is now 2"):
        train(text, tmp_path / "m", **options, min_n=2, max_n=3)
    train(text, tmp_path / "other", **options, min_n=2, max_n=2)
    with pytest.raises(ParameterError, match="min_n was 2 and is now 1"):
        train(text, tmp_path / "other", **options)
    with pytest.raises(ParameterError, match="subwords was True and is now False"):
        train(text, tmp_path / "m", **SMALL)
