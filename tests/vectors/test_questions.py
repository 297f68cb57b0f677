from __future__ import annotations

from pathlib import Path

import pytest

from embedrec.errors import InputError
from embedrec.vectors.questions import NO_SECTION, read_analogies, read_pairs


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "set.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_reads_sections(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff# note\n: 首都\r\n中国 北京 日本 东京\r\n\n:family\na\tb c d")
    assert read_analogies(path) == {
        "首都": [("中国", "北京", "日本", "东京")],
        "family": [("a", "b", "c", "d")],
    }
    assert read_analogies(write(tmp_path, "a b c d\n: x\n: y\ne f g h\n: x\ni j k l\n")) == {
        NO_SECTION: [("a", "b", "c", "d")],
        "x": [("i", "j", "k", "l")],
        "y": [("e", "f", "g", "h")],
    }


@pytest.mark.parametrize(
    ("content", "pairs"),
    [
        ("a\tb\t1.5\nc\td\t-2", [("a", "b", 1.5), ("c", "d", -2.0)]),
        ("# c\n# d\na b 1e1\r\n\r\nc d 2\n", [("a", "b", 10.0), ("c", "d", 2.0)]),
        ("Word 1,Word 2,Human (mean)\nlove,sex,6.77\n", [("love", "sex", 6.77)]),
        (
            "word1\tword2\tPOS\tscore\tother\nold\tnew\tA\t1.58\t2\nbig\tbroad\tA\t5\t3\n",
            [("old", "new", 1.58), ("big", "broad", 5.0)],
        ),
        ("New York\tcity\t7\n", [("New York", "city", 7.0)]),
    ],
)
def test_reads_pairs(tmp_path: Path, content: str, pairs: list[tuple[str, str, float]]) -> None:
    assert read_pairs(write(tmp_path, content)) == pairs


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (": x\na b c d\na b c\n", "line 3: 3 words where an analogy has 4"),
        ("a b c d e\n", "line 1: 5 words"),
        ("a\tb\t1.5\n", "is a word similarity file"),
        ("", "no analogy questions"),
        (": x\n", "no analogy questions"),
        (b": x\na b c \xff\n", "line 2 is not valid UTF-8"),
    ],
)
def test_bad_analogies_are_named(tmp_path: Path, content: str | bytes, part: str) -> None:
    with pytest.raises(InputError, match=part):
        read_analogies(write(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("a\tb\t1\nc\td\n", "line 2: not two words and a score"),
        ("a\tb\t1\nc\td\tx\n", "line 2: not two words and a score"),
        ("a\tb\tc\nd\te\tf\n", "line 2: not two words and a score"),
        ("a b nan\n", "holds no word pairs"),
        ("a b inf\na b 1\nc d inf\n", "line 3"),
        (": x\na b c d\n", "is an analogy file"),
        ("a b c d\n", "is an analogy file"),
        ("hello\n", "line 1: not two words"),
        ("# only\n", "no word pairs"),
        (b"a b 1\nc \xff 2\n", "line 2 is not valid UTF-8"),
    ],
)
def test_bad_pairs_are_named(tmp_path: Path, content: str | bytes, part: str) -> None:
    with pytest.raises(InputError, match=part):
        read_pairs(write(tmp_path, content))


def test_missing_files_are_named(tmp_path: Path) -> None:
    for read in (read_analogies, read_pairs):
        with pytest.raises(InputError, match=r"nothing\.txt"):
            read(tmp_path / "nothing.txt")
        with pytest.raises(InputError, match="can't read"):
            read(tmp_path)


@pytest.mark.data
def test_every_shared_set_is_read(data: Path) -> None:
    counts = {
        "zh_eval/analogy-cwe.txt": 953,
        "zh_eval/ca_translated.txt": 953,
        "zh_eval/ca8_semantic.txt": 4801,
        "zh_eval/ca8_morphological.txt": 5089,
        "en_eval/questions-words.txt": 19544,
    }
    for name, count in counts.items():
        assert sum(map(len, read_analogies(data / name).values())) == count, name
        with pytest.raises(InputError, match="is an analogy file"):
            read_pairs(data / name)
    counts = {
        "zh_eval/wordsim-240.txt": 240,
        "en_eval/wordsim353.tsv": 353,
        "en_eval/simlex999.txt": 999,
        "en_eval/MEN-TR-3k.txt": 3000,
    }
    for name, count in counts.items():
        assert len(read_pairs(data / name)) == count, name
        with pytest.raises(InputError, match="is a word similarity file"):
            read_analogies(data / name)
