"""What a training needs is told and checked before it begins, and it takes no more."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.cli import main
from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.packed import PackedWords
from embedrec.corpus.shards import Corpus
from embedrec.errors import ParameterError, StorageError
from embedrec.files import map_array
from embedrec.kernels.word2vec import give_text
from embedrec.kernels.word2vec.ring import make_ring
from embedrec.kernels.word2vec.room import make_room
from embedrec.kernels.word2vec.windows import N_WINDOWS, make_windows
from embedrec.models.available import Available
from embedrec.models.word2vec import Word2Vec, memory
from embedrec.models.word2vec import block as block_module
from embedrec.models.word2vec.block import find_longest_sentence, iterate_blocks
from embedrec.models.word2vec.memory import (
    check_disk,
    check_memory,
    estimate_memory,
    format_bytes,
    suggest_fitting,
)
from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.plan import build_plan
from embedrec.models.word2vec.rounds import N_WORKERS, RoundRunner
from embedrec.models.word2vec.state import start_state
from embedrec.models.word2vec.workspace import TableSizes, count_thread_bytes, measure_tables
from embedrec.seeding import make_generator
from tests.models.planted import build_planted
from tests.test_files_reading import count_resident

COUNTS = np.arange(50_000, 0, -1).astype(np.uint64)
LOSSES = ("ns", "hs", "both")

TRAIN_AND_TELL = """
import sys
from pathlib import Path
from embedrec.cli import main

