"""`embedrec train`: from raw input and from a corpus, again, otherwise, and what can't be."""

from __future__ import annotations

import inspect
from pathlib import Path

import click
import numpy as np
import pytest

from embedrec.cli.group import cli
from embedrec.cli.options import TEXT_OPTIONS
from embedrec.cli.train import _PARAMETERS, train
from embedrec.errors import StorageError
from embedrec.manifest import peek_kind
from embedrec.models.word2vec import Parameters, Word2Vec
from embedrec.pipeline import build_corpus
from embedrec.text.pipeline import TextSettings
from embedrec.vectors.keyed import KeyedVectors
from tests.cli.conftest import Run, write_dump

SMALL = ("--vector-size", 8, "--epochs", 2, "--workers", 1)


def get_default(command: object, name: str) -> object:
    return next(o.default for o in command.params if o.name == name)  # type: ignore[attr-defined]


def test_defaults_are_those_of_the_library() -> None:
    for option, parameter in _PARAMETERS.items():
        # The library settles these.
        if option not in ("alpha", "min_alpha", "min_n", "max_n"):
            assert get_default(train, option) == getattr(Parameters(), parameter), option
    for option in TEXT_OPTIONS:
        default = get_default(train, option)
        assert (default or None) == getattr(TextSettings(), option) or option == "user_dict"
    signature = inspect.signature(build_corpus)
    assert get_default(train, "min_count") == signature.parameters["min_count"].default


def test_every_parameter_has_an_option() -> None:
    assert set(_PARAMETERS.values()) == set(Parameters.__dataclass_fields__) - {"cbow_full_error"}


def test_train_takes_all_options_of_corpus_build() -> None:
    group = cli.get_command(click.Context(cli), "corpus")
    assert isinstance(group, click.Group)
    taken = {option.name: option.opts for option in train.params}
    for option in group.commands["build"].params:
        if option.name != "inputs":
            assert taken[option.name] == option.opts


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
@pytest.mark.parametrize("loss", ["ns", "hs", "both"])
def test_all_combinations_train(
    run: Run, corpus_folder: Path, tmp_path: Path, architecture: str, loss: str
) -> None:
    folder = tmp_path / "m"
    words = ["--architecture", architecture, "--loss", loss, "--vector-size", 8, "--epochs", 1]
    outcome = run("train", corpus_folder, "-o", folder, *words)
    assert outcome.code == 0, outcome
    assert str(folder) in outcome.out
    training = KeyedVectors.load(folder, verify=True).metadata["training"]
    assert (training["architecture"], training["loss"]) == (architecture, loss)
    assert Word2Vec.load(folder).parameters.vector_size == 8


def test_options_reach_the_training(run: Run, corpus_folder: Path, tmp_path: Path) -> None:
    given = {
        "window": 3, "negative": 7, "negative_exponent": 0.5, "sample": 0.01, "epochs": 2,
        "alpha": 0.05, "min_alpha": 0.001, "seed": 9, "vector_size": 6,
    }  # fmt: skip
    words = [part for name, v in given.items() for part in (f"--{name.replace('_', '-')}", v)]
    flags = ["--no-shrink-window", "--cbow-sum", "--threads", 2, "--quiet"]
    outcome = run("train", corpus_folder, "-o", tmp_path / "m", *words, *flags)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    training = KeyedVectors.load(tmp_path / "m").metadata["training"]
    assert {name: training[_PARAMETERS[name]] for name in given} == given
    assert not training["shrink_window"]
    assert not training["cbow_mean"]


def test_raw_input_gives_the_same_as_its_corpus(run: Run, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "d.xml.bz2")
    assert run("train", dump, "-o", tmp_path / "raw", *SMALL).code == 0
    run("corpus", "build", dump, "-o", tmp_path / "c", "--workers", 1)
    assert run("train", tmp_path / "c", "-o", tmp_path / "two", *SMALL[:4]).code == 0
    raw, two = KeyedVectors.load(tmp_path / "raw"), KeyedVectors.load(tmp_path / "two")
    assert raw.index_to_key == two.index_to_key
    assert np.array_equal(raw.vectors, two.vectors)
    assert raw.metadata == two.metadata
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c", "d.xml.bz2", "raw", "two"]


