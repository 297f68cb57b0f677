"""The negative phase: where a machine goes by itself, started from samples or going on.

Contrastive divergence (Hinton 2002) starts at the samples and takes k steps; persistent contrastive
divergence (Tieleman 2008) keeps chains that never start again.
"""

from __future__ import annotations

import numpy as np

from embedrec.models.rbm.machine import Machine
from embedrec.nn.parameter import Array


def reconstruct(
    machine: Machine,
    hidden: Array,
    n_steps: int,
    generator: np.random.Generator,
    *,
    draws_visible: bool = True,
) -> tuple[Array, Array]:
    """Return v and the means of h after k steps from the hidden means of samples (CD-k).

    The hidden units are drawn where they are the cause of visible ones; the last time their means
    are taken (Hinton 2010, section 3).

    Args:
        machine: walks.
        hidden: (n, H), p(h = 1 | v) of samples.
        n_steps: k, 1 or more.
        generator: of the draws.
        draws_visible: whether visible units are drawn; else their means are taken, which has less
            noise and is not the machine's own distribution.
    """
    visible = np.empty((0, machine.units.n_columns), machine.dtype)
    for _ in range(n_steps):
        drawn = machine.draw_hidden(hidden, generator)
        visible = machine.compute_visible_means(drawn)
        if draws_visible:
            visible = machine.draw_visible(visible, generator)
        hidden = machine.compute_hidden_means(visible)
    return visible, hidden


def persist(
    machine: Machine, chains: Array, n_steps: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Return v and the means of h after the chains' next k steps (PCD); chains (m, D) stay."""
    visible, _ = machine.walk(chains, n_steps, generator)
    return visible, machine.compute_hidden_means(visible)
