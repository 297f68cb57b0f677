"""Numbers that several threads change at once, and waiting for another thread, inside kernels.

Kernels run without the interpreter lock, so their threads can meet without Python: what one thread
wrote before `add` or `replace` is seen by every thread that has `load`ed the number since.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

INT32, INT64 = ir.IntType(32), ir.IntType(64)
_ALIGN = 8
_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
_PAUSES = {
    "x86_64": "llvm.x86.sse2.pause",
    "amd64": "llvm.x86.sse2.pause",
    "aarch64": "llvm.aarch64.hint",
    "arm64": "llvm.aarch64.hint",
}
_PAUSE = _PAUSES.get(platform.machine().lower())


@njit(inline="always", nogil=True)
def load(numbers, at):
    """Return element `at` of an int64 array, with all that was written before it was."""
    return _load(numbers, at)


@njit(inline="always", nogil=True)
def store(numbers, at, value):
    """Set element `at` of an int64 array, after all that this thread has written before."""
    _store(numbers, at, value)


@njit(inline="always", nogil=True)
def add(numbers, at, value):
    """Add to element `at` of an int64 array; returns what it was before."""
    return _add(numbers, at, value)


@njit(inline="always", nogil=True)
def replace(numbers, at, expected, value):
    """Set element `at` of an int64 array if it is as expected; returns whether it was."""
    return _replace(numbers, at, expected, value)


@njit(inline="always", nogil=True)
def pause():
    """Tell the processor that this thread does nothing but look at a number again and again."""
    _pause()


@njit(inline="always", nogil=True)
def yield_core():
    """Let another thread have the core."""
    _yield_core()


def _locate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> ir.Value:
    array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=values[0])
    return builder.gep(array.data, [values[1]])


@intrinsic
def _load(typing, numbers, at):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        place = _locate(context, builder, signature, values)
        return builder.load_atomic(place, "acquire", _ALIGN)

    return types.int64(numbers, types.int64), generate


@intrinsic
def _store(typing, numbers, at, value):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        place = _locate(context, builder, signature, values)
        builder.store_atomic(values[2], place, "release", _ALIGN)
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.int64), generate


@intrinsic
def _add(typing, numbers, at, value):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        place = _locate(context, builder, signature, values)
        return builder.atomic_rmw("add", place, values[2], "acq_rel")

    return types.int64(numbers, types.int64, types.int64), generate


@intrinsic
def _replace(typing, numbers, at, expected, value):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        place = _locate(context, builder, signature, values)
        result = builder.cmpxchg(place, values[2], values[3], "acq_rel", "monotonic")
        return builder.extract_value(result, 1)

    return types.boolean(numbers, types.int64, types.int64, types.int64), generate


@intrinsic
def _pause(typing):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        if _PAUSE is not None:
            hints = [ir.Constant(INT32, 1)] if _PAUSE.endswith("hint") else []
            _call(builder, _PAUSE, ir.VoidType(), hints)
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _yield_core(typing):
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        _call(builder, _YIELD, INT32, [])
        return context.get_dummy_value()

    return types.void(), generate


def _call(builder: ir.IRBuilder, name: str, returns: ir.Type, values: list[Any]) -> None:
    kind = ir.FunctionType(returns, [value.type for value in values])
    function: Callable[..., Any] = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, values)
