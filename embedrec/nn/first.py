"""The first layer of a network in training: nobody reads the gradient at its input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from embedrec.nn.compose import Chain
from embedrec.nn.layer import Layer


@contextmanager
def skip_input_gradient(network: Layer) -> Iterator[None]:
    """Let the first layer leave out the gradient at its input, within the block.

    In the first dense layer of a network that is a third of the work. A layer that stands in the
    network a second time computes it as ever.
    """
    first = network
    while type(first) is Chain and first.layers:
        first = first.layers[0]
    if _count(network, first) > 1:
        yield
        return
    first.needs_input_gradient = False
    try:
        yield
    finally:
        del first.needs_input_gradient


def _count(thing: Any, wanted: Layer) -> int:
    if thing is wanted:
        return 1
    if isinstance(thing, Layer):
        return sum(_count(value, wanted) for value in vars(thing).values())
    if isinstance(thing, (list, tuple)):
        return sum(_count(value, wanted) for value in thing)
    return 0
