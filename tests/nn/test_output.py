"""Output layers for many words: against slow twins, as distributions, and on bad input."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.nn import (
    Dense,
    HierarchicalSoftmax,
    NoiseContrastive,
    RowGradient,
    SampledSoftmax,
    SoftmaxCrossEntropy,
    WordNoise,
    clear_gradients,
)
from tests.reference.nn import output as slow

COUNTS = np.array([90, 50, 20, 9, 9, 4, 3, 1])
SHUFFLED = np.array([3, 0, 7, 5, 1, 6, 2, 4])
GENERATOR = np.random.default_rng(5)
H = GENERATOR.standard_normal((6, 19))
WORDS = np.array([0, 1, 1, 4, 7, 5])
BOTH = pytest.mark.parametrize("kind", [SampledSoftmax, NoiseContrastive])


def make_hierarchical(counts=COUNTS, dtype=np.float64):
    layer = HierarchicalSoftmax(H.shape[1], counts, dtype=dtype)
    layer.weight.value[:] = np.random.default_rng(1).standard_normal(layer.weight.value.shape)
    layer.bias.value[:] = np.random.default_rng(2).standard_normal(layer.bias.value.shape)
    return layer


def make_sampled(kind, n_samples=6, dtype=np.float64, **options):
    noise = WordNoise.from_counts(COUNTS, 0.5)
    generator = np.random.default_rng(1)
    return kind(H.shape[1], noise, n_samples=n_samples, generator=generator, dtype=dtype, **options)


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_hierarchical_agrees_with_its_twin(dtype, error):
    layer = make_hierarchical(dtype=dtype)
    expected = np.array(
        [
            slow.compute_tree_log_probabilities(h, layer.weight.value, layer.bias.value, COUNTS)
            for h in H.astype(dtype)
        ]
    )
    log_p = layer.log_prob(H.astype(dtype))
    assert log_p.dtype == dtype
    assert log_p == pytest.approx(expected, rel=error, abs=error)
    value, _ = layer.forward(H.astype(dtype), WORDS)
    assert value == pytest.approx(-expected[np.arange(6), WORDS].mean(), rel=error)


def test_hierarchical_probabilities_sum_to_one():
    counts = GENERATOR.integers(1, 1000, 317)
    layer = HierarchicalSoftmax(8, counts, dtype=np.float64)
    layer.weight.value[:] = 3 * GENERATOR.standard_normal(layer.weight.value.shape)
    p = layer.predict(GENERATOR.standard_normal((2, 3, 8)))
    assert p.shape == (2, 3, 317)
    assert p.sum(axis=-1) == pytest.approx(np.ones((2, 3)), abs=1e-12)


def test_hierarchical_takes_words_in_any_order():
    ordered, shuffled = make_hierarchical(), make_hierarchical(COUNTS[SHUFFLED])
    # Words of the same count may change places: leave one of them out.
    different = SHUFFLED[(SHUFFLED != 3) & (SHUFFLED != 4)]
    at = np.array([int(np.flatnonzero(word == SHUFFLED)[0]) for word in different])
    assert shuffled.log_prob(H)[:, at] == pytest.approx(ordered.log_prob(H)[:, different])
    assert shuffled.forward(H, at)[0] == pytest.approx(ordered.forward(H, different)[0])


def test_hierarchical_scores_of_any_size():
    layer = make_hierarchical(dtype=np.float32)
    layer.weight.value *= 1e4
    value, back = layer.forward(H.astype(np.float32), WORDS)
    assert np.isfinite(value)
    assert np.isfinite(back()).all()
    assert not np.isnan(layer.log_prob(H.astype(np.float32))).any()


@pytest.mark.parametrize("kind", [HierarchicalSoftmax, SampledSoftmax, NoiseContrastive])
def test_gradients_are_by_rows_and_masked_places_have_none(kind):
    layer = make_hierarchical() if kind is HierarchicalSoftmax else make_sampled(kind, 2)
    weights = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    _, back = layer.forward(H, np.where(weights > 0, WORDS, -1), weights, np.random.default_rng(0))
    gradient = back()
    assert isinstance(layer.weight.gradient, RowGradient)
    assert len(layer.weight.gradient.merge().rows) < len(layer.weight.value)
    assert (gradient[[0, 3, 4, 5]] == 0).all()
    assert (gradient[[1, 2]] != 0).any()


@BOTH
@pytest.mark.parametrize("is_shared", [True, False])
def test_sampled_agrees_with_its_twin(kind, is_shared):
    layer = make_sampled(kind, is_shared=is_shared)
    layer.bias.value[:] = np.random.default_rng(2).standard_normal(8)
    twin = slow.compute_sampled if kind is SampledSoftmax else slow.compute_nce
    drawn = layer.noise.draw(np.random.default_rng(9), (6,) if is_shared else (6, 6))
    drawn = np.broadcast_to(drawn, (6, 6))
    expected = [
        twin(h, layer.weight.value, layer.bias.value, layer.noise.probabilities, word, row)
        for h, word, row in zip(H, WORDS, drawn, strict=True)
    ]
    value, _ = layer.forward(H, WORDS, None, np.random.default_rng(9))
    assert value == pytest.approx(np.mean(expected), rel=1e-12)


@BOTH
def test_prediction_is_the_exact_softmax(kind):
    layer = make_sampled(kind)
    dense = Dense(H.shape[1], 8, generator=GENERATOR, dtype=np.float64)
    dense.weight.value[:], dense.bias.value[:] = layer.weight.value.T, layer.bias.value
    z, back_of_dense = dense.forward(H)
    expected, back_expected = SoftmaxCrossEntropy().forward(z, WORDS)
    value, back = layer.forward(H, WORDS)
    assert value == pytest.approx(expected)
    assert back(0.5) == pytest.approx(back_of_dense(back_expected(0.5)))
    assert layer.weight.gradient == pytest.approx(dense.weight.gradient.T)
    assert layer.predict(H).sum(axis=1) == pytest.approx(np.ones(6))
    assert layer.log_prob(H)[np.arange(6), WORDS].mean() == pytest.approx(-value)


def test_with_many_draws_sampled_softmax_is_the_softmax():
    layer = make_sampled(SampledSoftmax, n_samples=2000)
    value, back = layer.forward(H, WORDS, None, np.random.default_rng(0))
    gradient, at_weight = back(), layer.weight.get_dense_gradient()
    clear_gradients(layer)
    exact, back_exact = layer.forward(H, WORDS)
    assert value == pytest.approx(exact)
    assert gradient == pytest.approx(back_exact())
    assert at_weight == pytest.approx(layer.weight.gradient)


def test_mean_gradient_of_nce_nears_that_of_the_softmax():
    # Gutmann and Hyvarinen: for a normalised model and k to infinity it is the likelihood's.
    layer = make_sampled(NoiseContrastive, n_samples=200_000)
    z = layer.compute_logits(H[:1])
    layer.bias.value -= np.log(np.exp(z).sum())
    _, back = layer.forward(H[:1], WORDS[:1], None, np.random.default_rng(0))
    _, back_exact = layer.forward(H[:1], WORDS[:1])
    assert back() == pytest.approx(back_exact(), abs=0.02)


@BOTH
@pytest.mark.parametrize("is_shared", [True, False])
def test_a_distribution_is_learned_from_draws(kind, is_shared):
    generator = np.random.default_rng(0)
    p = np.array([0.4, 0.05, 0.05, 0.2, 0.1, 0.1, 0.05, 0.05])
    layer = make_sampled(kind, 4, is_shared=is_shared)
    h = np.zeros((400, H.shape[1]))
    mean = np.zeros(8)
    for step in range(2000):
        words = generator.choice(8, 400, p=p)
        _, back = layer.forward(h, words, None, generator)
        back()
        layer.bias.value -= 0.2 * layer.bias.get_dense_gradient()
        clear_gradients(layer)
        mean += layer.predict(h[:1])[0] / 1000 if step >= 1000 else 0
    assert mean == pytest.approx(p, abs=0.02)


def test_words_are_drawn_by_their_probability():
    noise = WordNoise.from_counts(COUNTS)
    drawn = noise.draw(np.random.default_rng(0), (400, 500))
    assert drawn.shape == (400, 500)
    share = np.bincount(drawn.ravel(), minlength=8) / drawn.size
    assert share == pytest.approx(COUNTS / COUNTS.sum(), abs=0.004)
    assert WordNoise.from_counts(COUNTS, 0).probabilities == pytest.approx(np.full(8, 1 / 8))
    assert WordNoise.from_counts(np.array([4, 0])).probabilities.tolist() == [0.8, 0.2]
    zipf = WordNoise.log_uniform(100).probabilities
    assert zipf[9] == pytest.approx(np.log(11 / 10) / np.log(101))


def test_draws_are_fixed_by_their_stream():
    noise = WordNoise.log_uniform(1000)
    a, b, c = (noise.draw(np.random.default_rng(seed), (50,)) for seed in (1, 1, 2))
    assert (a == b).all()
    assert (a != c).any()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: HierarchicalSoftmax(4, np.array([1.5])), "HierarchicalSoftmax takes the counts"),
        (lambda: HierarchicalSoftmax(4, np.array([3])), "needs two words at least"),
        (lambda: HierarchicalSoftmax(4, np.array([3, -1])), "counts of 0 or more, not -1"),
        (lambda: make_hierarchical().forward(H[:, :5], WORDS), "of shape (..., 19), not (6, 5)"),
        (lambda: make_hierarchical().forward(H, WORDS + 1), "classes from 0 to 7, not 8 (at 4)"),
        (lambda: make_hierarchical().forward(H.astype("f"), WORDS), "give x.astype('float64')"),
        (lambda: make_sampled(SampledSoftmax).forward(H, WORDS[:2]), "shape (6,), not (2,)"),
        (lambda: make_sampled(SampledSoftmax).forward(H, WORDS, None, True), "draws random num"),
        (lambda: make_sampled(NoiseContrastive, 0), "n_samples must be a whole number of at"),
        (lambda: WordNoise.from_counts(COUNTS, 2), "power of noise must be from 0 to 1, not 2"),
        (lambda: WordNoise.log_uniform(0), "n_words must be a whole number"),
    ],
)
def test_bad_input_is_named(act, words):
    with pytest.raises(ParameterError) as caught:
        act()
    assert words in str(caught.value)
