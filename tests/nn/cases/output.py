import numpy as np

from embedrec.nn import HierarchicalSoftmax, NoiseContrastive, SampledSoftmax, WordNoise
from tests.nn.cases import Case
from tests.nn.cases.dense import draw, make_generator

COUNTS = np.array([3, 50, 20, 1, 9, 9, 4])
WORDS = np.array([[1, 4, 1], [2, 6, 3]])
ARGUMENTS = {"target": WORDS, "train": lambda: np.random.default_rng(3)}
WEIGHTED = {**ARGUMENTS, "weights": np.array([[1.0, 0.0, 2.5], [0.5, 1.0, 0.0]])}


def make_hierarchical():
    layer = HierarchicalSoftmax(4, COUNTS)
    layer.weight.value[:] = make_generator().standard_normal(layer.weight.value.shape)
    layer.bias.value[:] = make_generator().standard_normal(layer.bias.value.shape)
    return layer


def make_sampled(kind, **options):
    noise = WordNoise.from_counts(COUNTS, 0.75)
    return kind(4, noise, n_samples=5, generator=make_generator(), **options)


CASES = [
    Case("hierarchical", lambda: (make_hierarchical(), draw(2, 3, 4)), ARGUMENTS),
    Case("hierarchical-weighted", lambda: (make_hierarchical(), draw(2, 3, 4)), WEIGHTED),
    Case("sampled", lambda: (make_sampled(SampledSoftmax), draw(2, 3, 4)), ARGUMENTS),
    Case("sampled-weighted", lambda: (make_sampled(SampledSoftmax), draw(2, 3, 4)), WEIGHTED),
    Case(
        "sampled-by-row",
        lambda: (make_sampled(SampledSoftmax, is_shared=False), draw(2, 3, 4)),
        WEIGHTED,
    ),
    Case("nce", lambda: (make_sampled(NoiseContrastive), draw(2, 3, 4)), ARGUMENTS),
    Case(
        "nce-by-row",
        lambda: (make_sampled(NoiseContrastive, is_shared=False), draw(2, 3, 4)),
        WEIGHTED,
    ),
    Case(
        "sampled-exact",
        lambda: (make_sampled(SampledSoftmax), draw(2, 3, 4)),
        {**WEIGHTED, "train": lambda: False},
    ),
]