def read(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024

code = main(sys.argv[1:])
print(code, read("VmHWM"))
"""


def build_wide(folder: Path, n_words: int, n_sentences: int) -> Corpus:
    """Build a corpus whose words all occur, the first more often."""
    generator = np.random.default_rng(0)
    ranks = (n_words * generator.random((n_sentences, 20)) ** 3).astype(int).tolist()
    every = [[f"词{i}" for i in range(k, min(k + 20, n_words))] for k in range(0, n_words, 20)]
    sentences = every + [[f"词{i}" for i in row] for row in ranks]
    return build_corpus([sentences], list, folder, description={}, inputs={}, min_count=1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_training_takes_no_more_than_estimated(tmp_path: Path) -> None:
    corpus = build_wide(tmp_path / "corpus", 100_000, 30_000)
    estimate = estimate_memory(Parameters(vector_size=128), len(corpus.vocabulary), n_threads=2)
    assert estimate.weights == 2 * 100_000 * 128 * 4
    options = ["--vector-size", "128", "--epochs", "2", "--threads", "2"]
    for turn in range(2):  # the first may have to compile, which takes memory too
        command = ["train", str(corpus.folder), "-o", str(tmp_path / f"model{turn}"), *options]
        done = subprocess.run(
            [sys.executable, "-c", TRAIN_AND_TELL, *command],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    code, peak = map(int, done.stdout.split()[-2:])
    assert code == 0
    assert "training needs about" in done.stderr
    assert peak < estimate.total
    assert peak > 0.75 * estimate.total


def make_words(n_words: int) -> PackedWords:
    """Words of 1 to 25 characters, of one byte and of three."""
    return PackedWords.pack(
        ("a" if number % 2 else "词") * (number % 20) + f"{number:05x}" for number in range(n_words)
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("lengths", [None, (3, 6), (1, 3), (1, 20), (2, 2)])
def test_estimated_weights_and_tables_are_those_made(
    loss: str, lengths: tuple[int, int] | None
) -> None:
    subwords = {"subwords": True, "min_n": lengths[0], "max_n": lengths[1]} if lengths else {}
    parameters = Parameters(loss=loss, vector_size=5, n_buckets=100, **subwords)
    counts = np.maximum(1, 1e6 / np.arange(1, 20_001)).astype(np.uint64)
    words = make_words(len(counts))
    sizes = measure_tables(parameters, counts, words)
    estimate = estimate_memory(parameters, len(counts), sizes=sizes)
    state = start_state(parameters, len(counts))
    assert estimate.weights == state.inputs.nbytes + state.outputs.nbytes
    assert (estimate.n_input_rows, estimate.n_output_rows) == (
        len(state.inputs),
        len(state.outputs),
    )
    plan = build_plan(parameters, counts, 10, words)
    made = sum(array.nbytes for array in plan if isinstance(array, np.ndarray))
    made += counts.nbytes + words.offsets.nbytes + 9 * len(words)
    assert made <= estimate.tables < made + 12 * len(counts)
    assert sizes.longest_path == plan.max_path
    # Those of a part of the words are no smaller than what that part has of its own.
    part = 3_000
    own = measure_tables(parameters, counts[:part], words.take_first(part))
    for name in ("steps", "rows"):
        assert all(getattr(own, name) <= getattr(sizes, name)[:part])


@pytest.mark.parametrize("loss", LOSSES)
def test_guessed_tables_are_not_far_off(loss: str) -> None:
    parameters = Parameters(loss=loss, subwords=True)
    words = PackedWords.pack(f"{number:08d}" for number in range(len(COUNTS)))
    settled = parameters.change(min_n=3, max_n=6)
    known = estimate_memory(
        settled, len(COUNTS), sizes=measure_tables(settled, COUNTS, words)
    ).tables
    assert known < estimate_memory(parameters, len(COUNTS)).tables < 1.6 * known


@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_a_million_words_take_no_more_than_300_mb_beside_the_weights(loss: str) -> None:
    parameters = Parameters(loss=loss)
    n_words = 1_000_000
    # As measured on words that occur by Zipf's law, 3 million tokens.
    sizes = TableSizes(np.cumsum(np.full(n_words, 21.12)).astype(np.int64), 22, np.zeros(0))
    estimate = estimate_memory(parameters, n_words, n_threads=2, sizes=sizes)
    assert 210e6 < estimate.total - estimate.weights < 300e6


WORKING = [
    {},
    {"loss": "hs"},
    {"loss": "both", "window": 300, "n_negative": 1000, "vector_size": 300},
    {"subwords": True, "min_n": 1, "max_n": 3, "n_buckets": 9, "window": 500},
    {"deterministic": True},
    {"deterministic": True, "loss": "both", "window": 40, "n_negative": 60, "vector_size": 1000},
]


@pytest.mark.parametrize("options", WORKING)
@pytest.mark.parametrize("longest", [5, 200_000])
def test_what_threads_work_in_is_counted(options: dict[str, Any], longest: int) -> None:
    parameters = Parameters(**options)
    words = make_words(len(COUNTS))
    n_threads = 3
    plan = build_plan(parameters, COUNTS, longest, words)
    size = parameters.vector_size
    parts: list[Any] = []
    if parameters.deterministic:
        state = start_state(parameters, len(COUNTS))
        runner = RoundRunner(state, parameters.architecture, plan, n_threads)
        n_words = max(block_module.BLOCK_WORDS, longest)
        # A text of sentences of one word has as many offsets as words.
        sentences = [(np.zeros(n_words, np.uint32), np.arange(n_words + 1))] * N_WORKERS
        crew = give_text(runner._crew, sentences, [0.1] * N_WORKERS, [0] * N_WORKERS)
        parts = [*crew, *crew.windows, *runner._owners]
        parts += [array for room in runner._rooms for array in room]
    else:
        for _ in range(n_threads):
            windows = make_windows(plan, N_WINDOWS)
            parts += [*windows, *make_room(windows, plan, size)]
            if parameters.subwords:
                parts += make_ring(plan, size)
    made = sum(array.nbytes for array in parts if isinstance(array, np.ndarray))
    counted = count_thread_bytes(parameters, plan.max_path, longest, n_threads)
    slack = 2 if parameters.deterministic else 1.2  # texts follow each other
    assert made <= counted - 4_000_000 * n_threads < slack * made + 1_000_000
    estimate = estimate_memory(
        parameters,
        len(COUNTS),
        n_threads=n_threads,
        sizes=measure_tables(parameters, COUNTS, words),
        longest_sentence=longest,
    )
    assert estimate.needed == estimate.weights + estimate.tables + counted


@pytest.mark.parametrize(("n_words", "size"), [(2, 1), (4096, 3), (9001, 7), (12_288, 2)])
def test_start_weights_are_one_stream_whatever_the_threads(n_words: int, size: int) -> None:
    drawn = make_generator(5, "inputs").random((n_words, size), np.float32)
    expected = (drawn - np.float32(0.5)) * np.float32(2 / size)
    inputs = start_state(Parameters(vector_size=size, seed=5), n_words).inputs
    assert np.array_equal(inputs, expected)


def test_subwords_and_other_rows_count() -> None:
    words = estimate_memory(Parameters(), 1000)
    subwords = estimate_memory(Parameters(subwords=True, n_buckets=5000), 1000)
    assert subwords.n_input_rows == 6000
    assert subwords.weights - words.weights == 5000 * 200 * 4
    grown = estimate_memory(Parameters(), 1000, n_input_rows=7, n_output_rows=3)
    assert grown.weights == 10 * 200 * 4
    assert "7 x 200 and 3 x 200" in grown.describe()


def test_description_names_matrices_and_sum() -> None:
    text = estimate_memory(Parameters(), 1_000_000).describe()
    assert re.match(
        r"training needs about 1\.\d GB of memory: 2 matrices of 1,000,000 x 200 \(1\.6 GB\)", text
    )


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "1 MB"), (999_400_000, "999 MB"), (999_500_000, "1.0 GB"), (1_910_000_000, "1.9 GB")],
)
def test_bytes_in_words(n_bytes: int, text: str) -> None:
    assert format_bytes(n_bytes) == text


@given(st.sampled_from(LOSSES), st.integers(1, 80_000_000))
def test_what_is_suggested_fits(loss: str, n_bytes: int) -> None:
    parameters = Parameters(loss=loss, vector_size=300)
    if estimate_memory(parameters, len(COUNTS)).needed <= n_bytes:
        return
    text = suggest_fitting(parameters, COUNTS, n_bytes)
    words = re.search(r"max_vocab (\d+) \(or min_count (\d+)\)", text)
    if words is not None:
        n_words, min_count = map(int, words.groups())
        assert estimate_memory(parameters, n_words).needed <= n_bytes
        assert int((min_count <= COUNTS).sum()) <= n_words
        # Not much less than could be: two digits of it.
        assert estimate_memory(parameters, n_words * 11 // 10 + 2).needed > n_bytes
    size = re.search(r"vector_size (\d+)", text)
    if size is not None:
        smaller = Parameters(loss=loss, vector_size=int(size[1]))
        assert estimate_memory(smaller, len(COUNTS)).needed <= n_bytes
    if words is None and size is None:
        assert text == "free some memory or use a larger machine"


def test_too_little_memory_is_one_line_before_anything_is_allocated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = build_wide(tmp_path / "corpus", 20_000, 10)
    estimate = estimate_memory(Parameters(vector_size=300), 20_000)
    needed = estimate.needed - estimate.threads // 2  # of the sentences here less is known

    def refuse(*_: object) -> None:
        pytest.fail("weights must not be made")

    monkeypatch.setattr("embedrec.models.word2vec.model.start_state", refuse)
    monkeypatch.setattr(
        memory, "find_available_memory", lambda: Available(needed - 1, "this machine")
    )
    with pytest.raises(ParameterError, match=r"this machine has \d+ MB left: max_vocab \d+"):
        Word2Vec(vector_size=300).fit(corpus)
    code = main(["train", str(corpus.folder), "-o", str(tmp_path / "m"), "--vector-size", "300"])
    assert code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "2 matrices of 20,000 x 300" in error


def test_just_enough_or_unknown_memory_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = estimate_memory(Parameters(), 1000)
    check_memory(estimate, Available(estimate.needed, "this machine"))
    with pytest.raises(ParameterError, match="use fewer words or a smaller vector_size"):
        check_memory(estimate, Available(estimate.needed - 1, "this machine"))
    monkeypatch.setattr(memory, "find_available_memory", lambda: None)
    check_memory(estimate)


def test_too_little_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = estimate_memory(Parameters(), 1000)
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(memory.shutil, "disk_usage", lambda _: usage(2 * estimate.weights - 1))
    with pytest.raises(StorageError, match=r"need 3 MB more on the disk .* free some space"):
        check_disk(estimate, tmp_path / "none" / "checkpoint")
    # What an earlier checkpoint takes will be free again.
    (tmp_path / "weights").write_bytes(b"0")
    check_disk(estimate, tmp_path)
    monkeypatch.setattr(memory.shutil, "disk_usage", lambda _: usage(2 * estimate.weights))
    check_disk(estimate, tmp_path / "none" / "checkpoint")


def test_estimate_is_told_unless_it_is_to_be_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = build_planted(tmp_path / "corpus", n_sentences=50)
    options = ["--vector-size", "4", "--epochs", "1", "--threads", "1"]
    assert main(["train", str(corpus.folder), "-o", str(tmp_path / "a"), *options]) == 0
    assert capsys.readouterr().err.startswith("embedrec: training needs about ")
    assert main(["train", str(corpus.folder), "-o", str(tmp_path / "b"), *options, "-q"]) == 0
    assert capsys.readouterr().err == ""


class OneShard:
    """The part of a corpus that training reads, of one mapped shard."""

    def __init__(self, folder: Path, n_sentences: int, length: int) -> None:
        self.n_tokens, self.n_shards = n_sentences * length, 1
        self.ids, self.offsets = folder / "a.ids", folder / "a.offsets"
        self.ids.write_bytes(np.zeros(self.n_tokens, "<u4").tobytes())
        self.offsets.write_bytes(np.arange(0, self.n_tokens + 1, length, dtype="<i8").tobytes())

    def shard(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        n_offsets = self.offsets.stat().st_size // 8
        return (
            map_array(self.ids, "<u4", (self.n_tokens,)),
            map_array(self.offsets, "<i8", (n_offsets,)),
        )


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs /proc")
def test_passed_words_do_not_count_as_memory(tmp_path: Path) -> None:
    corpus = OneShard(tmp_path, 2_000_000, 5)
    assert find_longest_sentence(corpus) == 5
    most = 0
    for block in iterate_blocks(corpus, Parameters(), 0):
        block.ids[block.offsets[0] : block.offsets[-1]].sum()
        if block.number % 16 == 15:
            most = max(most, count_resident(corpus.ids))
    # Pages of 2 MB may be mapped whole.
    assert most < 12_000 < corpus.ids.stat().st_size // 1024 // 3
