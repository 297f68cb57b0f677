"""Downloads from a local server that cuts, changes, refuses and ignores."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedrec.cli import transfer
from tests.cli.conftest import Run
from tests.cli.server import Site, serve

NAME = "xxwiki-20260101-pages-articles.xml.bz2"
DUMP = random.Random(1).randbytes(300_000)
OTHER = random.Random(2).randbytes(300_000)


def list_sums(body: bytes, name: str = NAME) -> bytes:
    lines = [
        f"{hashlib.sha1(b'no').hexdigest()}  xxwiki-20260101-pages-meta-current.xml.bz2",
        f"{hashlib.sha1(body).hexdigest()}  {name}",
    ]
    return "\n".join(lines).encode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    monkeypatch.setattr(transfer, "SECONDS_BEFORE_RETRY", 0.0)
    monkeypatch.chdir(tmp_path)
    with serve(Site()) as site:
        site.files = {
            f"/xxwiki/20260101/{NAME}": DUMP,
            "/xxwiki/20260101/xxwiki-20260101-sha1sums.txt": list_sums(DUMP),
            "/xxwiki/latest/xxwiki-latest-sha1sums.txt": list_sums(DUMP),
        }
        yield site


def replace_dump(site: Site, body: bytes) -> None:
    """A new file under the same address, with its checksum."""
    site.files[f"/xxwiki/20260101/{NAME}"] = body
    for path in list(site.files):
        if path.endswith("sha1sums.txt"):
            site.files[path] = list_sums(body)


def list_ranges(site: Site) -> list[str | None]:
    return [wanted for path, wanted in site.requests if path.endswith(NAME)]


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("date", [[], ["--date", "20260101"]])
def test_a_whole_file_arrives_under_its_own_name(
    site: Site, run: Run, tmp_path: Path, date: list[str]
) -> None:
    outcome = run("download", "xxwiki", "--base-url", site.url, *date)
    assert outcome.code == 0, outcome
    assert (tmp_path / NAME).read_bytes() == DUMP
    assert list_names(tmp_path) == [NAME]
    assert NAME in outcome.out
    assert outcome.err == ""


def test_a_cut_connection_continues_by_itself(site: Site, run: Run, tmp_path: Path) -> None:
    site.cuts = [100_000, 50_000]
    assert run("download", "xxwiki", "--base-url", site.url).code == 0
    assert (tmp_path / NAME).read_bytes() == DUMP
    assert list_ranges(site) == [None, "bytes=100000-", "bytes=150000-"]


def test_a_second_call_continues_what_the_first_left(
    site: Site, run: Run, fail: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.cuts = [120_000]
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "N_TRIES", 1)
        outcome = fail("download", "xxwiki", "--base-url", site.url)
    assert "120,000 bytes are kept" in outcome.err
    assert list_names(tmp_path) == [f"{NAME}.partial", f"{NAME}.partial.json"]
    assert run("download", "xxwiki", "--base-url", site.url, "--quiet").code == 0
    assert list_ranges(site) == [None, "bytes=120000-"]
    assert (tmp_path / NAME).read_bytes() == DUMP


def test_latest_stays_with_the_day_that_was_begun(site: Site, run: Run, tmp_path: Path) -> None:
    leave_part(tmp_path / NAME, DUMP[:1000], f"{site.url}/xxwiki/20260101/{NAME}")
    newer = NAME.replace("20260101", "20260201")
    site.files["/xxwiki/latest/xxwiki-latest-sha1sums.txt"] = list_sums(OTHER, newer)
    site.files[f"/xxwiki/20260201/{newer}"] = OTHER
    assert run("download", "xxwiki", "--base-url", site.url).code == 0
    assert list_names(tmp_path) == [NAME]


def leave_part(path: Path, body: bytes, url: str, **known: object) -> None:
    """What an interrupted transfer leaves."""
    Path(f"{path}.partial").write_bytes(body)
    tag = f'"{hashlib.md5(DUMP).hexdigest()}"'
    state = {"url": url, "etag": tag, "last_modified": "", "size": len(DUMP), **known}
    Path(f"{path}.partial.json").write_text(json.dumps(state))


@pytest.mark.parametrize("with_etag", [True, False])
def test_a_file_that_changed_in_between_starts_again(
    site: Site, run: Run, tmp_path: Path, with_etag: bool
) -> None:
    """Never half of the old file with half of the new one, tag or no tag."""
    leave_part(
        tmp_path / NAME,
        DUMP[:100_000],
        f"{site.url}/xxwiki/20260101/{NAME}",
        **({} if with_etag else {"etag": ""}),
    )
    site.with_etag = with_etag
    replace_dump(site, OTHER + b"longer")
    outcome = run("download", "xxwiki", "--base-url", site.url)
    assert outcome.code == 0, outcome
    assert (tmp_path / NAME).read_bytes() == OTHER + b"longer"


def test_a_server_without_ranges_starts_again(site: Site, run: Run, tmp_path: Path) -> None:
    site.with_ranges = False
    site.cuts = [100_000]
    outcome = run("download", "xxwiki", "--base-url", site.url)
    assert outcome.code == 0
    assert "starting again" in outcome.err
    assert (tmp_path / NAME).read_bytes() == DUMP


def test_a_part_that_is_complete_is_only_verified(site: Site, run: Run, tmp_path: Path) -> None:
    leave_part(tmp_path / NAME, DUMP, f"{site.url}/xxwiki/20260101/{NAME}")
    assert run("download", "xxwiki", "--base-url", site.url).code == 0
    assert list_ranges(site) == []


def test_a_part_of_another_address_is_not_continued(site: Site, run: Run, tmp_path: Path) -> None:
    leave_part(tmp_path / NAME, b"x" * 1000, "http://elsewhere.example/file")
    assert run("download", "xxwiki", "--base-url", site.url).code == 0
    assert (tmp_path / NAME).read_bytes() == DUMP


def test_a_part_longer_than_the_file_is_dropped(site: Site, run: Run, tmp_path: Path) -> None:
    """The server answers 416; what is there can't be a part of its file."""
    url = f"{site.url}/xxwiki/20260101/{NAME}"
    leave_part(tmp_path / NAME, DUMP + b"more", url, size=-1)
    assert run("download", "xxwiki", "--base-url", site.url).code == 0
    assert (tmp_path / NAME).read_bytes() == DUMP


