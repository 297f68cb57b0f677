"""The demo, and where its sample is found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import embedrec
from embedrec.cli import demo as demo_module
from embedrec.cli import transfer
from embedrec.cli.sources import SAMPLE_NAME, find_corpora, load_sources
from embedrec.errors import InputError
from tests.cli.conftest import Run, write_dump


def test_the_sample_is_found_in_a_checkout_and_in_a_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_corpora(SAMPLE_NAME).name == SAMPLE_NAME
    (tmp_path / "embedrec" / "corpora").mkdir(parents=True)
    (tmp_path / "embedrec" / "corpora" / SAMPLE_NAME).write_bytes(b"x")
    monkeypatch.setattr(embedrec, "__file__", str(tmp_path / "embedrec" / "__init__.py"))
    assert find_corpora(SAMPLE_NAME).read_bytes() == b"x"
    with pytest.raises(InputError, match="install embedrec again"):
        find_corpora("nothing.toml")


def test_every_wiki_on_record_has_a_code_that_download_takes(
    fail: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "SECONDS_BEFORE_RETRY", 0.0)
    sources = load_sources()
    assert "zhwiki" in [wiki["code"] for wiki in sources["wiki"]]
    for wiki in sources["wiki"]:
        # Nobody listens there: the name was accepted and the server asked for.
        outcome = fail("download", wiki["code"], "--base-url", "http://127.0.0.1:9")
        assert f"http://127.0.0.1:9/{wiki['code']}/latest/" in outcome.err


@pytest.fixture
def small_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo on a few pages, with words that these hold."""
    dump = write_dump(tmp_path / "sample.xml.bz2")
    monkeypatch.setattr(demo_module, "find_corpora", lambda name: dump)
    monkeypatch.setattr(demo_module, "TRAINING", {"vector_size": 8, "epochs": 2})
    monkeypatch.setattr(demo_module, "WORDS", ("李白", "北京", "not there"))
    monkeypatch.setattr(demo_module, "ANALOGIES", (("李白", "诗人", "北京"), ("x", "y", "z")))
    monkeypatch.setattr(demo_module, "HISTORY", ("李白", "not there"))
    return tmp_path / "out"


def test_demo_shows_answers_and_what_to_do_next(
    run: Run, small_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["embedrec"])
    outcome = run("demo", "-o", small_demo)
    assert outcome.code == 0, outcome
    assert "\n  李白" in outcome.out
    assert "李白 : 诗人 = 北京 : " in outcome.out
    assert "because of 李白" in outcome.out
    for line in outcome.out.splitlines():
        if line.startswith(f"  embedrec info {small_demo}"):
            assert run(*line.split()[1:]).code == 0
            break
    else:
        pytest.fail("it names no command to go on with")
    again = run("demo", "-o", small_demo)
    assert again.code == 0
    assert "used as it is" in again.err


def test_demo_says_where_its_temporary_folder_is(
    run: Run, small_demo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo_module.tempfile, "mkdtemp", lambda prefix: str(tmp_path / prefix))
    assert f"{tmp_path}/embedrec-demo-/model" in run("demo").out


def test_demo_into_a_file_is_one_line(fail: Run, small_demo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    fail("demo", "-o", tmp_path / "file")


@pytest.mark.long
def test_the_real_demo_leads_where_it_should(run: Run, tmp_path: Path) -> None:
    assert run("demo", "-o", tmp_path / "demo").code == 0
    model = tmp_path / "demo" / "model"
    near = {
        word: [item["word"] for item in run("similar", model, word, "--json").json["results"]]
        for word in ("周杰伦", "北京", "李白")
    }
    assert "方文山" in near["周杰伦"]
    assert "杜甫" in near["李白"]
    assert {"上海", "天津", "南京", "广州", "重庆"} & set(near["北京"])
