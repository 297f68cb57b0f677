"""`embedrec corpus`: build, text, stats, and what may be wrong with an input."""

from __future__ import annotations

import bz2
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedrec.corpus.shards import Corpus
from embedrec.errors import StorageError
from tests.cli.conftest import Run, write_dump, write_text


def list_files(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"
    }


def test_build_says_what_it_made(run: Run, text_file: Path, tmp_path: Path) -> None:
    outcome = run("corpus", "build", text_file, "-o", tmp_path / "c", "--workers", 1)
    corpus = Corpus.open(tmp_path / "c", verify=True)
    assert outcome.code == 0
    assert f"{corpus.n_tokens:,} tokens" in outcome.out
    assert "广州" in corpus.vocabulary
    assert run("corpus", "build", text_file, "-o", tmp_path / "d", "-q").out == ""


def test_workers_make_no_difference(run: Run, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "d.xml.bz2")
    for name, n in (("one", 1), ("two", 2)):
        assert run("corpus", "build", dump, "-o", tmp_path / name, "--workers", n).code == 0
    assert list_files(tmp_path / "one") == list_files(tmp_path / "two")


@pytest.mark.parametrize(
    ("options", "there", "gone"),
    [
        (["--script", "keep"], ["廣州", "城市"], ["广州"]),
        (["--script", "traditional"], ["廣州", "詩人"], ["诗人"]),
        (["--punctuation", "keep"], ["，"], []),
        (["--max-vocab", "3"], [], ["港口"]),
        (["--min-count", "300"], ["诗人"], ["喝酒"]),
        (["--segmenter", "jieba"], ["唐朝"], []),
    ],
)
def test_options_reach_the_corpus(
    run: Run, text_file: Path, tmp_path: Path, options: list[str], there: list[str], gone: list[str]
) -> None:
    folder = tmp_path / "c"
    assert run("corpus", "build", text_file, "-o", folder, "--workers", 1, *options).code == 0
    words = Corpus.open(folder).vocabulary.words
    assert set(there) <= set(words)
    assert not set(gone) & set(words)


def test_a_user_dictionary_keeps_words_whole(run: Run, text_file: Path, tmp_path: Path) -> None:
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("唐朝诗人 1000 n\n", encoding="utf-8")
    folder = tmp_path / "c"
    run("corpus", "build", text_file, "-o", folder, "--workers", 1, "--user-dict", dictionary)
    corpus = Corpus.open(folder)
    assert "唐朝诗人" in corpus.vocabulary
    assert corpus.user_dict is not None


