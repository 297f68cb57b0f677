"""Manifests: what decides a match, and what a reader says of one it can't use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from embedrec.errors import CorruptedError, InputError, VersionError
from embedrec.files import compute_checksum
from embedrec.manifest import (
    Manifest,
    collect_versions,
    hash_inputs,
    load_manifest,
    peek_kind,
)


def make(**changes: Any) -> Manifest:
    content: dict[str, Any] = {
        "kind": "corpus",
        "format_version": 1,
        "inputs": {"a.txt": "sha256:00"},
        "parameters": {"min_count": 5, "script": "simplified"},
        "facts": {"n_tokens": 7},
        "versions": {"embedrec": "0.1"},
    }
    return Manifest(**{**content, **changes})


def test_round_trip(tmp_path: Path) -> None:
    manifest = make(files={"词.txt": "sha256:11"})
    manifest.save(tmp_path)
    assert load_manifest(tmp_path, "corpus", 1) == manifest
    assert peek_kind(tmp_path) == "corpus"


def test_facts_and_versions_never_decide() -> None:
    other = make(facts={"n_tokens": 8}, versions={}, files={"x": "y"})
    assert make().describe_difference(other) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "vectors"}, "it is a vectors, not a corpus"),
        ({"format_version": 2}, "its format version is 2, not 1"),
        (
            {"parameters": {"min_count": 3, "script": "simplified"}},
            "parameter min_count was 3 and is now 5",
        ),
        ({"parameters": {"script": "simplified"}}, "min_count was absent and is now 5"),
        (
            {"parameters": {"min_count": 5, "script": "simplified", "more": 1}},
            "more was 1 and is now absent",
        ),
        ({"inputs": {"a.txt": "sha256:22"}}, "input a.txt was sha256:22 and is now sha256:00"),
        ({"inputs": {}}, "input a.txt was absent"),
    ],
)
def test_difference_is_named(changes: dict[str, Any], words: str) -> None:
    difference = make().describe_difference(make(**changes))
    assert difference is not None
    assert words in difference


def test_difference_stays_short() -> None:
    difference = make().describe_difference(
        make(parameters={"min_count": "x" * 10_000, "script": "simplified"})
    )
    assert difference is not None
    assert len(difference) < 150


def test_what_was_saved_matches_what_is_asked_again(tmp_path: Path) -> None:
    manifest = make(parameters={"sizes": (1, 2), "nested": {"pair": (1.5, None)}})
    manifest.save(tmp_path)
    assert manifest.describe_difference(load_manifest(tmp_path, "corpus", 1)) is None
    changed = make(parameters={"sizes": (1, 3), "nested": {"pair": (1.5, None)}})
    assert changed.describe_difference(load_manifest(tmp_path, "corpus", 1)) is not None


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_bytes(name.encode())
    manifest = make(files=hash_inputs({n: tmp_path / n for n in ("a.bin", "b.bin")}))
    manifest.verify_files(tmp_path)
    (tmp_path / "b.bin").write_bytes(b"B.bin")
    with pytest.raises(CorruptedError, match=r"b\.bin is damaged"):
        manifest.verify_files(tmp_path)
    (tmp_path / "b.bin").unlink()
    with pytest.raises(CorruptedError, match=r"b\.bin is missing"):
        manifest.verify_files(tmp_path)


def test_hash_inputs_names_the_missing_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    assert hash_inputs({"x": tmp_path / "a"}) == {"x": compute_checksum(tmp_path / "a")}
    with pytest.raises(InputError, match="absent"):
        hash_inputs({"x": tmp_path / "absent"})


def test_no_folder_and_no_manifest_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no corpus at .*absent"):
        load_manifest(tmp_path / "absent", "corpus", 1)
    with pytest.raises(InputError, match=r"is not a corpus: it has no manifest\.json"):
        load_manifest(tmp_path, "corpus", 1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is not a corpus"):
        load_manifest(tmp_path / "file", "corpus", 1)
    assert peek_kind(tmp_path) is None
    assert peek_kind(tmp_path / "absent") is None


def test_other_kind_is_named(tmp_path: Path) -> None:
    make(kind="vectors").save(tmp_path)
    with pytest.raises(InputError, match="is of the kind vectors, and the kind corpus is needed"):
        load_manifest(tmp_path, "corpus", 1)


def write_raw(folder: Path, content: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")


def test_newer_version_says_upgrade_even_with_fields_from_the_future(tmp_path: Path) -> None:
    write_raw(tmp_path, {"kind": "corpus", "format_version": 2, "blocks": [], "inputs": []})
    with pytest.raises(VersionError, match=r"format version 2, .* up to 1; upgrade embedrec"):
        load_manifest(tmp_path, "corpus", 1)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"kind": "corpus"},
        {"kind": 3, "format_version": 1},
        {"kind": "corpus", "format_version": "1"},
        {"kind": "corpus", "format_version": True},
        {"kind": "corpus", "format_version": 1, "unheard_of": 1},
        {"kind": "corpus", "format_version": 1, "files": ["a"]},
        {"kind": "corpus", "format_version": 1, "parameters": None},
    ],
)
def test_unreadable_manifest_is_one_line(tmp_path: Path, content: Any) -> None:
    write_raw(tmp_path, content)
    with pytest.raises(CorruptedError, match=r"manifest\.json"):
        load_manifest(tmp_path, "corpus", 1)


def test_peek_does_not_make_a_kind_up(tmp_path: Path) -> None:
    write_raw(tmp_path, {"format_version": 1})
    assert peek_kind(tmp_path) is None


def test_versions_name_this_package() -> None:
    versions = collect_versions(numpy="2")
    assert versions["numpy"] == "2"
    assert {"embedrec", "python"} < set(versions)
