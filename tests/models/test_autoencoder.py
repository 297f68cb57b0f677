"""Autoencoders: beside principal components, with noise, quiet codes, tied weights, on disk."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models.autoencoder import Autoencoder
from embedrec.nn import check_gradients, count_parameters
from embedrec.seeding import make_generator


def draw_samples(n=300, n_features=8, n_factors=3, seed=0):
    """Samples near a space of three dimensions, away from 0."""
    generator = np.random.default_rng(seed)
    factors = generator.standard_normal((n, n_factors)) * np.arange(n_factors, 0, -1)
    samples = factors @ generator.standard_normal((n_factors, n_features)) + 2
    return samples + 0.3 * generator.standard_normal((n, n_features))


def draw_patterns(n=400, seed=0):
    """Each sample is one of four binary patterns of twelve features, which overlap in pairs."""
    generator = np.random.default_rng(seed)
    patterns = (generator.random((4, 12)) < 0.5).astype(np.float32)
    return patterns[generator.integers(0, 4, n)]


def make_linear(n_components, **more):
    return Autoencoder(
        (n_components,), activation="identity", epochs=300, batch_size=50, learning_rate=0.02,
        schedule="cosine", **more,
    )  # fmt: skip


@pytest.mark.parametrize("tied", [False, True])
def test_linear_codes_span_the_principal_components(tied):
    X = draw_samples()
    deviations = X - X.mean(axis=0)
    _, lengths, directions = np.linalg.svd(deviations, full_matrices=False)
    left = (lengths[2:] ** 2).sum() / X.size  # the least error that two dimensions leave
    model = make_linear(2, tied=tied).fit(X)
    assert model.output_ == "identity"
    assert left * 0.9999 < -model.score(X) < left * 1.01
    components = deviations @ directions[:2].T @ directions[:2] + X.mean(axis=0)
    assert np.abs(model.reconstruct(X) - components).max() < 0.1 * np.abs(deviations).max()


def test_a_code_as_wide_as_the_samples_loses_nothing():
    X = draw_samples()
    assert -make_linear(8).fit(X).score(X) < 0.02 * X.var()


def test_parts_are_what_the_whole_is():
    X = draw_samples().astype(np.float32)
    model = Autoencoder((6, 3), activation="tanh", epochs=2).fit(X)
    code = model.transform(X)
    assert code.shape == (300, 3)
    assert code.dtype == np.float32
    assert np.abs(code).max() <= 1
    np.testing.assert_array_equal(model.inverse_transform(code), model.reconstruct(X))
    errors = model.measure_errors(X)
    np.testing.assert_allclose(errors, ((model.reconstruct(X) - X) ** 2).mean(axis=1))
    assert model.score(X) == pytest.approx(-errors.mean())
    np.testing.assert_array_equal(
        Autoencoder((6, 3), activation="tanh", epochs=2).fit_transform(X), code
    )


def test_the_decoder_mirrors_the_encoder():
    model = Autoencoder((5, 2), tied=True)
    network = model.build_network(7, make_generator(0))
    assert repr(network) == (
        "Chain(Chain(Dense(7, 5), Sigmoid(), Dense(5, 2), Sigmoid()), "
        "Chain(TiedDense(2, 5), Sigmoid(), TiedDense(5, 7)))"
    )
    assert count_parameters(network) == 7 * 5 + 5 * 2 + 5 + 2 + 5 + 7
    assert check_gradients(network, np.random.default_rng(0).random((4, 7))).error < 1e-6


def test_features_from_0_to_1_are_given_back_as_such():
    X = draw_patterns()
    model = Autoencoder((8,), epochs=60, learning_rate=0.01).fit(X)
    assert model.output_ == "sigmoid"
    back = model.reconstruct(X)
    assert back.min() >= 0
    assert back.max() <= 1
    assert np.array_equal(back > 0.5, X > 0.5)


@pytest.mark.parametrize(("noise", "level"), [("masking", 0.3), ("gaussian", 0.7)])
def test_a_denoising_one_undoes_noise_better(noise, level):
    X = draw_patterns()
    settings = {"epochs": 60, "learning_rate": 0.02, "output": "sigmoid"}
    plain = Autoencoder((16,), **settings).fit(X)
    denoising = Autoencoder((16,), noise=noise, noise_level=level, **settings).fit(X)
    noisy = denoising.make_augment()(X, np.random.default_rng(9))
    assert not np.array_equal(noisy, X)
    errors = [((model.reconstruct(noisy) - X) ** 2).mean() for model in (plain, denoising)]
    assert errors[1] < 0.9 * errors[0]
    # No noise outside training.
    np.testing.assert_array_equal(denoising.transform(X), denoising.transform(X))


def test_kl_brings_the_code_to_its_rate():
    X = draw_patterns()
    settings = {"epochs": 100, "learning_rate": 0.02}
    plain = Autoencoder((20,), **settings).fit(X)
    sparse = Autoencoder(
        (20,), sparsity="kl", sparsity_rate=0.1, sparsity_strength=5.0, **settings
    ).fit(X)
    assert plain.transform(X).mean() > 0.3
    assert sparse.transform(X).mean(axis=0) == pytest.approx(0.1, abs=0.05)


def test_l1_silences_the_code():
    X = draw_patterns()
    settings = {"activation": "relu", "epochs": 40, "learning_rate": 0.01}
    plain = Autoencoder((20,), **settings).fit(X)
    sparse = Autoencoder((20,), sparsity="l1", sparsity_strength=0.3, **settings).fit(X)
    assert sparse.transform(X).mean() < plain.transform(X).mean() / 2
    assert (sparse.transform(X) == 0).mean() > (plain.transform(X) == 0).mean()


def test_l2_keeps_weights_small():
    X = draw_patterns()
    norms = []
    for l2 in (0.0, 0.1):
        weight, _ = Autoencoder(epochs=30, learning_rate=0.02, l2=l2).learn_layer(
            X, 8, "sigmoid", 0
        )
        norms.append(np.linalg.norm(weight))
    assert norms[1] < norms[0] / 2


def test_learn_layer_is_a_fit_of_another_that_leaves_this_one():
    X = draw_patterns()
    model = Autoencoder((3,), epochs=2, seed=5)
    weight, bias = model.learn_layer(X, 6, "tanh", 1)
    assert weight.shape == (12, 6)
    assert bias.shape == (6,)
    assert not model.is_fitted()
    same = Autoencoder((6,), activation="tanh", epochs=2, seed=1).fit(X)
    # Not to the last bit: BLAS may sum in another order, and there are two forms of tanh.
    np.testing.assert_allclose(same.transform(X), np.tanh(X @ weight + bias), rtol=1e-5, atol=1e-6)


def test_one_seed_one_result():
    X = draw_patterns()
    codes = [
        Autoencoder((4,), noise="masking", epochs=2, seed=s).fit_transform(X) for s in (1, 1, 2)
    ]
    assert np.array_equal(codes[0], codes[1])
    assert not np.array_equal(codes[0], codes[2])


@pytest.mark.parametrize(
    "settings", [{}, {"tied": True, "sparsity": "kl"}, {"output": "identity", "noise": "gaussian"}]
)
def test_on_disk(tmp_path, settings):
    X = draw_patterns()
    model = Autoencoder((6, 3), epochs=2, **settings).fit(X)
    model.save(tmp_path / "model")
    loaded = Autoencoder.load(tmp_path / "model")
    assert loaded.get_params() == model.get_params()
    assert loaded.output_ == model.output_
    np.testing.assert_array_equal(loaded.reconstruct(X), model.reconstruct(X))


def test_in_scikit_learn():
    base = pytest.importorskip("sklearn.base")
    selection = pytest.importorskip("sklearn.model_selection")
    X = draw_samples()
    scores = selection.cross_val_score(base.clone(make_linear(3)), X, cv=3)
    assert (scores > -0.2).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"output": "tanh"}, "output must be one of 'auto', 'identity', 'sigmoid', not 'tanh'"),
        ({"output": "sigmoid"}, r"features from 0 to 1, and X goes from .*output='identity'"),
        ({"noise": "salt"}, "noise must be one of None, 'masking', 'gaussian', not 'salt'"),
        ({"noise": "masking", "noise_level": 1.5}, "MaskingNoise must be .* not 1.5"),
        ({"sparsity": "l2"}, "sparsity must be one of None, 'l1', 'kl', not 'l2'"),
        ({"sparsity": "kl", "activation": "tanh"}, "take activation='sigmoid', not 'tanh'"),
        ({"sparsity": "kl", "sparsity_rate": 1.0}, "rate of ActivationKL"),
        ({"sparsity": "l1", "sparsity_strength": -1.0}, "strength must be 0 or more"),
        ({"hidden_sizes": ()}, r"hidden_sizes must be a list such as \(64,\), not \(\)"),
        ({"hidden_sizes": 64}, "hidden_sizes must be a list"),
        ({"hidden_sizes": (0,)}, "hidden_sizes must be a whole number of at least 1, not 0"),
        ({"activation": "cosine"}, "no activation 'cosine'"),
        ({"epochs": -1}, "epochs must be a whole number"),
    ],
)
def test_bad_arguments(settings, message):
    model = Autoencoder(**settings)
    with pytest.raises(ParameterError, match=message):
        model.fit(draw_samples())


def test_bad_samples():
    model = Autoencoder((3,), epochs=1)
    with pytest.raises(ParameterError, match="learned nothing yet"):
        model.transform(np.zeros((2, 8)))
    with pytest.raises(ParameterError, match=r"holds nan at \(1, 0\)"):
        model.fit([[1.0, 2.0], [np.nan, 1.0]])
    model.fit(draw_samples())
    with pytest.raises(ParameterError, match=r"X of shape \(n_samples, 8\).*not \(2, 5\)"):
        model.transform(np.zeros((2, 5)))
    with pytest.raises(ParameterError, match=r"X of shape \(n_samples, 3\).*not \(2, 8\)"):
        model.inverse_transform(np.zeros((2, 8)))