def test_the_corpus_is_kept_on_request(run: Run, text_file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    run("train", text_file, "-o", tmp_path / "m", *SMALL, "--keep-corpus", kept)
    assert peek_kind(kept) == "corpus"


def test_a_user_dictionary_goes_along(run: Run, text_file: Path, tmp_path: Path) -> None:
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("唐朝诗人 1000 n\n", encoding="utf-8")
    run("train", text_file, "-o", tmp_path / "m", *SMALL, "--user-dict", dictionary)
    dictionary.unlink()
    vectors = KeyedVectors.load(tmp_path / "m")
    assert "唐朝诗人" in vectors
    assert vectors.user_dict_text == "唐朝诗人 1000 n\n"
    outcome = run("similar", tmp_path / "m", "唐朝詩人")
    assert outcome.code == 0
    assert "looked up as 唐朝诗人" in outcome.err


def test_a_finished_model_is_used_again_and_never_replaced(
    run: Run, fail: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    words = ("train", corpus_folder, "-o", tmp_path / "m", *SMALL[:4])
    run(*words)
    before = {p.name: p.read_bytes() for p in (tmp_path / "m").iterdir()}
    assert "there already" in run(*words).err
    assert "window was 5 and is now 6" in fail(*words, "--window", 6, code=2).err
    assert {p.name: p.read_bytes() for p in (tmp_path / "m").iterdir()} == before


def test_a_larger_min_count_narrows_a_corpus(
    run: Run, fail: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    words = ("train", corpus_folder, *SMALL[:4])
    assert run(*words, "-o", tmp_path / "m", "--min-count", 200).code == 0
    vectors = KeyedVectors.load(tmp_path / "m")
    assert vectors.counts is not None
    assert min(vectors.counts) >= 200
    assert "needs words" in fail(*words, "-o", tmp_path / "n", "--min-count", 2, code=2).err
    fail(*words, "-o", tmp_path / "n", "--min-count", 10**6, code=2)


def test_options_for_raw_input_are_refused_with_a_corpus(
    fail: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    for option in (["--script", "keep"], ["--workers", "2"], ["--keep-corpus", "x"]):
        outcome = fail("train", corpus_folder, "-o", tmp_path / "m", *option, code=2)
        assert option[0] in outcome.err


def test_a_model_grows_with_new_text(run: Run, fail: Run, text_file: Path, tmp_path: Path) -> None:
    old, new, grown = tmp_path / "old", tmp_path / "new.txt", tmp_path / "grown"
    run("train", text_file, "-o", old, *SMALL)
    new.write_text("火星探测器在火星着陆，探测器看火星。\n" * 20, encoding="utf-8")
    before = {p.name: p.read_bytes() for p in old.iterdir()}
    outcome = run("train", new, "-o", grown, "--from", old, "--workers", 1, "--epochs", 3)
    assert outcome.code == 0, outcome
    assert " new), 8 dimensions" in outcome.out
    assert "火星" in KeyedVectors.load(grown)
    assert {p.name: p.read_bytes() for p in old.iterdir()} == before
    assert run("similar", grown, "火星").code == 0
    words = ("train", new, "-o", tmp_path / "x", "--from")
    assert "--latin" in fail(*words, old, "--latin", "keep", code=2).err
    assert "vector_size 8" in fail(*words, old, "--vector-size", 9, code=2).err
    assert "preset" in fail(*words, old, "--preset", "items", code=2).err
    assert "nothing new" in fail("train", text_file, *words[2:], old, code=2).err
    assert "stays as it is" in fail("train", new, "-o", old, "--from", old, code=2).err
    fail(*words, tmp_path / "none")
    fail(*words, text_file)
    assert not (tmp_path / "x").exists()


def test_a_growth_stopped_goes_on(run: Run, text_file: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new.txt"
    run("train", text_file, "-o", old, *SMALL)
    new.write_text("火星探测器在火星着陆。\n" * 20, encoding="utf-8")
    words = ("train", new, "-o", tmp_path / "m", "--from", old, "--workers", 1)
    assert run(*words, "--resume").code == 0  # nothing there to resume is no error
    assert "there already" in run(*words).err


ODD = ["SKU-12/3", "B000X", "b000x", "1998", "¥5,00", "。", "-{a}-", "&amp;", "唱片。", "!", "x;y"]


def test_items_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    sessions = tmp_path / "sessions.txt"
    sessions.write_text("\n".join([" ".join(ODD)] * 5) + "\n", encoding="utf-8")
    outcome = run("train", sessions, "-o", tmp_path / "m", "--preset", "items", "--epochs", 1)
    assert outcome.code == 0, outcome
    vectors = KeyedVectors.load(tmp_path / "m")
    assert sorted(vectors.index_to_key) == sorted(ODD)
    assert vectors.counts is not None
    assert set(vectors.counts.tolist()) == {5}
    training = vectors.metadata["training"]
    assert training["epochs"] == 1  # what is given goes before the preset
    assert (training["window"], training["shrink_window"]) == (100, False)
    assert vectors.metadata["corpus"]["min_count"] == 1
    fewer = ("--preset", "items", "--min-count", 6)
    assert run("train", sessions, "-o", tmp_path / "n", *fewer).code == 2


def test_a_damaged_input_ends_with_a_model_and_exit_1(run: Run, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "d.xml", n_pages=30, broken_at=20)
    outcome = run("train", dump, "-o", tmp_path / "m", *SMALL)
    assert outcome.code == 1
    assert "20 documents are kept" in outcome.err
    assert len(KeyedVectors.load(tmp_path / "m").metadata["damages"]) == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--loss", "none"],
        ["--architecture", "glove"],
        ["--vector-size", "0"],
        ["--vector-size", "1000000000"],
        ["--window", "0"],
        ["--negative", "0"],
        ["--epochs", "0"],
        ["--alpha", "0"],
        ["--alpha", "nan"],
        ["--sample", "-1"],
        ["--threads", "0"],
        ["--seed", "-1"],
        ["--min-count", "1000000"],
        ["--negative-exponent", "inf"],
        ["--min-alpha", "1"],
    ],
)
def test_impossible_options(
    fail: Run, corpus_folder: Path, tmp_path: Path, options: list[str]
) -> None:
    fail("train", corpus_folder, "-o", tmp_path / "m", *options, code=2)
    assert not list(tmp_path.iterdir())


def test_what_is_no_input_is_one_line(
    fail: Run, corpus_folder: Path, model_folder: Path, tmp_path: Path
) -> None:
    fail("train", model_folder, "-o", tmp_path / "m")
    fail("train", corpus_folder, corpus_folder, "-o", tmp_path / "m", code=2)
    fail("train", "-o", tmp_path / "m", code=2)


def test_a_place_that_is_not_writable_or_taken(
    fail: Run, corpus_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter").write_text("mine")
    (tmp_path / "x.partial").mkdir()
    (tmp_path / "x.partial" / "letter").write_text("mine")
    fail("train", corpus_folder, "-o", tmp_path / "file" / "m")
    fail("train", corpus_folder, "-o", "/proc/nothing/m")
    for name in ("file", "folder", "x"):
        fail("train", corpus_folder, "-o", tmp_path / name, code=2)
    for name in ("file", "folder/letter", "x.partial/letter"):
        assert (tmp_path / name).read_text() == "mine"


def test_a_full_disk_keeps_what_is_done_and_says_how_to_go_on(
    run: Run, fail: Run, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("train", text_file, "-o", tmp_path / "m", *SMALL)

    def refuse(*args: object, **kwargs: object) -> None:
        raise StorageError("can't write x: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("embedrec.vectors.folder.save_tensors", refuse)
        assert "train --resume" in fail(*words).err
    assert peek_kind(tmp_path / "m.partial" / "corpus") == "corpus"
    assert run(*words, "--resume").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_text_with_nothing_to_learn_is_one_line(fail: Run, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("李白\n" * 50 + "杜甫\n" * 50, encoding="utf-8")
    outcome = fail("train", text, "-o", tmp_path / "m", "--vector-size", 4, "--workers", 1)
    assert "nothing to learn" in outcome.err
    assert "longer sentences, or a larger sample (now 0.0001)" in outcome.err
    assert not (tmp_path / "m").exists()