def test_segmented_input_is_taken_as_it_is(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "s.txt"
    path.write_text("唐朝诗 人Ａ x,y\n" * 9, encoding="utf-8")
    folder = tmp_path / "c"
    run("corpus", "build", path, "-o", folder, "--workers", 1, "--segmenter", "whitespace")
    assert sorted(Corpus.open(folder).vocabulary.words) == ["x,y", "人Ａ", "唐朝诗"]


def test_a_finished_corpus_is_used_again_and_never_replaced(
    run: Run, fail: Run, text_file: Path, tmp_path: Path
) -> None:
    words = ("corpus", "build", text_file, "-o", tmp_path / "c", "--workers", 1)
    run(*words)
    before = list_files(tmp_path / "c")
    assert "there already" in run(*words).err
    assert "min_count was 5 and is now 7" in fail(*words, "--min-count", 7, code=2).err
    assert list_files(tmp_path / "c") == before


def test_text_prints_clean_sentences(run: Run, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "d.xml.bz2", n_pages=2)
    lines = run("corpus", "text", dump).out.splitlines()
    assert lines[0] == "页：他，李白是唐朝诗人，写诗喝酒。"
    assert "广州是城市，有火车站和港口。" in run("corpus", "text", write_text(tmp_path / "t")).out
    words = run("corpus", "text", dump, "--segmented").out.splitlines()
    assert words[1] == "杜甫 是 唐朝 诗人 也 写诗"


def test_text_into_head_ends_quietly(tmp_path: Path) -> None:
    path = write_text(tmp_path / "t.txt", 20_000)
    command = f'"{sys.executable}" -m embedrec corpus text "{path}" | head -n 2; '
    done = subprocess.run(
        ["bash", "-c", command + 'echo "${PIPESTATUS[0]}"'], capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[2] == "0"


def test_text_is_utf8_whatever_the_locale(text_file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "embedrec", "corpus", "text", str(text_file)],
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
    )
    assert done.returncode == 0
    assert "李白" in done.stdout.decode("utf-8")


def test_stats_in_both_forms(run: Run, corpus_folder: Path) -> None:
    corpus = Corpus.open(corpus_folder)
    found = run("corpus", "stats", corpus_folder, "--json").json
    assert found["n_tokens"] == corpus.n_tokens
    assert found["most_frequent"][0] == {
        "word": corpus.vocabulary.words[0],
        "count": int(corpus.vocabulary.counts[0]),
    }
    assert found["text"]["script"] == "simplified"
    shown = run("corpus", "stats", corpus_folder).out
    assert f"{corpus.n_tokens:,}" in shown
    assert "simplified" in shown


def make_bad_input(path: Path, what: str) -> Path:
    dump = write_dump(path.with_name("whole.xml.bz2"), n_pages=2000).read_bytes()
    contents = {
        "empty": b"",
        "blank": b" \n\n",
        "binary": bytes(range(256)) * 20,
        "zip": b"PK\x03\x04" + bytes(100),
        "nothing usable": dump[:200],
        "truncated": dump[: len(dump) // 2],
        "not UTF-8": "李白是诗人。\n".encode() * 50 + b"\xff\xfe\xfd\n" + "王维。\n".encode(),
        "JSON": b'{"text": "\xe6\x9d\x8e\xe7\x99\xbd\xe6\x98\xaf\xe8\xaf\x97\xe4\xba\xba"}\n' * 9
        + b'{"text": \n',
        "no article": b"<mediawiki><page><title>User:a</title><ns>2</ns><id>1</id><revision>"
        b"<id>1</id><text>a</text></revision></page></mediawiki>",
    }
    if what == "truncated":
        # Blocks of bz2 are read as a whole: the first must be complete to hold something.
        stream = bz2.compress(bz2.decompress(dump), 1)
        contents["truncated"] = stream[: len(stream) * 3 // 4]
    if what == "broken XML":
        write_dump(path, n_pages=30, broken_at=20)
    elif what != "missing":
        path.write_bytes(contents[what])
    return path


@pytest.mark.parametrize(
    "what", ["missing", "empty", "blank", "binary", "zip", "nothing usable", "no article"]
)
@pytest.mark.parametrize("command", ["build", "text", "train"])
def test_unusable_input_is_one_line(fail: Run, tmp_path: Path, what: str, command: str) -> None:
    path = make_bad_input(tmp_path / "input", what)
    out = tmp_path / "out"
    words = {
        "build": ["corpus", "build", path, "-o", out, "--workers", 1],
        "text": ["corpus", "text", path],
        "train": ["train", path, "-o", out, "--workers", 1],
    }
    assert str(path) in fail(*words[command]).err
    assert not out.exists()


@pytest.mark.parametrize("what", ["truncated", "broken XML", "not UTF-8", "JSON"])
def test_what_stands_before_a_damaged_point_is_kept(run: Run, tmp_path: Path, what: str) -> None:
    path = make_bad_input(tmp_path / "input", what)
    folder = tmp_path / "c"
    words = ("corpus", "build", path, "-o", folder, "--workers", 1, "--min-count", 1)
    outcome = run(*words)
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert str(path) in outcome.err
    assert "kept" in outcome.err
    corpus = Corpus.open(folder, verify=True)
    assert corpus.n_tokens > 0
    assert len(corpus.manifest.facts["damages"]) == 1
    again = run("corpus", "text", path)
    assert (again.code, again.err) == (1, outcome.err)
    assert again.out
    assert run(*words).code == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--min-count", "100000"], 2),
        (["--min-count", "0"], 2),
        (["--max-vocab", "0"], 2),
        (["--workers", "0"], 2),
        (["--segmenter", "mine"], 2),
        (["--user-dict", "/nowhere/dict.txt"], 1),
        (["--segmenter", "whitespace", "--user-dict", "d"], 2),
    ],
)
def test_impossible_options(
    fail: Run, text_file: Path, tmp_path: Path, options: list[str], code: int
) -> None:
    words = ("corpus", "build", text_file, "-o", tmp_path / "c", "--workers", 1)
    fail(*words, *options, code=code)
    assert not (tmp_path / "c").exists()


def test_a_place_that_is_not_writable(fail: Run, text_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for output in (tmp_path / "file" / "c", "/proc/nothing/c"):
        fail("corpus", "build", text_file, "-o", output, "--workers", 1)
    fail("corpus", "build", text_file, "-o", tmp_path / "file", code=2)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_keeps_what_is_done_and_says_how_to_go_on(
    run: Run, fail: Run, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("corpus", "build", text_file, "-o", tmp_path / "c", "--workers", 1)

    def refuse(*args: object, **kwargs: object) -> None:
        raise StorageError("can't write x: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("embedrec.corpus.encoder.write_final_shards", refuse)
        outcome = fail(*words)
    assert "corpus build --resume" in outcome.err
    assert (tmp_path / "c.partial").is_dir()
    assert run(*words, "--resume").code == 0
    assert not (tmp_path / "c.partial").exists()


@pytest.mark.parametrize("what", ["missing shard", "short shard", "newer", "no JSON", "words"])
def test_a_damaged_corpus_is_one_line(
    run: Run, fail: Run, text_file: Path, tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "c"
    run("corpus", "build", text_file, "-o", folder, "--workers", 1)
    manifest = folder / "manifest.json"
    if what == "missing shard":
        (folder / "shard-00000.ids").unlink()
    elif what == "short shard":
        os.truncate(folder / "shard-00000.ids", 100)
    elif what == "newer":
        content = json.loads(manifest.read_text(encoding="utf-8"))
        manifest.write_text(json.dumps({**content, "format_version": 99}), encoding="utf-8")
    elif what == "no JSON":
        manifest.write_text("{", encoding="utf-8")
    else:
        (folder / "vocabulary.txt").write_text("x\n", encoding="utf-8")
    for words in (["corpus", "stats"], ["info"]):
        assert str(folder) in fail(*words, folder).err
    assert str(folder) in fail("train", folder, "-o", tmp_path / "m").err
    assert not (tmp_path / "m").exists()


def test_a_flipped_bit_is_found_by_verify(
    run: Run, fail: Run, text_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "c"
    run("corpus", "build", text_file, "-o", folder, "--workers", 1)
    shard = folder / "shard-00000.ids"
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    assert "shard-00000.ids is damaged" in fail("info", folder, "--verify").err
