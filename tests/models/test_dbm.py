"""Deep Boltzmann machines: inference against all states, both phases, pre-training, on disk."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import CorruptedError, ParameterError, ResumeError
from embedrec.models.dbm import DBM, Net, compute_bound, infer
from embedrec.models.dbm.mean_field import start_means, sweep, update_layer
from embedrec.models.dbm.pretraining import DoubledMachine, join_machines
from embedrec.models.dbm.training import DeepCourse, split_chains
from embedrec.models.rbm import RBM, compute_log_partition, estimate_log_partition
from embedrec.nn import SGD, Callback, Constant
from tests.models.rbm.machines import KINDS, make_small
from tests.models.test_autoencoder import draw_patterns
from tests.reference import dbm as slow
from tests.reference.rbm import list_visible

DEPTHS = [(4, 3), (3, 2, 3)]
SETTINGS = {
    "hidden_sizes": (8, 6), "pretrainer": RBM(epochs=15, batch_size=20), "epochs": 15,
    "batch_size": 20, "learning_rate": 0.02,
}  # fmt: skip


def make_net(kind, sizes, scale=0.8, dtype=np.float64, seed=0):
    """A net with parameters at random, and rows of visible states."""
    small = make_small(kind)
    generator = np.random.default_rng(seed)
    columns = [small.machine.units.n_columns, *sizes]
    shapes = list(itertools.pairwise(columns))
    weights = [(scale * generator.standard_normal(shape)).astype(dtype) for shape in shapes]
    biases = [(scale * generator.standard_normal(size)).astype(dtype) for size in columns]
    return small, Net(small.machine.units, weights, biases)


def list_values(net):
    return [p.value.astype(float) for p in net.weights], [p.value.astype(float) for p in net.biases]


class TestEnumeration:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("sizes", DEPTHS)
    def test_partition_and_energy(self, kind, sizes):
        small, net = make_net(kind, sizes)
        expected = slow.compute_log_partition(
            kind, *list_values(net), small.n_units, small.n_states
        )
        machine = net.to_machine()
        assert compute_log_partition(machine) == pytest.approx(expected, rel=1e-8)
        found = estimate_log_partition(machine, n_runs=300, n_temperatures=200)
        assert found.log_z == pytest.approx(expected, abs=0.1)
        generator = np.random.default_rng(0)
        layers = [small.draw_samples(3), *(generator.integers(0, 2, (3, n)) for n in sizes)]
        energies = [
            slow.compute_energy(kind, *list_values(net), [layer[i] for layer in layers])
            for i in range(3)
        ]
        assert net.compute_energy(layers) == pytest.approx(np.array(energies))
        halves = [np.concatenate(layers[half::2], axis=1) for half in (0, 1)]
        assert machine.compute_energy(*halves) == pytest.approx(np.array(energies))

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("sizes", DEPTHS)
    def test_bound(self, kind, sizes):
        small, net = make_net(kind, sizes)
        v = small.draw_samples(3)
        layers = infer(net, v, n_sweeps=50, tolerance=1e-12)
        bound = compute_bound(net, layers)
        for i in range(3):
            means = [layer[i] for layer in layers[1:]]
            expected = slow.compute_bound(kind, *list_values(net), v[i], means)
            assert bound[i] == pytest.approx(expected)
            exact = slow.sum_hidden(kind, *list_values(net), v[i])
            assert exact - 1.5 < bound[i] < exact

    @pytest.mark.parametrize("sizes", DEPTHS)
    def test_without_weights_between_hidden_layers_the_bound_is_exact(self, sizes):
        small, net = make_net("binary", sizes)
        for weight in net.weights[1:]:
            weight.value[...] = 0
        v = small.draw_samples(3)
        exact = [slow.sum_hidden("binary", *list_values(net), row) for row in v]
        assert compute_bound(net, infer(net, v)) == pytest.approx(np.array(exact))


@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([0.1, 1.0, 4.0, 30.0]),
    sizes=st.sampled_from([(4, 3), (3, 5, 2), (2, 3, 4, 3)]),
    kind=st.sampled_from(KINDS),
)
def test_the_bound_rises_with_each_layer(seed, scale, sizes, kind):
    small, net = make_net(kind, sizes, scale, seed=seed)
    v = small.draw_samples(4, seed)
    layers, below = start_means(net, v)
    for _ in range(6):
        for at in range(1, len(sizes) + 1):
            before = compute_bound(net, layers)
            layers[at] = update_layer(net, layers, at, below)
            after = compute_bound(net, layers)
            assert (after >= before - 1e-9 * (1 + np.abs(before))).all()


def test_sweeps_end_when_nothing_changes():
    small, net = make_net("binary", (4, 3))
    v = small.draw_samples(5)
    layers = infer(net, v, n_sweeps=500, tolerance=1e-10)
    below = v @ net.weights[0].value
    assert sweep(net, list(layers), below) < 1e-9
    for at in (1, 2):  # each mean is what its neighbours say
        assert layers[at] == pytest.approx(net.compute_means(layers, at), abs=1e-8)
    rough = infer(net, v, n_sweeps=1)
    assert np.abs(rough[1] - layers[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("kind", "sizes"), [("binary", (4, 3)), ("binary", (3, 2, 3)), ("softmax", (3, 2))]
)
def test_statistics_of_long_chains_are_the_models(kind, sizes):
    small, net = make_net(kind, sizes)
    course = DeepCourse(1, 10, SGD(), Constant(), n_steps=40, n_chains=20_000, seed=1)
    v = small.draw_samples(8)
    course.chains = course.start_chains(net, v)
    assert course.chains.shape == (20_000, v.shape[1] + sizes[1])
    course.add_gradients(net, v, np.random.default_rng(0))
    data = infer(net, v)
    weights, biases = list_values(net)
    model = [np.zeros_like(each) for each in (*weights, *biases)]
    total = 0.0
    for state in list_visible(kind, small.n_units, small.n_states)[0]:
        for hidden in slow.list_hidden(sizes):
            layers = [state, *(np.array(layer, float) for layer in hidden)]
            share = np.exp(-slow.compute_energy(kind, weights, biases, layers))
            total += share
            for at in range(len(sizes)):
                model[at] += share * np.outer(layers[at], layers[at + 1])
            for at, layer in enumerate(layers):
                model[len(sizes) + at] += share * layer
    for at, weight in enumerate(net.weights):
        expected = model[at] / total - data[at].T @ data[at + 1] / len(v)
        assert weight.gradient == pytest.approx(expected, abs=0.02)
    for at, bias in enumerate(net.biases):
        expected = model[len(sizes) + at] / total - data[at].mean(axis=0)
        assert bias.gradient == pytest.approx(expected, abs=0.02)


def test_chains_hold_even_layers():
    _, net = make_net("binary", (3, 2, 4))
    layers = split_chains(net, np.arange(14.0).reshape(2, 7))
    assert [layer.shape[1] for layer in layers] == [5, 3, 2, 4]
    assert layers[0][1].tolist() == [7, 8, 9, 10, 11]
    assert layers[2][1].tolist() == [12, 13]


def test_machines_are_doubled_and_joined():
    small = make_small("binary")
    values = [p.value for _, p in small.machine.parameters]
    machine = DoubledMachine(small.machine.units, *values)
    machine.up, machine.down = 2, 1
    v = small.draw_samples(4)
    # Two copies of the visible units, tied, below the same hidden ones.
    twice = type(small.machine)(None, np.concatenate([values[0]] * 2), None, values[2])
    expected = twice.compute_hidden_means(np.concatenate([v, v], axis=1))
    assert machine.compute_hidden_means(v) == pytest.approx(expected)
    h = machine.compute_hidden_means(v)
    assert machine.compute_visible_means(h) == pytest.approx(small.machine.compute_visible_means(h))
    above = make_small("binary", n_hidden=2, seed=4).machine
    above.weight.value, above.visible_bias.value = np.ones((3, 2)), np.array([1.0, 2.0, 3.0])
    net = join_machines([machine, above])
    assert net.biases[1].value == pytest.approx((values[2] + [1, 2, 3]) / 2)
    assert net.biases[2].value is above.hidden_bias.value
    assert net.sizes == [5, 3, 2]


@pytest.mark.parametrize("sizes", [(8, 6), (8, 6, 4)])
def test_pretraining_and_training_raise_the_likelihood(sizes):
    X = draw_patterns()
    settings = {**SETTINGS, "hidden_sizes": sizes}
    found = []
    for more in ({"pretrainer": None, "epochs": 0}, {"epochs": 0}, {"epochs": 30}):
        model = DBM(**{**settings, **more}).fit(X)
        found.append(model.bound_log_likelihood(X, model.compute_log_partition()).mean())
    assert found[0] < -6
    assert found[1] > found[0] + 1
    assert found[2] > found[1] + 0.2
    assert found[2] < -np.log(4)
    assert model.score(X) > -0.02
    assert np.array_equal(model.reconstruct(X) > 0.5, X > 0.5)


@pytest.mark.parametrize("visible", ["gaussian", "softmax"])
def test_other_units_below(visible):
    X = draw_patterns()
    # Chains seldom get from one of such patterns to another, and follow a low rate only.
    settings = {**SETTINGS, "learning_rate": 0.005}
    model = DBM(**settings, visible=visible).fit(X, validation=X[:9])
    before = DBM(**{**SETTINGS, "epochs": 0, "pretrainer": None}, visible=visible).fit(X)
    assert model.score(X) > before.score(X) / 4
    bounds = [m.bound_log_likelihood(X, m.compute_log_partition()).mean() for m in (before, model)]
    assert bounds[1] > bounds[0]
    assert model.figures_[-1].valid_error == pytest.approx(-model.score(X[:9]))
    assert model.sample(X[:5], n_steps=3).shape == (5, 12)


def test_answers_have_their_shapes():
    X = draw_patterns()
    model = DBM((5, 4, 3), pretrainer=None, epochs=1).fit(X)
    assert [layer.shape for layer in model.infer(X)] == [(400, 5), (400, 4), (400, 3)]
    assert model.transform(X).dtype == np.float32
    np.testing.assert_array_equal(model.transform(X), model.infer(X)[2])
    drawn = model.sample(X[:7], n_steps=5)
    assert set(np.unique(drawn)) <= {0, 1}
    assert np.array_equal(drawn, model.sample(X[:7], n_steps=5))
    assert not np.array_equal(drawn, model.sample(X[:7], n_steps=5, seed=1))
    exact = model.compute_log_partition()
    assert model.estimate_log_partition(X, n_temperatures=100).log_z == pytest.approx(
        exact, abs=0.1
    )


def test_samples_are_the_patterns():
    X = draw_patterns()
    model = DBM(**{**SETTINGS, "epochs": 30}).fit(X)
    patterns = {tuple(row) for row in X}
    drawn = model.sample(1 - X[:200], n_steps=300)
    assert np.mean([tuple(row) in patterns for row in drawn]) > 0.5


class StoppedError(Exception):
    pass


class Stop(Callback):
    """Fails in the third epoch."""

    def end_step(self, report):
        if (report.epoch, report.batch) == (2, 1):
            raise StoppedError


def test_it_resumes_to_the_same_bits(tmp_path):
    X = draw_patterns()
    settings = {
        "hidden_sizes": (5, 4, 3), "pretrainer": RBM(epochs=1, weight_deviation=2.0),
        "epochs": 4, "batch_size": 60, "n_chains": 11,
    }  # fmt: skip
    whole = DBM(**settings).fit(X)
    where = {"checkpoint": tmp_path / "c", "resume": True}
    with pytest.raises(StoppedError):
        DBM(**settings).fit(X, callbacks=[Stop()], **where)
    resumed = DBM(**settings).fit(X, **where)
    assert resumed.figures_ == whole.figures_
    for (_, one), (_, other) in zip(resumed.net_.parameters, whole.net_.parameters, strict=True):
        assert np.array_equal(one.value, other.value)
    with pytest.raises(ResumeError, match="can't resume"):
        DBM(**{**settings, "n_chains": 12}).fit(X, **where)
    other = DBM(**{**settings, "seed": 1}).fit(X)
    assert not np.array_equal(other.net_.weights[0].value, whole.net_.weights[0].value)


@pytest.mark.parametrize("settings", [{}, {"visible": "gaussian", "pretrainer": RBM(epochs=1)}])
def test_on_disk(tmp_path, settings):
    X = draw_patterns()
    model = DBM((5, 4), epochs=1, **{"pretrainer": None, **settings}).fit(X)
    model.save(tmp_path / "model")
    loaded = DBM.load(tmp_path / "model")
    assert repr(loaded) == repr(model)
    assert loaded.figures_ == model.figures_
    np.testing.assert_array_equal(loaded.transform(X), model.transform(X))
    np.testing.assert_array_equal(loaded.reconstruct(X), model.reconstruct(X))
    weights = tmp_path / "model" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(CorruptedError):
        DBM.load(tmp_path / "model")
    arrays, facts = model.export_state()
    with pytest.raises(CorruptedError, match="are of no one machine"):
        DBM((5, 4)).restore_state({**arrays, "weight_2": np.zeros((5, 3))}, facts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_sizes": (5,)}, r"hidden_sizes must name two layers or more, not \(5,\)"),
        ({"hidden_sizes": 5}, "hidden_sizes must be a list"),
        ({"hidden_sizes": (5, 0)}, "hidden_sizes must be a whole number of at least 1"),
        ({"pretrainer": "dbm"}, "pretrainer must be 'rbm', an RBM or None, not 'dbm'"),
        ({"pretrainer": RBM(n_steps=0)}, "n_steps must be a whole number"),
        ({"visible": "softmax"}, "softmax units of 2 states take whole numbers"),
        ({"n_sweeps": 0}, "n_sweeps must be a whole number"),
        ({"n_chains": 0}, "n_chains must be a whole number"),
        ({"tolerance": -1.0}, "tolerance must be a number of at least 0"),
        ({"optimizer": "best"}, "optimizer must be one of"),
        ({"seed": 1.5}, "seed must be a whole number"),
    ],
)
def test_bad_arguments(settings, message):
    X = draw_patterns() / 2
    with pytest.raises(ParameterError, match=message):
        DBM(**{"hidden_sizes": (4, 3), "epochs": 1, **settings}).fit(X)


def test_bad_samples():
    X = draw_patterns()
    model = DBM((4, 3), pretrainer=None, epochs=1)
    for ask in (model.transform, model.infer, model.reconstruct, model.sample):
        with pytest.raises(ParameterError, match="learned nothing yet"):
            ask(X)
    with pytest.raises(ParameterError, match="learned nothing yet"):
        model.compute_log_partition()
    with pytest.raises(ParameterError, match=r"holds nan at \(1, 0\)"):
        model.fit([[1.0, 2.0], [np.nan, 1.0]])
    model.fit(X)
    with pytest.raises(ParameterError, match=r"X of shape \(n_samples, 12\).*not \(2, 5\)"):
        model.transform(np.zeros((2, 5)))
    with pytest.raises(ParameterError, match="binary units are from 0 to 1"):
        model.transform(X + 1)


def test_in_scikit_learn():
    base = pytest.importorskip("sklearn.base")
    X = draw_patterns()
    model = base.clone(DBM((4, 3), pretrainer=RBM(epochs=1), epochs=1))
    model.set_params(pretrainer__epochs=2)
    assert model.fit_transform(X).shape == (400, 3)
