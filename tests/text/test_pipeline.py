"""Documents to words: kinds of documents, queries, records of what made a corpus."""

from __future__ import annotations

import json
import lzma
import pickle
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, InputError, ParameterError, VersionError
from embedrec.text import pipeline as pipeline_module
from embedrec.text.document import RawDocument
from embedrec.text.pipeline import TextPipeline, TextSettings


def cut(text: str, markup: str = "plain", **settings: str) -> list[list[str]]:
    return list(TextPipeline(TextSettings(**settings))(RawDocument("", text, markup)))


@cache
def open_default() -> TextPipeline:
    return TextPipeline()


def test_wikitext() -> None:
    text = (
        "'''周杰倫'''，[[臺灣]]創作歌手。{{模板}}\n他與[[方文山|方]]合作&mdash;[http://x.com 網]。"
    )
    assert cut(text, "wikitext") == [
        ["周杰伦", "台湾", "创作", "歌手"],
        ["他", "与", "方", "合作", "网"],
    ]


def test_conversion_marks_decide_in_wikitext_and_in_extracted_text() -> None:
    text = "-{zh-hans:甲乙;zh-hant:丙丁}-是。"
    for markup in ("wikitext", "plain"):
        assert "".join(cut(text, markup)[0]) == "甲乙是"
        assert "".join(cut(text, markup, script="traditional")[0]) == "丙丁是"


def test_entities_left_in_extracted_text_are_resolved() -> None:
    assert cut("AT&amp;T 中国&nbsp;人") == [["at&t", "中国", "人"]]


def test_segmented_documents_stay_as_they_are() -> None:
    text = "周杰倫 是 Singer ， ＡＢ\n\n第 二 句 1998 。 三\n"
    expected = [["周杰倫", "是", "Singer", "，", "ＡＢ"], ["第", "二", "句", "1998", "。", "三"]]
    assert cut(text, "segmented", segmenter="whitespace") == expected
    assert cut(text, "segmented", segmenter="whitespace", digits="drop") == expected


def test_whitespace_segmenter_on_markup_splits_sentences_and_takes_words() -> None:
    assert cut("'''A''' b, cd. D e", "wikitext", segmenter="whitespace") == [
        ["A", "b,", "cd."],
        ["D", "e"],
    ]


def test_rules_apply() -> None:
    text = "ＰＣ在1998年卖T恤，OK。。。"
    assert cut(text) == [["pc", "在", "1998", "年", "卖", "t恤", "ok"]]
    assert cut(text, digits="zero", latin="drop") == [["在", "0000", "年", "卖", "T恤"]]
    assert cut(text, punctuation="keep", latin="keep")[0][-4:] == ["OK", "。", "。", "。"]
    assert "，" in cut(text, punctuation="keep")[0]


def test_script() -> None:
    assert "".join(cut("頭髮与发展", script="traditional")[0]) == "頭髮與發展"
    assert cut("頭髮与发展") == [["头发", "与", "发展"]]
    assert "".join(cut("頭髮与发展", script="keep")[0]) == "頭髮与发展"


def test_punctuation_alone_gives_no_sentence() -> None:
    assert cut("。。。\n！！\n —— \n") == []
    assert cut("") == []


def test_long_sentences_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "MAX_SENTENCE_WORDS", 7)
    for markup, segmenter in (("plain", "auto"), ("segmented", "whitespace")):
        sentences = cut("a b c d e f g h i j k l m n o p", markup, segmenter=segmenter)
        assert [len(sentence) for sentence in sentences] == [7, 7, 2]


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("中国人民的是一在,。！. aB1%-\n\x00㐀臺灣Ａ\u200b"), max_size=60))
def test_a_document_is_cut_sentence_by_sentence(text: str) -> None:
    # The batched way must equal the plain one.
    pipe = open_default()
    document = RawDocument("", text, "plain")
    plain = [pipe._rule.apply(pipe.segmenter.cut(s)) for s in pipe.split(document)]
    assert list(pipe(document)) == [words for words in plain if words]


def test_queries_are_cut_as_text() -> None:
    pipe = TextPipeline()
    assert pipe.cut_query("周杰倫的ＡＢＣ！") == ["周杰伦", "的", "abc"]
    assert pipe.cut_query("") == []
    words = TextPipeline(TextSettings(segmenter="whitespace")).cut_query(" 周杰倫 ，a ")
    assert words == ["周杰倫", "，a"]


