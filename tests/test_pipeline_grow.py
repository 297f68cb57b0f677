"""Going on from a saved model, from the library's side: `train(..., start_from=...)`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedrec.errors import CorruptedError, EmbedrecError, InputError, ParameterError, ResumeError
from embedrec.models.word2vec import Callback, EpochReport
from embedrec.pipeline import build_corpus, train
from embedrec.progress import SilentProgress
from embedrec.text.pipeline import TextSettings
from embedrec.vectors.keyed import KeyedVectors
from tests.cli.conftest import write_text

SMALL: dict[str, Any] = {"vector_size": 8, "epochs": 2, "sample": 0.01, "n_workers": 1}
NEW = "火星探测器在火星着陆，火星探测器发回照片。唐朝诗人写火星。\n"


def write_new(path: Path, text: str = NEW * 20) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return write_text(tmp_path / "text.txt")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return write_new(tmp_path / "new.txt")


@pytest.fixture
def old(text: Path, tmp_path: Path) -> Path:
    train(text, tmp_path / "old", **SMALL, settings=TextSettings(script="traditional"))
    return tmp_path / "old"


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Stop(Callback):
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def end_epoch(self, report: EpochReport) -> None:
        if report.epoch == self.epoch:
            raise KeyboardInterrupt


def test_the_text_is_cut_as_the_model_s_was(old: Path, new: Path, tmp_path: Path) -> None:
    before = read_all(old)
    grown = train(new, tmp_path / "grown", start_from=old, n_workers=1)
    first = KeyedVectors.load(old)
    assert "探測器" in grown  # traditional, as the model's
    assert "探測器" not in first
    assert set(first.index_to_key) < set(grown.index_to_key)
    assert grown.metadata["text"] == first.metadata["text"]
    assert read_all(old) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["grown", "new.txt", "old", "text.txt"]
    assert first.counts is not None
    assert grown.counts is not None
    # Known words count in the new text too, even those that occur in it less than min_count.
    for word in first.index_to_key:
        extra = grown.counts[grown.key_to_index[word]] - first.counts[first.key_to_index[word]]
        assert extra == {"唐朝": 20, "詩人": 20, "寫": 20, "在": 20}.get(word, 0) or word in NEW


def test_it_tells_how_it_came_to_be(old: Path, new: Path, tmp_path: Path) -> None:
    grown = train(new, tmp_path / "grown", start_from=old, n_workers=1, epochs=3)
    first = KeyedVectors.load(old).metadata
    meta = grown.metadata
    assert list(meta["inputs"]) == [str(new)]
    assert meta["training"]["epochs"] == 3
    assert meta["training"]["vector_size"] == 8
    assert meta["corpus"] == {"min_count": 5, "max_vocab": None}
    (earlier,) = meta["earlier_trainings"]
    assert earlier == {name: first[name] for name in first if name != "text"}
    assert meta["n_new_words"] == len(grown) - len(KeyedVectors.load(old))
    third = train(
        write_new(tmp_path / "third.txt", NEW * 30), tmp_path / "third",
        start_from=tmp_path / "grown", n_workers=1,
    ).metadata  # fmt: skip
    assert [len(part["inputs"]) for part in third["earlier_trainings"]] == [1, 1]
    assert third["earlier_trainings"][1]["start_from"] == meta["start_from"]
    assert third["start_from"] != meta["start_from"]


def test_a_corpus_gives_the_same_as_raw_text(old: Path, new: Path, tmp_path: Path) -> None:
    settings = TextSettings(script="traditional")
    corpus = build_corpus([new], tmp_path / "c", settings=settings, min_count=1, n_workers=1)
    one = train(new, tmp_path / "one", start_from=old, n_workers=1)
    two = train(corpus.folder, tmp_path / "two", start_from=old)
    assert one.index_to_key == two.index_to_key
    assert np.array_equal(one.vectors, two.vectors)
    assert one.metadata == two.metadata


def test_again_and_otherwise(old: Path, new: Path, tmp_path: Path) -> None:
    one = train(new, tmp_path / "one", start_from=old, n_workers=1)
    again = train(new, tmp_path / "one", start_from=old, n_workers=1)
    assert np.array_equal(one.vectors, again.vectors)
    changes: list[dict[str, Any]] = [{"window": 2}, {"min_count": 1}, {"max_vocab": 1000}]
    for change in changes:
        with pytest.raises(ParameterError, match="was made otherwise"):
            train(new, tmp_path / "one", start_from=old, n_workers=1, **change)
    rate = one.metadata["training"]["alpha"]
    with pytest.raises(ParameterError, match=r"start_from was sha256:.* and is now absent"):
        train(
            new, tmp_path / "one", **SMALL, alpha=rate, settings=TextSettings(script="traditional")
        )  # fmt: skip


def test_an_interrupted_growth_resumes_to_the_same(
    old: Path, text: Path, new: Path, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"start_from": old, "n_workers": 1, "epochs": 4}
    whole = train(new, tmp_path / "whole", **options)
    with pytest.raises(KeyboardInterrupt):
        train(new, tmp_path / "m", **options, callbacks=[Stop(1)])
    shutil.copytree(tmp_path / "m.partial", tmp_path / "n.partial")
    resumed = train(new, tmp_path / "m", **options, resume=True)
    assert np.array_equal(resumed.vectors, whole.vectors)
    assert not (tmp_path / "m.partial").exists()
    settings = TextSettings(script="traditional")
    train(text, tmp_path / "other", **{**SMALL, "epochs": 3}, settings=settings)
    with pytest.raises(ResumeError, match="start_from"):
        train(new, tmp_path / "n", **{**options, "start_from": tmp_path / "other"}, resume=True)


def test_work_of_a_new_training_is_not_taken_for_a_growth(
    old: Path, new: Path, tmp_path: Path
) -> None:
    """The corpus of a new training holds no rare words; that of a growth does."""
    settings = TextSettings(script="traditional")
    with pytest.raises(KeyboardInterrupt):
        train(new, tmp_path / "m", **SMALL, settings=settings, callbacks=[Stop(0)])
    grown = train(new, tmp_path / "m", start_from=old, n_workers=1)
    whole = train(new, tmp_path / "whole", start_from=old, n_workers=1)
    assert np.array_equal(grown.vectors, whole.vectors)


def test_a_user_dictionary_goes_on(text: Path, tmp_path: Path) -> None:
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("火星探测器 1000 n\n", encoding="utf-8")
    settings = TextSettings(user_dict=str(dictionary))
    train(text, tmp_path / "old", **SMALL, settings=settings)
    dictionary.unlink()
    new = write_new(tmp_path / "new.txt")
    grown = train(new, tmp_path / "grown", start_from=tmp_path / "old", n_workers=1)
    assert "火星探测器" in grown
    assert grown.user_dict_text == "火星探测器 1000 n\n"


def test_limits(old: Path, new: Path, tmp_path: Path) -> None:
    n_old = len(KeyedVectors.load(old))
    few = train(new, tmp_path / "few", start_from=old, n_workers=1, max_vocab=n_old + 1)
    assert len(few) == n_old + 1
    assert few.metadata["corpus"] == {"min_count": 5, "max_vocab": n_old + 1}
    rare = write_new(tmp_path / "rare.txt", NEW * 20 + "孤例。\n")
    assert "孤例" in train(rare, tmp_path / "all", start_from=old, n_workers=1, min_count=1)
    assert "孤例" not in train(rare, tmp_path / "five", start_from=old, n_workers=1)


def test_known_text_only(old: Path, tmp_path: Path) -> None:
    known = write_text(tmp_path / "known.txt")
    known.write_text(known.read_text(encoding="utf-8") * 2, encoding="utf-8")
    grown = train(known, tmp_path / "m", start_from=old, n_workers=1)
    assert grown.metadata["n_new_words"] == 0


def test_what_can_t_be(old: Path, text: Path, new: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"

    def refuse(kind: type[EmbedrecError], message: str, *inputs: Path, **options: Any) -> None:
        with pytest.raises(kind, match=message) as caught:
            train(list(inputs) or [new], **{"folder": out, "n_workers": 1, **options})
        assert "\n" not in str(caught.value)
        assert not out.exists()

    refuse(ParameterError, "stays as it is", start_from=old, folder=old)
    refuse(ParameterError, "nothing new in .*text.txt", new, text, start_from=old)
    refuse(ParameterError, "trained with vector_size 8", start_from=old, vector_size=9)
    refuse(ParameterError, "trained with loss 'ns'", start_from=old, loss="hs")
    refuse(ParameterError, "preset is for a new", start_from=old, preset="items")
    refuse(ParameterError, "settings is for a new", start_from=old, settings=TextSettings())
    refuse(ParameterError, "below the", start_from=old, max_vocab=2)
    refuse(InputError, "no such folder", start_from=tmp_path / "none")
    strange = write_new(tmp_path / "strange.txt", "xyzzy plugh\n")
    refuse(InputError, "no word of the text is known", strange, start_from=old)
    corpus = build_corpus([new], tmp_path / "c", min_count=1, n_workers=1).folder
    refuse(ParameterError, "script is 'simplified', and was 'traditional'", corpus, start_from=old)
    refuse(InputError, "of the kind corpus", start_from=corpus)
    KeyedVectors.load(old).save(tmp_path / "vectors")
    refuse(InputError, "vectors only", start_from=tmp_path / "vectors")


@pytest.mark.parametrize("name", ["vectors.safetensors", "training.safetensors", "vocabulary.txt"])
def test_a_damaged_model(old: Path, new: Path, tmp_path: Path, name: str) -> None:
    whole = (old / name).read_bytes()
    for broken in (whole[:-20], whole[:-1] + bytes([whole[-1] ^ 1])):
        (old / name).write_bytes(broken)
        with pytest.raises(CorruptedError):
            train(new, tmp_path / "m", start_from=old, n_workers=1)
    (old / name).unlink()
    with pytest.raises(EmbedrecError):
        train(new, tmp_path / "m", start_from=old, n_workers=1)
    assert not (tmp_path / "m").exists()


class StopAtOnce(SilentProgress):
    """Stops before the first block of a training, its introduction."""

    def stage(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "train":
            raise KeyboardInterrupt
        return super().stage(name, *args, **kwargs)


def test_an_interrupted_introduction_is_work_too(old: Path, new: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"start_from": old, "n_workers": 1, "keep_corpus": tmp_path / "c"}
    begun = tmp_path / "m.partial" / "checkpoint-new-words"

    def interrupt() -> None:
        with pytest.raises(KeyboardInterrupt):
            train(new, tmp_path / "m", **options, progress=StopAtOnce())
        assert [path.name for path in begun.parent.iterdir() if path.is_dir()] == [begun.name]

    interrupt()
    with pytest.raises(ResumeError, match="can't be continued: parameter min_count"):
        train(new, tmp_path / "m", **options, min_count=3, resume=True)
    assert begun.is_dir()
    progress = SilentProgress()
    with pytest.raises(ParameterError, match="is no corpus"):
        train(new, tmp_path / "m", **{**options, "keep_corpus": old}, progress=progress)
    assert any("was removed; resume would" in notice for notice in progress.notices)
    assert not begun.exists()
    interrupt()
    resumed = train(new, tmp_path / "m", **options, resume=True)
    whole = train(new, tmp_path / "whole", start_from=old, n_workers=1)
    assert np.array_equal(resumed.vectors, whole.vectors)
