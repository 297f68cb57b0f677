import numpy as np

from embedrec.nn import (
    Conv1D,
    Conv2D,
    ConvMaxOverTime,
    Flatten,
    MaxOverTime,
    MaxPool1D,
    MaxPool2D,
    MeanPool1D,
    MeanPool2D,
    Subsampling,
)
from tests.nn.cases import Case

TABLE = np.array([[1, 0, 1], [1, 1, 0]], bool)


def make_generator():
    return np.random.default_rng(11)


def draw(*shape):
    return make_generator().standard_normal(shape)


def make_conv(*sizes, kind=Conv2D, **options):
    return kind(*sizes, generator=make_generator(), **options)


CASES = [
    Case("conv2d", lambda: (make_conv(2, 3, 3), draw(2, 5, 6, 2))),
    Case(
        "conv2d-stride-padding",
        lambda: (
            make_conv(2, 3, (3, 2), stride=(2, 3), padding=((1, 2), (0, 1))),
            draw(2, 5, 6, 2),
        ),
    ),
    Case(
        "conv2d-connections",
        lambda: (make_conv(2, 3, 2, connections=TABLE), draw(2, 4, 4, 2)),
    ),
    Case("conv2d-no-bias", lambda: (make_conv(1, 2, 2, has_bias=False), draw(2, 4, 4, 1))),
    Case("conv1d", lambda: (make_conv(3, 2, 3, kind=Conv1D), draw(2, 7, 3))),
    Case(
        "conv1d-stride-padding",
        lambda: (make_conv(3, 2, 4, kind=Conv1D, stride=2, padding=(3, 1)), draw(2, 5, 3)),
    ),
    Case("max-pool2d", lambda: (MaxPool2D(2), draw(2, 4, 6, 3))),
    Case("max-pool2d-overlap", lambda: (MaxPool2D((3, 2), stride=(2, 1)), draw(2, 6, 5, 3))),
    Case("mean-pool2d", lambda: (MeanPool2D(2), draw(2, 5, 6, 3))),
    Case("mean-pool2d-overlap", lambda: (MeanPool2D((3, 2), stride=(2, 1)), draw(2, 6, 5, 3))),
    Case("max-pool1d", lambda: (MaxPool1D(3, stride=2), draw(2, 8, 3))),
    Case("mean-pool1d", lambda: (MeanPool1D(3, stride=2), draw(2, 8, 3))),
    Case("max-over-time", lambda: (MaxOverTime(), draw(3, 6, 4))),
    Case("flatten", lambda: (Flatten(), draw(2, 3, 2, 2))),
    Case(
        "conv-max-over-time",
        lambda: (make_conv(3, 4, 2, kind=ConvMaxOverTime), draw(3, 6, 3)),
    ),
    Case("subsampling", lambda: (Subsampling(3), draw(2, 4, 6, 3))),
]