def test_it_travels_to_workers_with_its_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("创新办 3\n", encoding="utf-8")
    pipe = TextPipeline(TextSettings(user_dict=str(path)))
    _ = pipe.segmenter
    packed = pickle.dumps(pipe)
    path.unlink()
    copy = pickle.loads(packed)
    assert copy.cut_query("他是创新办主任") == ["他", "是", "创新办", "主任"]
    assert copy.describe() == pipe.describe()
    assert copy.user_dict_text == "创新办 3\n"


def test_description_decides() -> None:
    base = TextPipeline().describe()
    assert json.loads(json.dumps(base)) == base
    assert TextPipeline(TextSettings(segmenter="jieba")).describe() == base
    for change in (
        {"script": "keep"},
        {"punctuation": "keep"},
        {"digits": "zero"},
        {"latin": "keep"},
        {"segmenter": "whitespace"},
    ):
        assert TextPipeline(TextSettings(**change)).describe() != base
    # What has no effect makes no difference.
    plain = TextPipeline(TextSettings(segmenter="whitespace"))
    other = TextPipeline(TextSettings(segmenter="whitespace", latin="keep", script="keep"))
    assert plain.describe() == other.describe()


@pytest.mark.parametrize(
    "settings",
    [
        TextSettings(),
        TextSettings(segmenter="jieba", script="traditional", digits="zero", latin="drop"),
        TextSettings(segmenter="whitespace"),
    ],
)
def test_reopening(settings: TextSettings) -> None:
    description = TextPipeline(settings).describe()
    again = TextPipeline.from_description(json.loads(json.dumps(description)))
    assert again.describe() == description


def test_reopening_with_a_dictionary(tmp_path: Path) -> None:
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("创新办 3\n", encoding="utf-8")
    other.write_text("创新办 4\n", encoding="utf-8")
    description = TextPipeline(TextSettings(user_dict=str(path))).describe()
    assert description["user_dict_hash"]
    assert "创新办" in TextPipeline.from_description(description, path).cut_query("是创新办主任")
    with pytest.raises(CorruptedError, match=r"b\.txt"):
        TextPipeline.from_description(description, other)
    with pytest.raises(InputError, match="user dictionary"):
        TextPipeline.from_description(description)


def test_descriptions_that_cannot_be_used() -> None:
    good = TextPipeline().describe()
    for change in ({"rules_version": 99}, {"segmenter": "thulac"}):
        with pytest.raises(VersionError, match="upgrade"):
            TextPipeline.from_description({**good, **change})
    for bad in ({}, {**good, "script": "latin"}, {**good, "digits": None}):
        with pytest.raises(CorruptedError):
            TextPipeline.from_description(bad)
    lacking = dict(good)
    del lacking["latin"]
    with pytest.raises(CorruptedError, match="latin"):
        TextPipeline.from_description(lacking)


@pytest.mark.parametrize("name", ["segmenter", "script", "punctuation", "digits", "latin"])
def test_impossible_settings(name: str) -> None:
    with pytest.raises(ParameterError, match="maybe"):
        TextSettings(**{name: "maybe"})


def test_settings_that_contradict(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="whitespace"):
        TextSettings(segmenter="whitespace", user_dict=str(tmp_path / "x"))
    with pytest.raises(InputError, match="none"):
        TextPipeline(TextSettings(user_dict=str(tmp_path / "none")))


def test_facts_name_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rjieba", None)
    facts = TextPipeline().collect_facts()
    assert facts["engine"] == "jieba"
    assert facts["opencc_version"]


@pytest.mark.data
def test_shared_corpora_come_out_clean(data: Path) -> None:
    pipe = TextPipeline()
    for path in sorted((data / "zh_corpus").glob("*.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            text = "".join(islice(file, 400))
        sentences = list(pipe(RawDocument("", text, "plain")))
        assert len(sentences) > 200
        words = [word for sentence in sentences for word in sentence]
        assert all(any(map(str.isalnum, word)) for word in words)
        assert not any(set(word) & set(" \n\u3000。，ＡＢＣ０１\ufeff") for word in words)
        assert not any(word != word.lower() for word in words)
