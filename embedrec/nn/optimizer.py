"""What every optimiser is: settings, state beside each parameter, and one kernel for its step."""

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
        check_number(self, "learning_rate", lambda rate: rate > 0, "above 0")
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


def check_share(optimizer: Optimizer, name: str) -> None:
    """Raise ParameterError unless a setting is from 0 to below 1."""
    check_number(optimizer, name, lambda value: 0 <= value < 1, "from 0 to below 1")


def check_number(
    optimizer: Optimizer, name: str, is_right: Callable[[float], bool], wanted: str
) -> None:
    """Raise ParameterError unless a setting is a finite number of which `is_right` holds."""
    value = getattr(optimizer, name)
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not is_right(value) or not np.isfinite(value):
        raise ParameterError(
            f"{type(optimizer).__name__}: {name} must be a number {wanted}, not {value!r}",
            value=value,
        )


def _as_rows(array: Array, width: int) -> Array:
    return np.ascontiguousarray(array).reshape(len(array), width)  # (R, D)
