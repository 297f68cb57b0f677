"""Mean-field inference in a deep machine (Salakhutdinov and Hinton 2009, section 2.2).

Hidden units are taken for independent, q(h) = prod mu^h (1 - mu)^(1 - h), with the mu that make

    log p(v) >= E_q[-E(v, h)] + H(q) - log Z                                         (their eq. 5)

greatest. Setting the mu of one layer given its neighbours makes it as great as it can be with the
others as they are (eq. 7), so that it rises with each layer: coordinate ascent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedrec.models.dbm.net import Net
from embedrec.models.rbm.machine import compute_binary
from embedrec.nn.parameter import Array


def infer(net: Net, visible: Array, *, n_sweeps: int = 10, tolerance: float = 1e-3) -> list[Array]:
    """Return layers: the samples, and the mu of each hidden layer.

    Args:
        net: asked.
        visible: (n, D).
        n_sweeps: at most so many sweeps over all layers.
        tolerance: sweeps end when no mu has changed by more.
    """
    layers, below = start_means(net, visible)
    for _ in range(n_sweeps):
        if sweep(net, layers, below) <= tolerance:
            break
    return layers


def start_means(net: Net, visible: Array) -> tuple[list[Array], Array]:
    """Return layers with mu from a pass upwards, and v W_1.

    Weights count twice where there is a layer above, in place of what would come from there (their
    section 2.3).
    """
    below: Array = visible @ net.weights[0].value
    layers, fields = [visible], below
    for at in range(1, net.n_layers + 1):
        if at < net.n_layers:
            fields = 2 * fields
        layers.append(compute_binary(fields, net.biases[at].value))
        if at < net.n_layers:
            fields = layers[at] @ net.weights[at].value
    return layers, below


def sweep(net: Net, layers: list[Array], below: Array) -> float:
    """Set the mu of each hidden layer once, from the lowest; return the largest change.

    Args:
        net: asked.
        layers: samples and mu; the list gets new arrays.
        below: v W_1 (n, H_1), which stays the same.
    """
    change = 0.0
    for at in range(1, net.n_layers + 1):
        means = update_layer(net, layers, at, below)
        change = max(change, float(np.abs(means - layers[at]).max()))
        layers[at] = means
    return change


def update_layer(net: Net, layers: Sequence[Array], at: int, below: Array) -> Array:
    """Return the mu of hidden layer `at` given its neighbours, (n, H); `below` is v W_1."""
    fields = below if at == 1 else layers[at - 1] @ net.weights[at - 1].value
    if at < net.n_layers:
        fields = fields + layers[at + 1] @ net.weights[at].value.T
    return compute_binary(fields, net.biases[at].value)


def compute_bound(net: Net, layers: Sequence[Array]) -> Array:
    """Return E_q[-E] + H(q) of each sample, float64 (n,): at most log p(v) + log Z."""
    bound = -net.compute_energy(layers)
    for means in layers[1:]:
        mu = means.astype(np.float64)
        # 0 log 0 is 0.
        entropy = mu * np.log(np.maximum(mu, 1e-300))
        entropy += (1 - mu) * np.log(np.maximum(1 - mu, 1e-300))
        bound = bound - entropy.sum(axis=1)
    return bound
