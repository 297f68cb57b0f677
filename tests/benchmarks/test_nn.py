"""Benchmarks of networks: the digits they read, and their table of runs."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from benchmarks.nn import mnist
from benchmarks.nn.digits import load_digits, read_idx
from benchmarks.nn.steps import list_cases, time_steps
from embedrec.models.linear import SoftmaxRegression


def test_idx(tmp_path):
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03" + bytes(range(6))))
    np.testing.assert_array_equal(read_idx(path), [[0, 1, 2], [3, 4, 5]])
    path.write_bytes(gzip.compress(b"\0\0\x0d\x01\0\0\0\0"))
    with pytest.raises(ValueError, match="no IDX file of bytes"):
        read_idx(path)


def test_runs_are_kept_beside_those_of_other_seeds(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "RESULTS", tmp_path / "results.json")
    for seed, model, accuracy in (
        (0, "A(size=3)", 0.9),
        (2, "A(size=3, seed=2)", 0.8),
        (0, "A(size=3)", 0.7),
    ):
        run = {"seed": seed, "seconds": 1.0, "model": model, "accuracy": accuracy}
        mnist.keep_run("a", run)
    content = json.loads(mnist.RESULTS.read_text())["a"]
    assert [run["seed"] for run in content["runs"]] == [0, 2]
    assert content["accuracy"] == pytest.approx(0.75)
    mnist.keep_run("a", {"seed": 1, "seconds": 1.0, "model": "A(size=4, seed=1)", "accuracy": 0.5})
    assert len(json.loads(mnist.RESULTS.read_text())["a"]["runs"]) == 1


def test_cases_of_steps_are_found():
    assert {"dense", "lenet", "lstm", "gru", "textcnn"} <= set(list_cases())
    calls = []
    assert min(time_steps(lambda: calls.append(1) or 0.0, 3)) >= 0
    assert len(calls) == 3


@pytest.mark.data
def test_softmax_regression_reads_digits(data, monkeypatch):
    monkeypatch.setenv("EMBEDREC_DATA", str(data))
    digits = load_digits()
    assert digits.x.shape == (60_000, 784)
    assert digits.x_test.shape == (10_000, 784)
    model = SoftmaxRegression(epochs=3).fit(digits.x[:6000], digits.y[:6000])
    assert model.score(digits.x_test, digits.y_test) > 0.85
