"""The trainer: what it learns, when it ends, what it tells, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embedrec.nn import (
    SGD,
    Adam,
    Averaging,
    Callback,
    Chain,
    Dense,
    EarlyStopping,
    Embedding,
    Layer,
    Padded,
    Penalized,
    ReduceOnPlateau,
    SoftmaxCrossEntropy,
    SquaredError,
    StepDecay,
    Tanh,
    Trainer,
    clear_gradients,
    iterate_parameters,
)
from embedrec.seeding import make_generator
from tests.nn.small import assert_same_bits, copy_values, make_line, make_network, make_samples


@pytest.mark.parametrize("batch_size", [None, 16, 1])
def test_batch_mini_batch_and_single_sample_descent_reach_the_line(batch_size):
    x, y = make_line()
    network = Dense(2, 1, generator=np.random.default_rng(0))
    history = Trainer(
        epochs=300 if batch_size is None else 40,
        batch_size=batch_size,
        optimizer="sgd",
        learning_rate=0.1 if batch_size != 1 else 0.02,
    ).fit(network, SquaredError(), x, y)
    np.testing.assert_allclose(network.weight.value[:, 0], [2, -1], atol=1e-3)
    assert network.bias.value[0] == pytest.approx(0.5, abs=1e-3)
    assert history.losses[-1] < 1e-6 < history.losses[0]


def test_one_step_of_batch_descent_is_the_formula():
    x, y = make_line()
    network = Dense(2, 1, generator=np.random.default_rng(0))
    before, w = network.bias.value.copy(), network.weight.value.copy()
    error = x @ w + before - y
    Trainer(epochs=1, batch_size=None, optimizer=SGD(0.3)).fit(network, SquaredError(), x, y)
    np.testing.assert_allclose(network.weight.value, w - 0.3 * x.T @ error / len(x), rtol=1e-5)
    np.testing.assert_allclose(network.bias.value, before - 0.3 * error.mean(0), rtol=1e-5)


def test_it_is_the_loop_written_out():
    x, y = make_samples()
    network, other = make_network(dropout=0.3), make_network(dropout=0.3)
    Trainer(epochs=2, batch_size=50, optimizer=Adam(0.01), seed=4).fit(
        network, SoftmaxCrossEntropy(), x, y
    )
    optimizer, loss = Adam(0.01), SoftmaxCrossEntropy()
    for epoch in range(2):
        order = make_generator(4, "shuffle", epoch).permutation(120)
        for batch in range(3):
            rows = order[50 * batch : 50 * (batch + 1)]
            clear_gradients(other)
            logits, back = other.forward(x[rows], make_generator(4, "step", epoch, batch))
            _, back_of_loss = loss.forward(logits, y[rows])
            assert back(back_of_loss()).shape == x[rows].shape
            optimizer.step(other)
    assert_same_bits(network, other)


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    x, y = make_samples()
    networks = [make_network(dropout=0.3) for _ in range(3)]
    for network, seed in zip(networks, (5, 5, 6), strict=True):
        Trainer(epochs=3, seed=seed).fit(network, SoftmaxCrossEntropy(), x, y)
    assert_same_bits(networks[0], networks[1])
    assert copy_values(networks[0])["layers.0.weight"].tobytes() != (
        copy_values(networks[2])["layers.0.weight"].tobytes()
    )


def test_weights_of_samples_count_as_copies():
    x, y = make_samples(40)
    weights = np.random.default_rng(3).integers(0, 3, 40)
    weighted, copied = make_network(), make_network()
    settings = {"epochs": 5, "batch_size": None, "optimizer": "sgd", "learning_rate": 0.5}
    Trainer(**settings).fit(weighted, SoftmaxCrossEntropy(), x, y, weights)
    rows = np.repeat(np.arange(40), weights)
    Trainer(**settings).fit(copied, SoftmaxCrossEntropy(), x[rows], y[rows])
    for name, value in copy_values(weighted).items():
        np.testing.assert_allclose(value, copy_values(copied)[name], rtol=1e-4, atol=1e-5)


def test_steps_of_a_batch_go_with_its_weight():
    x, y = make_line(2)
    steps = []
    for weights in ([1, 3], [1, 1]):
        network = Dense(2, 1, generator=np.random.default_rng(0))
        before = network.weight.value.copy()
        Trainer(epochs=1, batch_size=1, optimizer=SGD(1e-4), shuffle=False).fit(
            network, SquaredError(), x[:2], y[:2], np.array(weights)
        )
        steps.append(network.weight.value - before)
    # 1 and 3 are 0.5 and 1.5 in the mean: a step along the first gradient, and one of the second.
    assert not np.allclose(steps[0], steps[1])


def test_a_batch_without_weight_is_passed_over():
    x, y = make_samples(32)
    weights = np.ones(32)
    weights[16:] = 0
    network = make_network()
    history = Trainer(epochs=2, batch_size=8, shuffle=False).fit(
        network, SoftmaxCrossEntropy(), x, y, weights
    )
    assert all(map(math.isfinite, history.losses))


def test_penalties_make_weights_small():
    x, y = make_samples()
    norms = []
    for l2 in (0, 0.5):
        network = make_network()
        loss = Penalized(SoftmaxCrossEntropy(), network, l2=l2)
        Trainer(epochs=40, learning_rate=0.01).fit(network, loss, x, y)
        norms.append(np.linalg.norm(copy_values(network)["layers.0.weight"]))
    assert norms[1] < norms[0] / 10


def test_early_stopping_keeps_the_best_weights():
    x, y = make_samples()
    scores = [5.0, 3.0, 4.0, 3.5, 1.0]
    seen = []

    def validate(network):
        seen.append(copy_values(network))
        return scores[len(seen) - 1]

    network = make_network()
    history = Trainer(epochs=9, stopping=EarlyStopping(patience=2)).fit(
        network, SoftmaxCrossEntropy(), x, y, validation=validate
    )
    assert history.scores == scores[:4]
    assert history.best_epoch == 1
    assert history.reason == "no better score"
    assert copy_values(network)["layers.3.weight"].tobytes() == seen[1]["layers.3.weight"].tobytes()


def test_validation_is_the_loss_of_other_samples_without_dropout():
    x, y = make_samples()
    other = make_samples(seed=9)
    network = make_network(dropout=0.5)
    history = Trainer(epochs=2).fit(network, SoftmaxCrossEntropy(), x, y, validation=other)
    loss = SoftmaxCrossEntropy().forward(network.forward(other[0])[0], other[1])[0]
    assert history.scores[-1] == pytest.approx(loss, rel=1e-6)


def test_it_ends_when_nothing_changes_any_more():
    x, y = make_line()
    network = Dense(2, 1, generator=np.random.default_rng(0))
    history = Trainer(
        epochs=5000, batch_size=None, optimizer="sgd", learning_rate=0.3, tolerance=1e-5
    ).fit(network, SquaredError(), x, y)
    assert history.reason == "changes below the threshold"
    assert 5 < len(history.losses) < 500


def test_averaged_weights_are_the_mean_of_the_steps():
    x, y = make_line()
    seen = []

    class Watch(Callback):
        def end_step(self, report):
            if report.epoch >= 2:
                seen.append(network.weight.value.copy())

    network = Dense(2, 1, generator=np.random.default_rng(0))
    Trainer(epochs=4, averaging=Averaging(start=0.5), callbacks=[Watch()]).fit(
        network, SquaredError(), x, y
    )
    np.testing.assert_allclose(network.weight.value, np.mean(seen, axis=0), rtol=1e-6)


def test_schedules_are_asked_at_the_right_time():
    rates = []

    class Watch(Callback):
        def end_step(self, report):
            rates.append(report.rate)

    x, y = make_line(10)
    network = Dense(2, 1, generator=np.random.default_rng(0))
    Trainer(epochs=2, batch_size=5, schedule=StepDecay(0.5, 0.1), callbacks=[Watch()]).fit(
        network, SquaredError(), x, y
    )
    assert rates == pytest.approx([1, 0.1, 0.01, 0.001])
    rates.clear()
    Trainer(epochs=4, batch_size=10, schedule=ReduceOnPlateau(0.5, 1), callbacks=[Watch()]).fit(
        network, SquaredError(), x, y, validation=lambda network: 1.0
    )
    assert rates == [1, 1, 0.5, 0.25]


def test_callbacks_are_told_and_can_end_it():
    told = []

    class Watch(Callback):
        def begin_epoch(self, epoch):
            told.append(("begin", epoch))

        def end_step(self, report):
            told.append((report.epoch, report.batch, report.n_batches))
            assert report.norm is not None
            assert report.loss > 0

        def end_epoch(self, report):
            told.append(("end", report.epoch))
            assert report.seconds >= 0
            return report.epoch == 1

    x, y = make_samples(20)
    history = Trainer(epochs=5, batch_size=15, clip_norm=1.0, callbacks=[Watch()]).fit(
        make_network(), SoftmaxCrossEntropy(), x, y
    )
    assert told[:4] == [("begin", 0), (0, 0, 2), (0, 1, 2), ("end", 0)]
    assert len(told) == 8
    assert history.reason == "callback"


def test_progress_is_told_samples():
    told = []

    class Stage:
        def update(self, done, **figures):
            told.append((done, sorted(figures)))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

    class Watch:
        def stage(self, name, *, total=None, unit=""):
            told.append((name, total, unit))
            return Stage()

    x, y = make_samples(20)
    Trainer(epochs=2, batch_size=16, progress=Watch()).fit(
        make_network(), SoftmaxCrossEntropy(), x, y
    )
    assert told[0] == ("train", 40.0, "samples")
    assert [each[0] for each in told[1:]] == [16, 20, 36, 40]


def test_gradients_are_clipped_before_the_step():
    x, y = make_line()
    network = Dense(2, 1, generator=np.random.default_rng(0))
    before = copy_values(network)
    Trainer(epochs=1, batch_size=None, optimizer=SGD(1.0), clip_norm=1e-3).fit(
        network, SquaredError(), x, 100 * y
    )
    change = math.hypot(
        *(np.linalg.norm(p.value - before[name]) for name, p in iterate_parameters(network))
    )
    assert change == pytest.approx(1e-3, rel=1e-3)


def test_samples_are_augmented_in_training_only():
    seen = []

    def augment(x, generator):
        seen.append(generator.random())
        return x + 1

    x, y = make_line(8)
    network = Dense(2, 1, generator=np.random.default_rng(0))
    Trainer(epochs=2, batch_size=4, augment=augment, optimizer=SGD(1e-9)).fit(
        network, SquaredError(), x, y, validation=(x, y)
    )
    assert len(set(seen)) == 4


class Mean(Layer):
    """The mean of a sequence's vectors."""

    def __init__(self, embedding, dense):
        self.embedding = embedding
        self.dense = dense

    def forward(self, x, train=False, lengths=None):
        vectors, back_of_vectors = self.embedding.forward(x, train)
        mask = (np.arange(x.shape[1]) < lengths[:, None]).astype(np.float32)
        share = mask / np.maximum(1, lengths)[:, None].astype(np.float32)
        y, back = self.dense.forward(np.einsum("btd,bt->bd", vectors, share), train)

        def backward(gradient):
            return back_of_vectors(back(gradient)[:, None, :] * share[:, :, None])

        return y, backward


