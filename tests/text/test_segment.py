"""Both engines against jieba itself: the same words on everything, and dictionaries that work."""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import lzma
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import MissingExtraError, ParameterError
from embedrec.text.segment import JiebaSegmenter, open_segmenter, open_segmenter_on_text
from embedrec.text.segment_rjieba import RjiebaSegmenter
from embedrec.text.unknown_words import UnknownWords

USER_DICT = """云计算 5
李小福 2 nr
创新办 3 i
easy_install 3 eng
好用 300
韩玉赏鉴 3 nz
八一双鹿 3 nz
台中
凱特琳 nz
Edu Trust认证 2000
中国 7
iPhone 20
区块链技术
c++11 10
γ粒子 4
的是 3
一 99
"""


@pytest.fixture(scope="module")
def reference() -> jieba.Tokenizer:
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


@pytest.fixture(scope="module")
def slow() -> Any:
    return open_slow()


@pytest.fixture(scope="module")
def fast() -> Any:
    return open_fast()


HARD = [
    "",
    " ",
    "我来到北京清华大学",
    "小明硕士毕业于中国科学院计算所，后在日本京都大学深造",
    "youtube-dl 139.4kg 1-2 www.x.com a_b 3.14 1.2.3 50% 5%3 a--b ..5 5.% -3",
    "常在一在起耍",  # a near tie in the model for unknown words
    "AT&T用C++和c#写，T恤衫在4S店1-2号",
    "AT&T-1 a.AT&T c++.1 x.c++ 1号店2.5 卡拉OK啦 阿Q-1",
    "㐀㐁中国㐂人𠀀𠀁说𪜶",  # extensions A, B, C
    "龦龧鿋鿿中国鿿",  # above jieba's last character
    "豈更車中國",  # compatibility ideographs
    "ＰＣＭＡ　１２３全角。",
    "😀我👨‍👩‍👧们🇨🇳",
    "ひらがなカタカナ한국어привет",
    "e\u0301 n\u0303 中\u0301文\u3099",
    "\ud800中国\udfff\ud83d",
    "\x00中\x00国\x00",
    "a\r\nb\n\rc\x85d\u2028e\x1ff",
    "\ufeff\u200b\xad中\u200b国",
    "的是5的是",
    "γ射线",
]


@pytest.mark.parametrize("text", HARD)
def test_hard_texts_come_out_as_jieba_cuts_them(
    text: str, reference: jieba.Tokenizer, slow: Any, fast: Any
) -> None:
    expected = list(reference.cut(text))
    assert slow.cut(text) == expected
    assert fast.cut(text) == expected
    assert "".join(expected) == text


ALPHABETS = [
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所",
    "abzABZ019",
    "+#&._%-",
    " \t\n\r\u3000，。！“”《》:/@",
    "T恤C++c#AT&T4S店1号小阿Q江南style卡拉OK",
    "㐀鿿豈𠀀\ud800\x00ＡＢ１é\u0301😀ひ한",
    "龘靐齉爩龖麤灪爨",
]


@settings(max_examples=250, deadline=None)
@given(
    st.lists(
        st.sampled_from(ALPHABETS).flatmap(lambda a: st.text(a, min_size=1, max_size=6)),
        max_size=12,
    )
)
def test_mixed_strings_come_out_as_jieba_cuts_them(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert open_fast().cut(text) == open_slow().cut(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_unicode_comes_out_as_jieba_cuts_it(text: str) -> None:
    assert open_fast().cut(text) == open_slow().cut(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("中国人的是一在a1.-% \n\x00㐀"), max_size=8), max_size=6))
def test_lines_cut_at_once_are_cut_alike(lines: list[str]) -> None:
    expected = [open_slow().cut(line) for line in lines]
    assert open_fast().cut_lines(lines) == expected
    assert open_slow().cut_lines(lines) == expected


@cache
def open_slow() -> Any:
    return open_segmenter("jieba")


@cache
def open_fast() -> Any:
    pytest.importorskip("rjieba")
    return open_segmenter("rjieba")