def test_a_wrong_checksum_is_an_error_and_the_file_goes(
    site: Site, fail: Run, tmp_path: Path
) -> None:
    site.files[f"/xxwiki/20260101/{NAME}"] = OTHER
    outcome = fail("download", "xxwiki", "--base-url", site.url)
    assert "sha1" in outcome.err
    assert list_names(tmp_path) == []


def test_a_passing_refusal_is_tried_again(site: Site, run: Run) -> None:
    site.refusals = [503, 429]
    assert run("download", "xxwiki", "--base-url", site.url).code == 0


def test_a_lasting_refusal_is_one_line(site: Site, fail: Run) -> None:
    site.refusals = [503] * 20
    assert "503" in fail("download", "xxwiki", "--base-url", site.url).err


def test_an_unknown_wiki_is_one_line(site: Site, fail: Run) -> None:
    outcome = fail("download", "nowiki", "--base-url", site.url)
    assert "404" in outcome.err
    assert "nowiki" in outcome.err


def test_a_server_that_is_not_there_is_one_line(site: Site, fail: Run) -> None:
    assert "127.0.0.1:9" in fail("download", "xxwiki", "--base-url", "http://127.0.0.1:9").err


@pytest.mark.parametrize(
    "words",
    [["zh wiki"], ["../zhwiki"], ["zhwiki", "--date", "today"], ["zhwiki", "--base-url", "x"]],
)
def test_an_impossible_request_is_a_usage_error(fail: Run, words: list[str]) -> None:
    fail("download", *words, code=2)


def test_a_list_without_the_dump_names_the_way_out(site: Site, fail: Run) -> None:
    site.files["/xxwiki/latest/xxwiki-latest-sha1sums.txt"] = b"abc  something else\n"
    assert "--date" in fail("download", "xxwiki", "--base-url", site.url).err


def test_what_is_here_already_is_not_fetched_again(site: Site, run: Run, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(DUMP)
    outcome = run("download", "xxwiki", "--base-url", site.url)
    assert outcome.code == 0
    assert "already" in outcome.err
    assert list_ranges(site) == []


def test_another_file_of_that_name_stays(site: Site, fail: Run, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"mine")
    fail("download", "xxwiki", "--base-url", site.url)
    assert (tmp_path / NAME).read_bytes() == b"mine"


def test_output_may_be_a_file_or_a_folder(site: Site, run: Run, tmp_path: Path) -> None:
    file, folder = tmp_path / "a" / "dump.bz2", tmp_path / "folder"
    folder.mkdir()
    assert run("download", "xxwiki", "--base-url", site.url, "-o", file).code == 0
    assert run("download", "xxwiki", "--base-url", site.url, "-o", folder).code == 0
    assert file.read_bytes() == (folder / NAME).read_bytes() == DUMP


def test_a_disk_without_room_is_refused_before_the_transfer(
    site: Site, fail: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage)
    assert "300,000 bytes" in fail("download", "xxwiki", "--base-url", site.url).err


def test_a_disk_that_fills_up_keeps_what_came(
    site: Site, fail: Run, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_append", lambda *args: _append_little(*args, refuse))
        assert "disk is full" in fail("download", "xxwiki", "--base-url", site.url).err
    assert run("download", "xxwiki", "--base-url", site.url).code == 0
    assert list_ranges(site)[-1] == "bytes=262144-"
    assert (tmp_path / NAME).read_bytes() == DUMP


def _append_little(response, part, have, here, progress, refuse):  # type: ignore[no-untyped-def]
    with transfer.naming_write_errors(part), open(part, "ab") as file:
        file.write(response.read(transfer.CHUNK_SIZE))
        file.flush()
        refuse()
