"""Optimisers: from gradients to new values, in place, one pass over memory for each parameter.

With g the gradient, r the learning rate, t the number of the step from 1:

    SGD       w -= r g
    Momentum  v = m v + g;  w -= r v                                  (Polyak 1964)
    Nesterov  v = m v + g;  w -= r (g + m v)          (Sutskever et al. 2013, as a step at w)
    AdaGrad   s += g^2;  w -= r g / (sqrt(s) + e)                     (Duchi et al. 2011)
    RMSProp   s = d s + (1 - d) g^2;  w -= r g / (sqrt(s) + e)        (Tieleman and Hinton 2012)
    Adam      m = b1 m + (1 - b1) g;  s = b2 s + (1 - b2) g^2
              w -= r (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + e)    (Kingma and Ba 2015, alg. 1)
    AdamW     w *= 1 - r d first, then as Adam                        (Loshchilov and Hutter 2019)

A gradient by rows updates those rows only and leaves the others' value and state as they are: their
velocity does not coast and their means do not fade. For SGD and AdaGrad this is the same as with a
dense gradient; for the others it is the usual lazy form, in which a row lives in its own time but
for the corrections 1 - b^t of Adam, which count all steps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.kernels import optimize
from embedrec.nn.layer import Layer, iterate_parameters
from embedrec.nn.parameter import Array, Parameter, RowGradient

Named = Iterable[tuple[str, Parameter]]


@dataclass
class Optimizer:
    """Base of all optimisers.

    Attributes:
        learning_rate: above 0.
        n_steps: steps taken so far.
        slots: state beside values: name of the slot, then of the parameter, to an array like it.

    Raises:
        ParameterError: if a setting can't be worked with.
    """

    slot_names: ClassVar[tuple[str, ...]] = ()

    learning_rate: float = 0.01
    n_steps: int = field(default=0, init=False, compare=False, repr=False)
    slots: dict[str, dict[str, Array]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_number(self, "learning_rate", lambda rate: rate > 0, "above 0")
        self.slots = {name: {} for name in self.slot_names}

    def step(self, parameters: Layer | Named, factor: float = 1.0) -> None:
        """Update every parameter that has a gradient, in place.

        Args:
            parameters: a layer, or names and parameters as `iterate_parameters` yields them. State
                is kept by name.
            factor: multiplies the learning rate: a schedule's.

        Raises:
            ParameterError: if a value can't be updated in place, or a name stood for another shape.
        """
        self.n_steps += 1
        named = iterate_parameters(parameters) if isinstance(parameters, Layer) else parameters
        for name, parameter in named:
            if parameter.gradient is None:
                continue
            value = parameter.value
            if not value.flags.c_contiguous or value.dtype not in (np.float32, np.float64):
                raise ParameterError(
                    f"{name} can't be updated: its value is no float array in C order",
                    value=str(value.dtype),
                )
            slots = [self._open_slot(slot, name, value) for slot in self.slot_names]
            if isinstance(parameter.gradient, RowGradient):
                rows, gradient = parameter.gradient.merge()
                width = value.size // max(1, len(value))
                self._update(
                    "_rows",
                    [_as_rows(value, width), rows.astype(np.int64), _as_rows(gradient, width)],
                    [_as_rows(slot, width) for slot in slots],
                    value.dtype.type,
                    factor,
                )
            else:
                gradient = np.ascontiguousarray(parameter.gradient, value.dtype)
                self._update(
                    "",
                    [value.reshape(-1), gradient.reshape(-1)],
                    [slot.reshape(-1) for slot in slots],
                    value.dtype.type,
                    factor,
                )

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return what the kernel takes beside arrays, the learning rate being `rate`."""
        raise NotImplementedError

    def find_kernel(self) -> str:
        """Return the name of the kernel."""
        return f"step_{type(self).__name__.lower()}"

    def copy(self) -> Any:
        """Return an optimiser with the same settings that has taken no step."""
        return dataclasses.replace(self)

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return arrays by "slot.parameter", not copied, and values for JSON."""
        arrays = {
            f"{slot}.{name}": array
            for slot, by_name in self.slots.items()
            for name, array in by_name.items()
        }
        return arrays, {"optimizer": type(self).__name__, "n_steps": self.n_steps}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned; arrays are kept.

        Raises:
            CorruptedError: if it is of another optimiser.
        """
        if facts.get("optimizer") != type(self).__name__ or type(facts.get("n_steps")) is not int:
            raise CorruptedError(
                f"this is the state of {facts.get('optimizer')}, not of {type(self).__name__}",
                value=facts.get("optimizer"),
            )
        slots: dict[str, dict[str, Array]] = {name: {} for name in self.slot_names}
        for key, array in arrays.items():
            slot, _, name = key.partition(".")
            if slot not in slots:
                raise CorruptedError(f"{type(self).__name__} keeps no {slot!r}", value=slot)
            slots[slot][name] = array
        self.slots, self.n_steps = slots, facts["n_steps"]

    def _update(
        self, ending: str, arrays: list[Array], slots: list[Array], dtype: Any, factor: float
    ) -> None:
        numbers = self.list_numbers(self.learning_rate * factor)
        getattr(optimize, self.find_kernel() + ending)(*arrays, *slots, *map(dtype, numbers))

    def _open_slot(self, slot: str, name: str, value: Array) -> Array:
        kept = self.slots[slot]
        if name not in kept:
            kept[name] = np.zeros_like(value, order="C")
        if kept[name].shape != value.shape or kept[name].dtype != value.dtype:
            raise ParameterError(
                f"{name} is {value.dtype} {value.shape}, and {type(self).__name__} has met it as "
                f"{kept[name].dtype} {kept[name].shape}: take a new optimiser for another network",
                value=name,
            )
        return kept[name]


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent."""

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate."""
        return (rate,)