def test_very_long_lines(slow: Any, fast: Any) -> None:
    han = "在一起耍常" * 40_000  # 600 kB without a break
    words = fast.cut(han)
    assert "".join(words) == han
    assert words == slow.cut(han)
    names = "a-1." * 100_000
    assert fast.cut(names) == slow.cut(names)
    blanks = " " * 300_000
    assert fast.cut(blanks) == list(blanks)


def read_texts(data: Path) -> Iterator[tuple[str, str]]:
    """Yield (file name, line) of every shared Chinese text."""
    for path in sorted((data / "zh_corpus").glob("*.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield path.name, line
    for path in sorted((data / "zh_wiki").glob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            texts = map(json.loads, file) if ".jsonl" in path.name else json.load(file)
            for line in _find_strings(list(texts) if ".jsonl" in path.name else texts):
                yield path.name, line
    for path in sorted((data / "segmentation").glob("*.utf8.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield path.name, line


def _find_strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.splitlines(keepends=True)
    elif isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _find_strings(item)


@pytest.mark.data
def test_a_sample_of_all_shared_chinese_text(data: Path, slow: Any, fast: Any) -> None:
    seen: dict[str, int] = {}
    for path in sorted((data / "zh_corpus").glob("*.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for line in islice(file, 0, 12_000, 12):
                assert fast.cut(line) == slow.cut(line)
                seen[path.name] = seen.get(path.name, 0) + 1
    assert len(seen) == 7
    assert min(seen.values()) > 900


@pytest.mark.data
@pytest.mark.long
def test_all_shared_chinese_text(data: Path, slow: Any, fast: Any) -> None:
    n_lines = 0
    for name, line in read_texts(data):
        assert fast.cut(line) == slow.cut(line), (name, line)
        n_lines += 1
    assert n_lines > 1_700_000


def test_unknown_words_are_jiebas() -> None:
    from jieba import finalseg

    memory = UnknownWords(lambda word: False)
    for run in ("常在一在起耍", "龘靐", "陈冠希", "一在", "爩龖的", "杭研", "韩冰是个"):
        assert memory["\0" + "\0".join(run)] == "\0" + "\0".join(finalseg.cut(run))


def test_states_are_jiebas_to_the_last_tie() -> None:
    from jieba import finalseg

    memory = UnknownWords(lambda word: False)
    draw = random.Random(3)
    rare = "龘靐齉爩龖麤灪爨龤齾麣"
    for _ in range(3_000):
        run = "".join(
            draw.choice(rare) if draw.random() < 0.4 else chr(draw.randint(0x4E00, 0x9FD5))
            for _ in range(draw.randint(2, 9))
        )
        _, states = finalseg.viterbi(
            run, "BMES", finalseg.start_P, finalseg.trans_P, finalseg.emit_P
        )
        assert memory._find_states(run) == "".join(states)


@pytest.fixture
def user_dict(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text(USER_DICT, encoding="utf-8")
    return path


TEXTS = [
    "李小福是创新办主任也是云计算方面的专家",
    "什么是八一双鹿，例如我输入一个带“韩玉赏鉴”的标题，在自定义词库中也增加了此词为N类",
    "「台中」正確應該不會被切開。mac上可分出「石墨烯」；此時又可以分出來凱特琳了。",
    "easy_install is great, Edu Trust认证 python 的正则表达式是好用的",
    "我的iPhone和xiPhone、iPhone-1中iPhone国，区块链技术c++11-2与1-2",
    "的是的是5中国一的是一一在一起γ粒子",
]


@pytest.mark.parametrize("engine", ["jieba", "rjieba", "auto"])
def test_user_dictionaries_cut_as_in_jieba(
    engine: str, user_dict: Path, reference: jieba.Tokenizer
) -> None:
    expected = jieba.Tokenizer()
    expected.FREQ, expected.total = dict(reference.FREQ), reference.total
    expected.initialized = True
    expected.load_userdict(str(user_dict))
    segmenter = open_segmenter(engine, user_dict)
    for text in TEXTS:
        assert segmenter.cut(text) == list(expected.cut(text))
    assert "云计算" in segmenter.cut(TEXTS[0])
    assert "云计算" not in open_segmenter(engine).cut("他是云计算专家")


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text("的一是在中国人云计算aB1-.", min_size=1, max_size=5),
            st.none() | st.integers(1, 10**7),
        ),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.text("的一是在中国人云计算aB1-. ", min_size=1, max_size=30), max_size=5),
)
def test_any_user_dictionary_cuts_alike(
    entries: list[tuple[str, int | None]], texts: list[str]
) -> None:
    content = "".join(f"{w} {f}\n" if f else f"{w}\n" for w, f in entries)
    auto = open_segmenter_on_text("auto", content)
    slow = JiebaSegmenter(content)
    for text in [*texts, "".join(word for word, _ in entries)]:
        assert auto.cut(text) == slow.cut(text)


def test_a_forbidden_word_takes_jieba_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("常在 0\n中出 0\n", encoding="utf-8")
    segmenter = open_segmenter("auto", path)
    assert segmenter.engine == "jieba"
    assert "中出" in (segmenter.notice or "") or "常在" in (segmenter.notice or "")
    assert "中出" not in segmenter.cut("我们中出了一个叛徒")
    # jieba keeps forbidden words for the whole process; here they stay with their dictionary.
    assert "中出" in open_segmenter("jieba").cut("我们中出了一个叛徒")
    assert "中出" in jieba.lcut("我们中出了一个叛徒")
    pytest.importorskip("rjieba")
    with pytest.raises(ParameterError, match="常在"):
        open_segmenter("rjieba", path)


def test_engines_describe_themselves_alike(slow: Any, fast: Any) -> None:
    assert slow.describe() == fast.describe()
    assert slow.describe()["segmenter"] == "jieba"
    assert json.loads(json.dumps(slow.describe())) == slow.describe()
    assert slow.collect_facts()["engine"] == "jieba"
    assert fast.collect_facts()["engine"] == "rjieba"


def test_whitespace() -> None:
    segmenter = open_segmenter("whitespace")
    assert segmenter.cut(" 周杰伦  a,b\t\u3000x\n") == ["周杰伦", "a,b", "x"]
    assert segmenter.describe() == {"segmenter": "whitespace"}


def test_impossible_engines(user_dict: Path) -> None:
    with pytest.raises(ParameterError, match="thulac"):
        open_segmenter("thulac")
    with pytest.raises(ParameterError, match="whitespace"):
        open_segmenter("whitespace", user_dict)


def test_without_rjieba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rjieba", None)
    assert isinstance(open_segmenter("auto"), JiebaSegmenter)
    with pytest.raises(MissingExtraError, match=r'pip install "embedrec\[fast\]"'):
        open_segmenter("rjieba")


def test_only_proven_versions_of_rjieba_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rjieba")
    assert isinstance(open_segmenter("auto"), RjiebaSegmenter)
    version = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "9.9" if name == "rjieba" else version(name)
    )
    assert isinstance(open_segmenter("auto"), JiebaSegmenter)
    with pytest.raises(MissingExtraError, match=r"9\.9"):
        open_segmenter("rjieba")


def test_jieba_is_silent_and_leaves_no_cache(tmp_path: Path) -> None:
    # A poisoned cache where jieba would look for one must not be read either.
    (tmp_path / "jieba.cache").write_bytes(b"poison")
    program = (
        "from embedrec.text.segment import open_segmenter\n"
        "for engine in ('jieba', 'auto'):\n"
        "    assert open_segmenter(engine).cut('我来到北京') == ['我', '来到', '北京']\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["jieba.cache"]
    assert (tmp_path / "jieba.cache").read_bytes() == b"poison"


def test_importing_text_loads_no_engine() -> None:
    program = (
        "import sys, embedrec.text.pipeline, embedrec.text.segment, embedrec.text.script\n"
        "assert not {'jieba', 'rjieba', 'opencc', 'numba'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
