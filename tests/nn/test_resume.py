"""Checkpoints: a training that was stopped, however, ends with the bits it would have had."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest

from embedrec.errors import CorruptedError, DivergenceError, InputError, ResumeError
from embedrec.nn import (
    SGD,
    Averaging,
    Callback,
    Chain,
    Dense,
    Dropout,
    EarlyStopping,
    ReduceOnPlateau,
    Relu,
    SoftmaxCrossEntropy,
    Trainer,
    iterate_parameters,
)

PROGRAM = """
import sys, time
import numpy as np
from tests.nn.test_resume import make_network, make_samples, settings
from embedrec.nn import Callback, SoftmaxCrossEntropy, Trainer

class Slow(Callback):
    def end_step(self, report):
        time.sleep(0.02)

x, y = make_samples()
Trainer(**settings("plain"), epochs=60, checkpoint=sys.argv[1], callbacks=[Slow()]).fit(
    make_network(), SoftmaxCrossEntropy(), x, y
)
"""


def make_samples():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((90, 4)).astype(np.float32)
    return x, (x @ rng.standard_normal((4, 3))).argmax(axis=1)


def make_network():
    rng = np.random.default_rng(0)
    return Chain(Dense(4, 8, generator=rng), Relu(), Dropout(0.2), Dense(8, 3, generator=rng))


def settings(kind):
    kinds = {
        "plain": {},
        "momentum": {"optimizer": "momentum", "learning_rate": 0.01, "clip_norm": 0.5},
        "stopping": {
            "stopping": EarlyStopping(2), "schedule": ReduceOnPlateau(0.5, 1), "learning_rate": 0.1
        },
        "averaging": {"averaging": Averaging(start=0.3), "schedule": "cosine"},
        "tolerance": {"tolerance": 0.02, "optimizer": SGD(0.05)},
        "all": {"batch_size": None, "augment": blur},
    }  # fmt: skip
    return {"batch_size": 20, "checkpoint_seconds": 1e-9, "seed": 3, **kinds[kind]}


def blur(x, generator):
    return x + 0.1 * generator.standard_normal(x.shape).astype(x.dtype)


def read_bits(network):
    return {name: p.value.tobytes() for name, p in iterate_parameters(network)}


class Stop(Callback):
    def __init__(self, epoch, batch, error=KeyboardInterrupt):
        self.place = epoch, batch
        self.error = error

    def end_step(self, report):
        if (report.epoch, report.batch) == self.place:
            raise self.error


@pytest.mark.parametrize("kind", ["plain", "momentum", "stopping", "averaging", "tolerance", "all"])
@pytest.mark.parametrize("place", [(0, 0), (2, 3)])
def test_the_same_bits_after_an_interruption(tmp_path, kind, place):
    (x, y), whole, other = make_samples(), make_network(), make_network()
    folder = tmp_path / "checkpoint"
    validation = (x[:30], y[:30]) if kind == "stopping" else None
    wanted = Trainer(**settings(kind), epochs=4).fit(
        whole, SoftmaxCrossEntropy(), x, y, validation=validation
    )
    try:
        Trainer(**settings(kind), epochs=4, checkpoint=folder, callbacks=[Stop(*place)]).fit(
            other, SoftmaxCrossEntropy(), x, y, validation=validation
        )
    except KeyboardInterrupt:
        other = make_network()
    rarely = {**settings(kind), "checkpoint_seconds": 60}  # each is synced to the disk: slow
    found = Trainer(**rarely, epochs=4, checkpoint=folder, resume=True).fit(
        other, SoftmaxCrossEntropy(), x, y, validation=validation
    )
    assert found == wanted
    assert read_bits(other) == read_bits(whole)


def test_the_same_bits_after_a_kill(tmp_path):
    folder = tmp_path / "checkpoint"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)])
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            # There is none yet, or the next one is just taking its place.
            with suppress(FileNotFoundError):
                facts = json.loads((folder / "manifest.json").read_text())["facts"]
                if facts["epoch"] >= 2:
                    break
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    (x, y), whole, other = make_samples(), make_network(), make_network()
    Trainer(**settings("plain"), epochs=60).fit(whole, SoftmaxCrossEntropy(), x, y)
    more = {**settings("plain"), "checkpoint_seconds": 60}
    seen = []

    class Watch(Callback):
        def begin_epoch(self, epoch):
            seen.append(epoch)

    Trainer(**more, epochs=60, checkpoint=folder, resume=True, callbacks=[Watch()]).fit(
        other, SoftmaxCrossEntropy(), x, y
    )
    assert seen[0] >= 1
    assert read_bits(other) == read_bits(whole)


def test_a_finished_training_gives_its_result_at_once(tmp_path):
    x, y = make_samples()
    first, second = make_network(), make_network()
    for network in (first, second):
        Trainer(**settings("averaging"), epochs=4, checkpoint=tmp_path / "c", resume=True).fit(
            network, SoftmaxCrossEntropy(), x, y
        )
    assert read_bits(first) == read_bits(second)


def test_divergence_leaves_the_last_checkpoint(tmp_path):
    x, y = make_samples()

    class Spoil(Callback):
        def begin_epoch(self, epoch):
            if epoch == 2:
                network.layers[0].weight.value[0, 0] = np.inf

    network = make_network()
    trainer = Trainer(**settings("plain"), epochs=4, checkpoint=tmp_path / "c", callbacks=[Spoil()])
    with pytest.raises(DivergenceError, match=r"network\.layers\.0\.weight is not finite"):
        trainer.fit(network, SoftmaxCrossEntropy(), x, y)
    whole = make_network()
    Trainer(**settings("plain"), epochs=4).fit(whole, SoftmaxCrossEntropy(), x, y)
    Trainer(**settings("plain"), epochs=4, checkpoint=tmp_path / "c", resume=True).fit(
        network, SoftmaxCrossEntropy(), x, y
    )
    assert read_bits(network) == read_bits(whole)


@pytest.fixture
def folder(tmp_path):
    x, y = make_samples()
    place = tmp_path / "checkpoint"
    Trainer(**settings("plain"), epochs=2, checkpoint=place).fit(
        make_network(), SoftmaxCrossEntropy(), x, y
    )
    return place


def resume(folder, network=None, samples=None, **more):
    x, y = samples or make_samples()
    arguments = {**settings("plain"), "epochs": 2, **more}
    Trainer(**arguments, checkpoint=folder, resume=True).fit(
        network or make_network(), SoftmaxCrossEntropy(), x, y
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"epochs": 3}, "epochs was 2 and is now 3"),
        ({"seed": 4}, "seed was 3"),
        ({"learning_rate": 0.5}, "learning_rate"),
        ({"optimizer": "sgd"}, "optimizer"),
        ({"schedule": "cosine"}, "schedule"),
    ],
)
def test_another_training_does_not_resume(folder, more, words):
    with pytest.raises(ResumeError, match=words):
        resume(folder, **more)


def test_other_samples_do_not_resume(folder):
    x, y = make_samples()
    x[3, 1] += 1
    with pytest.raises(ResumeError, match="input x was"):
        resume(folder, samples=(x, y))


def test_another_network_does_not_resume(folder):
    network = make_network()
    network.layers[1] = Dropout(0.0)
    with pytest.raises(ResumeError, match="network"):
        resume(folder, network)


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "manifest", "facts"])
def test_a_damaged_checkpoint_is_told_in_one_line(folder, damage):
    weights, manifest = folder / "state.safetensors", folder / "manifest.json"
    content = bytearray(weights.read_bytes())
    if damage == "cut":
        weights.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        content[-5] ^= 1
        weights.write_bytes(content)
    elif damage == "missing":
        weights.unlink()
    elif damage == "manifest":
        manifest.write_text(manifest.read_text()[:100])
    else:
        facts = json.loads(manifest.read_text())
        del facts["facts"]["losses"]
        manifest.write_text(json.dumps(facts))
    with pytest.raises(CorruptedError) as caught:
        resume(folder)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_checkpoint(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not a training-checkpoint"):
        resume(tmp_path)
