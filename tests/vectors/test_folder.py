from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embedrec.errors import CorruptedError, InputError, ParameterError, VersionError
from embedrec.tensors import save_tensors
from embedrec.vectors.keyed import KeyedVectors

METADATA = {"text": {"segmenter": "jieba"}, "training": {"window": 5}}


@pytest.fixture
def vectors() -> KeyedVectors:
    words = ["北京", "New York", "ａ　ｂ", "\u2028", "x"]
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    return KeyedVectors(
        words, rows, counts=[9, 5, 3, 2, 2], metadata=METADATA, user_dict_text="北京 5 n\n"
    )


def test_everything_comes_back(vectors: KeyedVectors, tmp_path: Path) -> None:
    vectors.save(tmp_path / "v")
    again = KeyedVectors.load(tmp_path / "v", verify=True)
    assert again.index_to_key == vectors.index_to_key
    assert np.array_equal(again.vectors, vectors.vectors)
    assert again.counts is not None
    assert again.counts.tolist() == [9, 5, 3, 2, 2]
    assert again.metadata == METADATA
    assert again.user_dict_text == "北京 5 n\n"
    first_lines = (tmp_path / "v" / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:2]
    assert first_lines == ["北京 9", "New York 5"]
    manifest = json.loads((tmp_path / "v" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "vectors"
    assert manifest["format_version"] == 1
    assert manifest["parameters"] == METADATA
    assert sorted(manifest["files"]) == ["user_dict.txt", "vectors.safetensors", "vocabulary.txt"]


def test_without_counts_none_come_back(tmp_path: Path) -> None:
    KeyedVectors(["a"], np.ones((1, 2))).save(tmp_path / "v")
    again = KeyedVectors.load(tmp_path / "v")
    assert again.counts is None
    assert again.user_dict_text is None


def test_loading_maps_the_matrix(vectors: KeyedVectors, tmp_path: Path) -> None:
    vectors.save(tmp_path / "v")
    again = KeyedVectors.load(tmp_path / "v")
    assert isinstance(again.vectors, np.memmap)
    # A value spoilt behind its back is seen: nothing was read at loading time.
    path = tmp_path / "v" / "vectors.safetensors"
    with path.open("r+b") as file:
        file.seek(-4, 2)
        file.write(np.float32(42).tobytes())
    assert again["x"][2] == 42
    assert again.most_similar("x", topn=9)[0][0] in vectors
    with pytest.raises(CorruptedError, match=r"vectors\.safetensors"):
        KeyedVectors.load(tmp_path / "v", verify=True)


def test_a_value_that_is_not_finite_is_found_by_the_first_query(
    vectors: KeyedVectors, tmp_path: Path
) -> None:
    vectors.save(tmp_path / "v")
    with (tmp_path / "v" / "vectors.safetensors").open("r+b") as file:
        file.seek(-4, 2)
        file.write(np.float32(np.nan).tobytes())
    with pytest.raises(CorruptedError, match="vector 4 "):
        KeyedVectors.load(tmp_path / "v").most_similar("北京")


def test_extra_files_get_checksums(vectors: KeyedVectors, tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        save_tensors(folder / "training.safetensors", {"output": np.ones((5, 3), np.float32)})

    vectors.save(tmp_path / "v", extra_writer=write)
    KeyedVectors.load(tmp_path / "v", verify=True)
    with (tmp_path / "v" / "training.safetensors").open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\1")
    KeyedVectors.load(tmp_path / "v")
    with pytest.raises(CorruptedError, match=r"training\.safetensors"):
        KeyedVectors.load(tmp_path / "v", verify=True)


def test_a_failing_extra_writer_leaves_the_old_folder(
    vectors: KeyedVectors, tmp_path: Path
) -> None:
    def fail(folder: Path) -> None:
        raise RuntimeError("no")

    vectors.save(tmp_path / "v")
    with pytest.raises(RuntimeError):
        KeyedVectors(["other"], np.ones((1, 2))).save(tmp_path / "v", extra_writer=fail)
    assert KeyedVectors.load(tmp_path / "v", verify=True).index_to_key == vectors.index_to_key
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


def test_another_folder_is_never_replaced(vectors: KeyedVectors, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ParameterError, match="something other than vectors"):
        vectors.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_words_with_line_ends_are_refused(tmp_path: Path) -> None:
    for word in ("a\nb", "\n", "\ud800"):
        with pytest.raises(ParameterError, match="drop"):
            KeyedVectors([word, "c"], np.ones((2, 2))).save(tmp_path / "v")
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"a 1\n", b"a 1\nb 1\nc 1\nd 1\na 1\n", b"a\nb\nc\nd\ne\n", b"\xff 1\n" * 5,
     b"a 1\nb 1\nc 1\nd 1\n 1\n", b"a 1\nb 1\nc 1\nd 1\ne -1\n"],
)  # fmt: skip
def test_a_spoilt_word_list_is_reported(
    vectors: KeyedVectors, tmp_path: Path, content: bytes
) -> None:
    vectors.save(tmp_path / "v")
    (tmp_path / "v" / "vocabulary.txt").write_bytes(content)
    with pytest.raises(CorruptedError, match="build it again"):
        KeyedVectors.load(tmp_path / "v")


def test_missing_cut_and_newer_folders(vectors: KeyedVectors, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        KeyedVectors.load(tmp_path / "nowhere")
    folder = tmp_path / "v"
    vectors.save(folder)
    matrix = folder / "vectors.safetensors"
    matrix.write_bytes(matrix.read_bytes()[:-5])
    with pytest.raises(CorruptedError, match="cut short"):
        KeyedVectors.load(folder)
    matrix.unlink()
    with pytest.raises(CorruptedError, match="missing"):
        KeyedVectors.load(folder)
    vectors.save(folder)
    save_tensors(matrix, {"vectors": np.ones((5, 3))})
    with pytest.raises(CorruptedError, match="no float32 matrix"):
        KeyedVectors.load(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format_version": 2}))
    with pytest.raises(VersionError, match="upgrade"):
        KeyedVectors.load(folder)
    (folder / "manifest.json").write_text(json.dumps(manifest | {"kind": "corpus"}))
    with pytest.raises(InputError, match="is of the kind corpus"):
        KeyedVectors.load(folder)
