"""What peers print is read right, and this project's training is timed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.machine import measure_peak_mb
from benchmarks.word2vec.job import Job
from benchmarks.word2vec.own import TrainingClock, list_parameters
from benchmarks.word2vec.peers import (
    find_peers,
    list_word2vec_c_arguments,
    read_n_words,
    read_printed_rate,
    train_word2vec_c,
)
from benchmarks.word2vec.process import train
from benchmarks.word2vec.slices import write_text
from embedrec.corpus.shards import Corpus

WORD2VEC_C = (
    "Starting training using file t.txt\nVocab size: 73446\nWords in train file: 17219054\n"
    "\rAlpha: 0.024990  Progress: 0.06%  Words/thread/sec: 151.20k  "
    "\rAlpha: 0.000005  Progress: 100.01%  Words/thread/sec: 268.55k  "
)
FASTTEXT = (
    "\rRead 0M words\nNumber of words:  27\nNumber of labels: 0\n"
    "\rProgress:  41.0% words/sec/thread:   99646 lr:  0.0295 avg.loss:  3.1 ETA:   0h 0m 9s"
    "\rProgress: 100.0% words/sec/thread:  103046 lr:  0.000000 avg.loss:  2.5 ETA:   0h 0m 0s\n"
)


def test_the_last_rate_printed_is_read() -> None:
    assert read_printed_rate("word2vec.c", WORD2VEC_C) == pytest.approx(268_550)
    assert read_printed_rate("fasttext", FASTTEXT) == 103_046


def test_no_rate_is_none() -> None:
    assert read_printed_rate("word2vec.c", "Vocab size: 4") is None
    assert read_printed_rate("fasttext", WORD2VEC_C) is None
    assert read_n_words("") is None


def test_the_number_of_words_is_read() -> None:
    assert read_n_words(WORD2VEC_C) == 17_219_054


def test_word2vec_c_is_told_the_same_settings() -> None:
    job = Job("word2vec.c", "cbow-hs", "c", "text", "en", 5, 2, binary="w")
    command = list_word2vec_c_arguments(job, 2, "out")
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert command[0] == "w"
    expected = {"-cbow": "1", "-hs": "1", "-negative": "0", "-size": "200", "-window": "5"}
    expected |= {"-iter": "5", "-threads": "2", "-sample": "0.0001", "-alpha": "0.025"}
    expected |= {"-train": "text", "-output": "out", "-min-count": "1", "-binary": "1"}
    assert options == expected
    both = list_word2vec_c_arguments(replace(job, model="skipgram-both"), 2, "out")
    assert both[both.index("-negative") + 1] == "5"
    assert both[both.index("-cbow") + 1] == "0"


def test_word2vec_c_is_timed_by_its_own_rate(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(
        "#!/bin/sh\nprintf 'Words in train file: 30000\\n'\n"
        "printf '\\rWords/thread/sec: 15.00k  Words/thread/sec: 10.00k  '\n"
    )
    program.chmod(0o755)
    job = Job("word2vec.c", "cbow-hs", "c", "t", "en", 2, 1, binary=str(program))
    outcome = train_word2vec_c(job)
    assert outcome.cpu_seconds == pytest.approx(6)  # 2 epochs of 30,000 at 10,000 a second
    assert outcome.peak_mb is not None
    assert outcome.printed_rate == 10_000


def test_a_program_that_fails_is_told_of(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho no memory; exit 3\n")
    program.chmod(0o755)
    job = Job("word2vec.c", "cbow-hs", "c", "t", "en", 2, 1, binary=str(program))
    with pytest.raises(SystemExit, match="ended with 3: no memory"):
        train_word2vec_c(job)
    with pytest.raises(SystemExit, match="is no program"):
        find_peers(str(tmp_path / "absent"))


def test_this_project_is_always_there() -> None:
    assert "embedrec" in find_peers(None)
    assert "word2vec.c" not in find_peers(None)


def test_the_version_of_a_program_is_what_it_says(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho 'WORD VECTOR estimation toolkit v 0.1c'\n")
    program.chmod(0o755)
    assert find_peers(str(program))["word2vec.c"] == "0.1c"


def test_parameters_name_ngrams_only_with_them() -> None:
    job = Job("embedrec", "skipgram-ns", "c", "t", "zh", 5, 1, 7)
    assert "min_n" not in list_parameters(job)
    assert list_parameters(job)["seed"] == 7
    with_ngrams = list_parameters(replace(job, model="skipgram-ns-subwords"))
    assert (with_ngrams["min_n"], with_ngrams["max_n"], with_ngrams["loss"]) == (1, 3, "ns")
    assert list_parameters(replace(job, tool="embedrec-deterministic"))["deterministic"] is True


def test_only_the_stage_train_is_timed() -> None:
    clock = TrainingClock()
    with clock.stage("read"):
        pass
    assert clock.times is None
    with clock.stage("train") as stage:
        stage.update(1)
        sum(range(200_000))
    assert clock.times is not None
    assert clock.times[1] > 0


@pytest.mark.parametrize("tool", ["embedrec", "gensim"])
def test_a_job_trains_the_text(corpus: Corpus, tmp_path: Path, tool: str) -> None:
    text = write_text(corpus, tmp_path / "text")
    settings = {"vector_size": 8, "window": 2, "n_negative": 2, "sample": 1e-2, "alpha": 0.025}
    out = tmp_path / "vectors.npy"
    job = Job(
        tool, "skipgram-ns", str(corpus.folder), str(text), "zh", 2, 1, 0, str(out), None,
        tuple(settings.items()),
    )  # fmt: skip
    figures = train(job)
    vectors = np.load(out)
    assert vectors.shape == (len(corpus.vocabulary), 8)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert figures["seconds"] > 0
    assert 10 < figures["peak_mb"] <= measure_peak_mb()