@dataclass
class Momentum(Optimizer):
    """Gradient descent with momentum."""

    slot_names = ("velocity",)
    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_share(self, "momentum")

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate and the momentum."""
        return rate, self.momentum


@dataclass
class Nesterov(Momentum):
    """Gradient descent with Nesterov's momentum."""


@dataclass
class AdaGrad(Optimizer):
    """AdaGrad: each number has a rate that falls with the sum of its squared gradients."""

    slot_names = ("squares",)
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number(self, "epsilon", lambda value: value > 0, "above 0")

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate and what is added to the root."""
        return rate, self.epsilon


@dataclass
class RMSProp(Optimizer):
    """RMSProp: as AdaGrad with a fading mean of squares in place of the sum."""

    slot_names = ("squares",)
    learning_rate: float = 0.001
    decay: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_share(self, "decay")
        _check_number(self, "epsilon", lambda value: value > 0, "above 0")

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the learning rate, the decay, 1 - decay, and what is added to the root."""
        return rate, self.decay, 1 - self.decay, self.epsilon


@dataclass
class Adam(Optimizer):
    """Adam: fading means of gradients and of their squares, both corrected for their start at 0."""

    slot_names = ("mean", "squares")
    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_share(self, "beta1")
        _check_share(self, "beta2")
        _check_number(self, "epsilon", lambda value: value > 0, "above 0")

    def find_kernel(self) -> str:
        """Return Adam's kernel, which is AdamW's too."""
        return "step_adam"

    def find_keep(self, rate: float) -> float:
        """Return what values are multiplied by before the step."""
        return 1.0

    def list_numbers(self, rate: float) -> tuple[float, ...]:
        """Return the kernel's numbers, with the corrections of this step in them."""
        first, second = 1 - self.beta1**self.n_steps, 1 - self.beta2**self.n_steps
        decays = self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2
        return rate / first, self.find_keep(rate), *decays, second**-0.5, self.epsilon


@dataclass
class AdamW(Adam):
    """Adam with decay of weights apart from the gradient; biases decay too, as in the paper."""

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number(self, "weight_decay", lambda value: value >= 0, "0 or more")

    def find_keep(self, rate: float) -> float:
        """Return 1 - rate * weight_decay."""
        return 1 - rate * self.weight_decay


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}


def make_optimizer(optimizer: str | Optimizer, learning_rate: float | None = None) -> Optimizer:
    """Return an optimiser that has taken no step, of a name or with another one's settings.

    Args:
        optimizer: "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", or one.
        learning_rate: in place of the optimiser's own; None to leave that.

    Raises:
        ParameterError: if there is no such optimiser.
    """
    if isinstance(optimizer, Optimizer):
        made = optimizer.copy()
    elif isinstance(optimizer, str) and optimizer in OPTIMIZERS:
        made = OPTIMIZERS[optimizer]()
    else:
        raise ParameterError(
            f"optimizer must be one of {', '.join(OPTIMIZERS)}, or an Optimizer, not {optimizer!r}",
            value=optimizer,
        )
    if learning_rate is not None:
        made = dataclasses.replace(made, learning_rate=learning_rate)
    return made


def _as_rows(array: Array, width: int) -> Array:
    return np.ascontiguousarray(array).reshape(len(array), width)  # (R, D)


def _check_share(optimizer: Optimizer, name: str) -> None:
    _check_number(optimizer, name, lambda value: 0 <= value < 1, "from 0 to below 1")


def _check_number(
    optimizer: Optimizer, name: str, is_right: Callable[[float], bool], wanted: str
) -> None:
    value = getattr(optimizer, name)
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not is_right(value) or not np.isfinite(value):
        raise ParameterError(
            f"{type(optimizer).__name__}: {name} must be a number {wanted}, not {value!r}",
            value=value,
        )
