"""Reads the mathematics of a small network in its code, and checks it.

Two intertwined spirals are to be told apart. The network is h1 = sin(x W1 + b1),
h2 = tanh(h1 W2 + b2), z = h2 V + c, its loss the cross-entropy of softmax(z): each a line below,
and the sine a layer made here. The gradient check says whether the backward passes are the
derivatives of what stands there.

Run:   python examples/network_by_hand.py
"""

from __future__ import annotations

import numpy as np

from embedrec.nn import (
    Adam,
    Backward,
    Chain,
    Dense,
    Layer,
    SoftmaxCrossEntropy,
    Tanh,
    check_gradients,
    clear_gradients,
    count_parameters,
)


class Sine(Layer):
    """y = sin x; y' = cos x: how a layer of one's own is written."""

    def forward(self, x: np.ndarray, train: object = False) -> tuple[np.ndarray, Backward]:
        """Return sin x, and the backward: the gradient at y times cos x."""
        return np.sin(x), lambda gradient: gradient * np.cos(x)


def draw_spirals(n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return points (n, 2), float32, and the number of the spiral each lies on, 0 or 1."""
    labels = generator.integers(0, 2, n)
    turn = generator.uniform(0.25, 1.25, n)
    angle = 2 * np.pi * turn + np.pi * labels
    points = (turn * np.stack([np.cos(angle), np.sin(angle)])).T
    return points.astype(np.float32) + generator.normal(0, 0.02, (n, 2)).astype(np.float32), labels


def main() -> None:
    """Check gradients, train, and draw what the network has learned."""
    generator = np.random.default_rng(1)
    x, labels = draw_spirals(600, generator)

    # A network is its layers in turn. Randomness is an argument.
    network = Chain(
        Dense(2, 32, generator=generator), Sine(),
        Dense(32, 32, generator=generator), Tanh(),
        Dense(32, 2, generator=generator),
    )  # fmt: skip
    loss = SoftmaxCrossEntropy()
    print(network, f"learns {count_parameters(network)} numbers")

    # Are its gradients right? Each against (f(p + h) - f(p - h)) / 2h, in float64.
    # The check makes all numbers float64, so it has a smaller network of the same layers.
    small = Chain(
        Dense(2, 4, generator=generator), Sine(),
        Dense(4, 3, generator=generator), Tanh(),
        Dense(3, 2, generator=generator),
    )  # fmt: skip
    report = check_gradients(small, x[:5])
    print(f"largest relative error of a gradient: {report.error:.1e}, at {report.worst}")
    assert report.error < 1e-6

    # Training, without a trainer: forward, backward, step.
    optimizer = Adam(learning_rate=0.01)
    for step in range(801):
        rows = generator.integers(0, len(x), 100)
        clear_gradients(network)
        z, back = network.forward(x[rows], train=generator)
        value, back_of_loss = loss.forward(z, labels[rows])
        back(back_of_loss())  # every parameter's gradient has grown by its part
        optimizer.step(network)
        if step % 200 == 0:
            print(f"step {step:3}  loss {value:.3f}")

    new_x, new_labels = draw_spirals(1000, generator)
    z, _ = network.forward(new_x)
    print(f"right on new points: {(z.argmax(axis=1) == new_labels).mean():.1%}")

    # Where it says 1.
    side = np.linspace(-1.3, 1.3, 41, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side[::-2]), axis=-1)  # (21, 41, 2)
    z, _ = network.forward(grid)
    for row in z.argmax(axis=-1):
        print("".join(".#"[k] for k in row))


if __name__ == "__main__":
    main()
