"""What every layer is: a forward pass that returns its own backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array, Parameter

# From the gradient at a layer's output to the gradient at its input; gradients of parameters are
# added on the way.
Backward = Callable[[Array], Array]
# False to predict. To train, True, or the stream of random numbers that layers such as dropout draw
# from: randomness is an argument, and a layer keeps no state between passes.
Train = bool | np.random.Generator


class Layer:
    """Base of all layers.

    A layer keeps its parameters and sizes and nothing else: what a pass needs later is held by the
    backward that it returns. So one layer may be used many times in a network (steps of time,
    shared weights, nodes of a tree), and backwards may be called in any order.

    Attributes:
        needs_input_gradient: False on the first layer of a network while it is trained: its
            backward may then return an empty array for the gradient at its input, which nobody
            reads (see `first`).
    """

    needs_input_gradient = True

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return the output and the function that carries a gradient back.

        `x` is never changed in place. The backward may be called once.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def require_generator(layer: Layer, train: Train) -> np.random.Generator:
    """Return the stream of random numbers that `train` must be for a layer that draws.

    Raises:
        ParameterError: if it is just True.
    """
    if not isinstance(train, np.random.Generator):
        raise ParameterError(
            f"{layer!r} draws random numbers to train: give train=numpy.random.default_rng(seed), "
            f"not train={train!r}",
            value=train,
        )
    return train


def iterate_parameters(layer: Any, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    """Yield (name, parameter) of a layer and all layers in it, in the order they were set.

    The name is the way through attributes and lists, "layers.0.weight". A parameter that is reached
    on several ways is yielded once, by the first.
    """
    seen: set[int] = set()
    for name, parameter in _walk(layer, prefix):
        if id(parameter) not in seen:
            seen.add(id(parameter))
            yield name, parameter


def _walk(thing: Any, name: str) -> Iterator[tuple[str, Parameter]]:
    if isinstance(thing, Parameter):
        yield name, thing
    elif isinstance(thing, Layer):
        for attribute, value in vars(thing).items():
            yield from _walk(value, f"{name}.{attribute}" if name else attribute)
    elif isinstance(thing, (list, tuple)):
        for at, value in enumerate(thing):
            yield from _walk(value, f"{name}.{at}" if name else str(at))
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from _walk(value, f"{name}.{key}" if name else str(key))


def clear_gradients(*layers: Any) -> None:
    """Forget the gradients of all parameters of some layers."""
    for layer in layers:
        for _, parameter in iterate_parameters(layer):
            parameter.clear_gradient()


def cast_parameters(layer: Any, dtype: Any) -> None:
    """Turn all parameters of a layer to float32 or float64, in place; gradients are forgotten."""
    for _, parameter in iterate_parameters(layer):
        parameter.value = parameter.value.astype(dtype)
        parameter.clear_gradient()


def count_parameters(layer: Any) -> int:
    """Return how many numbers a layer learns."""
    return sum(parameter.value.size for _, parameter in iterate_parameters(layer))