def test_padded_sequences_come_with_their_lengths():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 7, 200)
    ids = rng.integers(0, 20, (200, 6))
    values = np.where(np.arange(6) < lengths[:, None], ids, 19)
    wanted = np.array([(row[:n] < 10).mean() > 0.5 for row, n in zip(ids, lengths, strict=True)])
    network = Mean(Embedding(20, 4, generator=rng), Dense(4, 2, generator=rng))
    history = Trainer(epochs=30, batch_size=20, learning_rate=0.03).fit(
        network, SoftmaxCrossEntropy(), Padded(values, lengths), wanted.astype(int)
    )
    assert history.losses[-1] < 0.25 < history.losses[0]


def test_the_first_layer_computes_its_gradient_again_afterwards():
    x, y = make_samples(20)
    network = make_network()
    Trainer(epochs=1).fit(network, SoftmaxCrossEntropy(), x, y)
    output, back = network.forward(x, np.random.default_rng(0))
    assert back(np.ones_like(output)).shape == x.shape


@pytest.mark.parametrize("batch_size", [None, 7])
def test_leaving_out_the_gradient_at_the_input_changes_no_weight(batch_size):
    x, y = make_samples()
    # A layer that is used twice can't leave it out, and none of the two networks does.
    rng = np.random.default_rng(0)
    shared, last = Dense(4, 4, generator=rng), Dense(4, 3, generator=rng)
    network = Chain(shared, Tanh(), shared, last)
    history = Trainer(epochs=3, batch_size=batch_size).fit(network, SoftmaxCrossEntropy(), x, y)
    assert history.losses[-1] < history.losses[0]


def test_no_epochs_leave_the_network_as_it_is():
    x, y = make_samples(20)
    network, other = make_network(), make_network()
    assert Trainer(epochs=0).fit(network, SoftmaxCrossEntropy(), x, y).losses == []
    assert_same_bits(network, other)
