"""The estimator: it learns, resumes to the same bits, is saved, and says what it can't take."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import CorruptedError, DivergenceError, ParameterError, ResumeError
from embedrec.models.rbm import RBM, BinaryUnits, Machine, training
from embedrec.models.rbm.settings import make_course
from embedrec.nn import Callback
from embedrec.progress import SilentProgress, SilentStage
from tests.models.test_autoencoder import draw_patterns, draw_samples

SETTINGS = {"n_components": 8, "epochs": 40, "batch_size": 20}
ENTROPY = np.log(4)  # of four patterns, equally likely


def measure_likelihood(model, X):
    return model.log_likelihood(X, model.compute_log_partition()).mean()


class StoppedError(Exception):
    pass


class Interruption(Callback):
    """Fails at a step."""

    def __init__(self, epoch, batch):
        self.place = epoch, batch

    def end_step(self, report):
        if (report.epoch, report.batch) == self.place:
            raise StoppedError


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({}, -3.5),
        ({"persistent": True, "schedule": "linear", "n_chains": 100, "epochs": 60}, -3.5),
        ({"n_steps": 5, "draws_visible": False}, -3.5),
        ({"optimizer": "adam", "learning_rate": 0.02}, -3.5),
        ({"visible": "softmax"}, -2.5),
    ],
)
def test_it_learns_patterns(settings, least):
    X = draw_patterns()
    model = RBM(**{**SETTINGS, **settings}).fit(X)
    before = RBM(**{**SETTINGS, **settings, "epochs": 0}).fit(X)
    # To begin with, units are apart: the likelihood is that of their means.
    shares = np.clip(X.mean(axis=0), 1e-3, 1 - 1e-3)
    apart = (shares * np.log(shares) + (1 - shares) * np.log(1 - shares)).sum()
    assert measure_likelihood(before, X) == pytest.approx(apart, abs=0.05)
    assert least < measure_likelihood(model, X) < -ENTROPY
    assert model.score_samples(X).mean() > before.score_samples(X).mean() + 3
    assert np.array_equal(model.reconstruct(X) > 0.5, X > 0.5)
    assert model.figures_[-1].error == pytest.approx(-model.score(X))
    assert model.score(X) > before.score(X)


def test_gaussian_units_learn_real_samples():
    X = draw_patterns() * np.linspace(1, 40, 12) - 3
    X += np.random.default_rng(0).normal(0, 0.3, X.shape) * (X.std(axis=0) + 0.1)
    model = RBM(**SETTINGS, learning_rate=0.01).fit(X)
    assert model.visible_ == "gaussian"
    units = model.machine_.units
    assert units.mean == pytest.approx(X.mean(axis=0), rel=1e-4)
    assert units.deviation == pytest.approx(X.std(axis=0), rel=1e-4)
    before = RBM(**{**SETTINGS, "epochs": 0}).fit(X)
    # Likelihoods are densities of X: for independent Gaussians they are known.
    spread = X.std(axis=0)
    apart = -(0.5 + 0.5 * np.log(2 * np.pi) + np.log(spread)).sum()
    assert measure_likelihood(before, X) == pytest.approx(apart, abs=0.05)
    assert measure_likelihood(model, X) > apart + 1
    assert ((model.reconstruct(X) - X) ** 2 / spread**2).mean() < 0.3
    drawn = model.sample(2000, n_steps=100)
    assert drawn.mean(axis=0) == pytest.approx(X.mean(axis=0), abs=0.6 * spread.max())


def test_samples_are_the_patterns():
    X = draw_patterns()
    model = RBM(**SETTINGS).fit(X)
    patterns = {tuple(row) for row in X}
    drawn = model.sample(300, n_steps=200)
    assert drawn.shape == (300, 12)
    assert np.mean([tuple(row) in patterns for row in drawn]) > 0.7
    assert np.array_equal(drawn, model.sample(300, n_steps=200))
    assert not np.array_equal(drawn, model.sample(300, n_steps=200, seed=1))
    assert np.array_equal(model.sample(start=X[:3], n_steps=0), X[:3])


def test_sparsity_makes_units_rarely_active():
    X = draw_patterns()
    means = [
        RBM(**SETTINGS, sparsity_target=target, sparsity_strength=1.0).fit_transform(X).mean()
        for target in (None, 0.1)
    ]
    assert means[1] == pytest.approx(0.1, abs=0.04)
    assert means[0] > 0.2


def test_penalties_keep_weights_small():
    X = draw_patterns()
    norms = [
        np.linalg.norm(RBM(**SETTINGS, **penalty).fit(X).components_)
        for penalty in ({}, {"l2": 0.05}, {"l1": 0.02})
    ]
    assert max(norms[1:]) < 0.7 * norms[0]


def test_momentum_rises():
    course = training.Course(1, 1, None, None, start_momentum=0.5, momentum_epochs=4)
    course.final_momentum = 0.9
    found = [course.compute_momentum(done) for done in (0, 1, 2, 4, 9)]
    assert found == pytest.approx([0.5, 0.6, 0.7, 0.9, 0.9])
    course.final_momentum = 0.2  # a lower one is not exceeded
    assert course.compute_momentum(0) == pytest.approx(0.2)
    course.momentum_epochs = 0
    assert course.compute_momentum(0) == pytest.approx(0.2)


def test_momentum_rises_in_training():
    X, rates = draw_patterns(), []

    class Watch(Callback):
        def end_step(self, report):
            rates.append(course.optimizer.momentum)

    course = make_course(RBM(batch_size=200, epochs=3, momentum_epochs=2), "binary")
    course.callbacks = [Watch()]
    machine = Machine.start(BinaryUnits(12), X, 4, np.random.default_rng(0))
    course.run(machine, X)
    assert rates == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9, 0.9])


def test_validation_samples_are_watched():
    X = draw_patterns()
    model = RBM(**SETTINGS).fit(X[:100], validation=1 - X[:50])
    assert model.n_iter_ == 40 == len(model.figures_)
    last = model.figures_[-1]
    assert last.valid_error == pytest.approx(-model.score(1 - X[:50]))
    gap = model.free_energy(1 - X[:50]).mean() - model.free_energy(X[:100]).mean()
    assert last.gap == pytest.approx(gap)
    assert gap > 1
    assert np.array_equal(model.components_, RBM(**SETTINGS).fit(X[:100]).components_)


def test_one_seed_one_result():
    X = draw_patterns()
    made = [RBM(8, epochs=2, seed=seed).fit(X).components_ for seed in (1, 1, 2)]
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


@pytest.mark.parametrize("is_saved_at_once", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {"sparsity_target": 0.2, "schedule": "plateau"},
        # With small weights chains forget at once where they were.
        {"persistent": True, "n_chains": 7, "weight_deviation": 2.0},
        {"visible": "gaussian", "optimizer": "adam"},
        {"visible": "softmax"},
    ],
)
def test_it_resumes_to_the_same_bits(tmp_path, monkeypatch, settings, is_saved_at_once):
    if is_saved_at_once:
        monkeypatch.setattr(training, "_SECONDS_BETWEEN_SAVES", -1.0)
    X = draw_patterns()
    settings = {"n_components": 6, "epochs": 4, "batch_size": 60, **settings}
    whole = RBM(**settings).fit(X, validation=X[:30])
    where = {"checkpoint": tmp_path / "checkpoint", "resume": True, "validation": X[:30]}
    for place in ((0, 3), (2, 4)):
        with pytest.raises(StoppedError):
            RBM(**settings).fit(X, callbacks=[Interruption(*place)], **where)
    resumed = RBM(**settings).fit(X, **where)
    assert resumed.figures_ == whole.figures_
    for (_, one), (_, other) in zip(
        resumed.machine_.parameters, whole.machine_.parameters, strict=True
    ):
        assert np.array_equal(one.value, other.value)
    with pytest.raises(ResumeError, match="can't resume"):
        RBM(**{**settings, "l2": 0.1}).fit(X, **where)
    with pytest.raises(ResumeError, match="can't resume"):
        RBM(**settings).fit(X[1:], **where)


def test_a_checkpoint_cut_short_is_corrupted(tmp_path):
    X = draw_patterns()
    RBM(4, epochs=1).fit(X, checkpoint=tmp_path / "c")
    state = tmp_path / "c" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-9])
    with pytest.raises(CorruptedError):
        RBM(4, epochs=1).fit(X, checkpoint=tmp_path / "c", resume=True)


def test_progress_and_callbacks_are_told():
    class Stage(SilentStage):
        def update(self, done, **figures):
            seen.append((done, figures))

    class Progress(SilentProgress):
        def stage(self, name, *, total=None, unit=""):
            seen.append((name, total, unit))
            return Stage()

    class Ending(Callback):
        def end_epoch(self, report):
            reports.append(report)
            return report.epoch == 1

    seen, reports = [], []
    model = RBM(4, epochs=5).fit(draw_patterns(250), progress=Progress(), callbacks=[Ending()])
    assert seen[0] == ("train", 1250.0, "samples")
    assert [done for done, _ in seen[1:]] == [100, 200, 250, 250, 350, 450, 500, 500]
    assert [report.loss for report in reports] == [figures.error for figures in model.figures_]
    assert model.n_iter_ == 2


@pytest.mark.parametrize("visible", ["binary", "gaussian", "softmax"])
def test_on_disk(tmp_path, visible):
    X = draw_patterns()
    model = RBM(5, epochs=2, visible=visible).fit(X)
    model.save(tmp_path / "model")
    loaded = RBM.load(tmp_path / "model")
    assert loaded.get_params() == model.get_params()
    assert loaded.figures_ == model.figures_
    assert (loaded.visible_, loaded.n_features_in_) == (visible, 12)
    np.testing.assert_array_equal(loaded.transform(X), model.transform(X))
    np.testing.assert_array_equal(loaded.reconstruct(X), model.reconstruct(X))
    assert loaded.log_likelihood(X, 1.5) == pytest.approx(model.log_likelihood(X, 1.5))
    weights = tmp_path / "model" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(CorruptedError):
        RBM.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("arrays", "facts", "message"),
    [
        ({"weight": np.zeros((3, 5))}, {}, "are of no one machine"),
        ({}, {"units": "cubic"}, "no visible units 'cubic'"),
        ({}, {"units": "gaussian"}, "mean"),
        ({}, {"n_features": 3}, "are of no one machine"),
    ],
)
def test_what_does_not_fit_together(arrays, facts, message):
    model = RBM(5, epochs=0).fit(draw_patterns())
    whole = model.export_state()
    with pytest.raises((CorruptedError, KeyError), match=message):
        RBM().restore_state({**whole[0], **arrays}, {**whole[1], **facts})


def test_in_scikit_learn():
    base = pytest.importorskip("sklearn.base")
    pipeline = pytest.importorskip("sklearn.pipeline")
    linear_model = pytest.importorskip("sklearn.linear_model")
    selection = pytest.importorskip("sklearn.model_selection")
    X = draw_patterns()
    y = X @ (2 ** np.arange(12)) > 2000
    model = base.clone(RBM(**SETTINGS))
    steps = pipeline.make_pipeline(model, linear_model.LogisticRegression())
    search = selection.GridSearchCV(steps, {"rbm__n_components": [2, 8]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.95
    assert model.fit(X).components_.shape == (8, 12)
    assert model.intercept_hidden_.shape == (8,)
    assert model.intercept_visible_.shape == (12,)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"visible": "cubic"}, "visible must be one of 'auto', 'binary', .* not 'cubic'"),
        ({"visible": "binary"}, r"X holds -?[\d.]+ at \(0, 0\): binary units are from 0 to 1"),
        ({"visible": "softmax"}, "softmax units of .* states take whole numbers"),
        ({"visible": "softmax", "n_states": 1}, "n_states must be a whole number of at least 2"),
        ({"n_components": 0}, "n_components must be a whole number of at least 1"),
        ({"n_steps": 0}, "n_steps must be a whole number of at least 1"),
        ({"persistent": True, "n_chains": 0}, "n_chains must be a whole number"),
        ({"epochs": -1}, "epochs must be a whole number"),
        ({"batch_size": None}, "batch_size must be a whole number"),
        ({"optimizer": "best"}, "optimizer must be one of"),
        ({"learning_rate": 0.0}, "learning_rate must be a number above 0"),
        ({"schedule": "never"}, "schedule must be one of"),
        ({"l2": -1.0}, "l2 must be a number of at least 0"),
        ({"l1": np.nan}, "l1 must be a number of at least 0"),
        ({"start_momentum": 1.0}, "start_momentum must be from 0 to below 1"),
        ({"momentum_epochs": "five"}, "momentum_epochs must be a number"),
        ({"weight_deviation": np.inf}, "weight_deviation must be a number"),
        ({"sparsity_target": 1.0}, "sparsity_target must be between 0 and 1"),
        ({"sparsity_target": 0.1, "sparsity_decay": 1.0}, "sparsity_decay must be from 0"),
        ({"sparsity_target": 0.1, "sparsity_strength": -1.0}, "sparsity_strength must be 0 or"),
        ({"seed": -1}, "seed must be from 0"),
    ],
)
def test_bad_arguments(settings, message):
    with pytest.raises(ParameterError, match=message):
        RBM(**settings).fit(draw_samples())


def test_bad_samples():
    X = draw_patterns()
    model = RBM(3, epochs=1)
    for ask in (model.transform, model.free_energy, model.encode, model.score_samples):
        with pytest.raises(ParameterError, match="learned nothing yet"):
            ask(X)
    for ask in (model.compute_log_partition, model.estimate_log_partition):
        with pytest.raises(ParameterError, match="learned nothing yet"):
            ask()
    with pytest.raises(ParameterError, match="learned nothing yet"):
        model.sample(3)
    with pytest.raises(ParameterError, match=r"holds nan at \(1, 0\)"):
        model.fit([[1.0, 2.0], [np.nan, 1.0]])
    with pytest.raises(ParameterError, match=r"X of shape \(n_samples, 12\), not \(2, 5\)"):
        model.fit(X, validation=np.zeros((2, 5)))
    with pytest.raises(ParameterError, match="empty X"):
        model.fit(X[:0])
    model.fit(X)
    with pytest.raises(ParameterError, match=r"X of shape \(n_samples, 12\).*not \(2, 5\)"):
        model.transform(np.zeros((2, 5)))
    with pytest.raises(ParameterError, match=r"X holds 7 at \(1, 2\): binary units"):
        model.transform(np.where(np.arange(12) == 2, 7 * (np.arange(400) == 1)[:, None], X))
    with pytest.raises(ParameterError, match="sample needs n, how many, or start"):
        model.sample()
    with pytest.raises(ParameterError, match="n is 2, and start has 3"):
        model.sample(2, start=X[:3])
    with pytest.raises(ParameterError, match="not of gaussian ones"):
        RBM(3, epochs=0, visible="gaussian").fit(X).score_samples(X)


def test_divergence_is_named(tmp_path):
    model = RBM(4, visible="gaussian", learning_rate=1e30, epochs=3)
    with pytest.raises(DivergenceError, match=r"diverged in epoch 0: .* is not finite; lower the"):
        model.fit(draw_samples(), checkpoint=tmp_path / "c")
    assert not model.is_fitted()
    assert not (tmp_path / "c").exists()


def test_constant_features_and_one_sample():
    for X in (np.ones((1, 3)), np.full((30, 3), 7.0), np.zeros((5, 2))):
        model = RBM(2, epochs=2).fit(X)
        assert np.isfinite(model.components_).all()
        assert np.isfinite(model.free_energy(X)).all()
        assert model.reconstruct(X) == pytest.approx(X, abs=0.05)
