"""A language model keeps the user dictionary that its text was cut with, and can be moved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ENTRY = "唐朝诗人 1000 n\n"


@pytest.fixture(params=["corpus", "text"])
def moved(run, request, text_file: Path, tmp_path: Path) -> Path:
    """A model at another place; what it was made from is gone."""
    made = tmp_path / "made"
    made.mkdir()
    dictionary, folder = made / "dict.txt", made / "m"
    dictionary.write_text(ENTRY, encoding="utf-8")
    source, options = text_file, ["--segmenter", "jieba", "--user-dict", dictionary]
    if request.param == "corpus":
        source = made / "corpus"
        build = ["corpus", "build", text_file, "-o", source, "--workers", 1, "-q"]
        assert run(*build, "--user-dict", dictionary).code == 0
        dictionary.unlink()
        options = []
    train = ["lm", "train", source, "-o", folder, "--model", "kn", "--order", 3, "-q"]
    assert run(*train, *options).code == 0
    place = tmp_path / "elsewhere" / "model"
    place.parent.mkdir()
    shutil.move(folder, place)
    shutil.rmtree(made)
    return place


def test_queries_are_cut_with_it_after_a_move(run, moved: Path, tmp_path: Path) -> None:
    # Without the dictionary the word is two, 唐朝 and 诗人, and neither stands in the text.
    found = run("lm", "suggest", moved, "杜甫是唐朝诗人", "--json").json["results"]
    assert found[0]["word"] in ("写诗", "也")
    sentence = tmp_path / "s.txt"
    sentence.write_text("李白是唐朝诗人\n", encoding="utf-8")
    (result,) = run("lm", "score", moved, sentence, "--words", "--unknown", "reject",
                    "--json").json["results"]  # fmt: skip
    assert "唐朝诗人" in [word for word, _ in result["words"]]
    assert (moved / "user_dict.txt").read_text(encoding="utf-8") == ENTRY


def test_a_loaded_model_saves_it_again(run, moved: Path, tmp_path: Path) -> None:
    from embedrec.models.language.load import load_language_model

    model = load_language_model(moved)
    shutil.rmtree(moved)
    model.save(tmp_path / "again")
    model.save(tmp_path / "again")  # over itself
    assert (tmp_path / "again" / "user_dict.txt").read_text(encoding="utf-8") == ENTRY
    assert run("lm", "suggest", tmp_path / "again", "王维是唐朝诗人").code == 0


def test_a_damaged_copy_is_named(fail, moved: Path) -> None:
    (moved / "user_dict.txt").write_text("别的 5\n", encoding="utf-8")
    assert "user_dict.txt" in fail("lm", "suggest", moved, "李白").err
    (moved / "user_dict.txt").unlink()
    assert "user_dict.txt" in fail("lm", "suggest", moved, "李白").err


def test_dictionaries_that_can_not_be(fail, run, text_file: Path, tmp_path: Path) -> None:
    dictionary = tmp_path / "d.txt"
    train = ["lm", "train", text_file, "-o", tmp_path / "m", "--model", "kn"]
    assert "d.txt" in fail(*train, "--segmenter", "jieba", "--user-dict", dictionary).err
    dictionary.write_text(ENTRY, encoding="utf-8")
    assert "--user-dict" in fail(*train, "--unit", "character", "--user-dict", dictionary,
                                 code=2).err  # fmt: skip
    assert "segmented already" in fail(*train, "--user-dict", dictionary, code=2).err
