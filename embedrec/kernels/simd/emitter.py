"""Writing vector instructions into a Numba function, on the values that LLVM calls <n x float>.

Every sum has its order and every fused product is named: LLVM has no licence to change either. It
would use it in another way for a function alone than for the same function within another one, and
which of the two is run depends on what else the process has compiled or loaded before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from embedrec.kernels.simd.machine import LANES

FLOAT, INT32, INT64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)
INT_VECTOR = ir.VectorType(INT32, LANES)


class Emitter:
    """Emits into one function. Counts and indices are int64 values, pointers point to float."""

    def __init__(self, context: Any, builder: ir.IRBuilder) -> None:
        self._context = context
        self._narrow: bool | None = None  # not known yet
        self.builder = builder

    # Values

    def count(self, value: int) -> ir.Constant:
        """Return a whole number."""
        return ir.Constant(INT64, value)

    def constant(self, value: float) -> ir.Constant:
        """Return a vector with `value` in all lanes."""
        return ir.Constant(VECTOR, [value] * LANES)

    def whole(self, value: int) -> ir.Constant:
        """Return an int32 vector with `value` in all lanes."""
        return ir.Constant(INT_VECTOR, [value] * LANES)

    def splat(self, scalar: ir.Value) -> ir.Value:
        """Return a vector with a scalar in all lanes."""
        kind = ir.VectorType(scalar.type, LANES)
        one = self.builder.insert_element(
            ir.Constant(kind, ir.Undefined), scalar, ir.Constant(INT32, 0)
        )
        zeros = ir.Constant(INT_VECTOR, [0] * LANES)
        return self.builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)

    def variable(self, initial: ir.Value) -> ir.Value:
        """Return a place for a value that changes in a loop; LLVM keeps it in a register."""
        place = cgutils.alloca_once(self.builder, initial.type)
        self.builder.store(initial, place)
        return place

    # Arithmetic

    def multiply_add(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a * b + c, in one instruction where there is one."""
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        fused = cgutils.get_or_insert_function(
            self.builder.module, kind, f"llvm.fmuladd.v{LANES}f32"
        )
        return self.builder.call(fused, [a, b, c])

    def add_to(self, place: ir.Value, a: ir.Value, b: ir.Value) -> None:
        """Add a * b to a variable."""
        self.builder.store(self.multiply_add(a, b, self.builder.load(place)), place)

    def reduce(self, vectors: Sequence[ir.Value]) -> list[ir.Value]:
        """Return the sum of the lanes of each of some vectors.

        Two vectors at a time are folded into one that holds half as many partial sums of each:
        about three instructions a sum in place of twice as many.
        """
        sums: list[ir.Value] = []
        for begin in range(0, len(vectors), LANES):
            group = list(vectors[begin : begin + LANES])
            n_real = len(group)
            width, members = LANES, [[at] for at in range(n_real)]
            while len(group) > 1:
                if len(group) % 2:
                    group.append(self.constant(0.0))
                    members.append([-1] * len(members[0]))
                group = [self._fold(p, q) for p, q in zip(group[::2], group[1::2], strict=True)]
                members = [p + q for p, q in zip(members[::2], members[1::2], strict=True)]
                width //= 2
            while width > 1:
                group = [self._fold(group[0], group[0])]
                width //= 2
            for at in range(n_real):
                lane = ir.Constant(INT32, members[0].index(at))
                sums.append(self.builder.extract_element(group[0], lane))
        return sums

    def _fold(self, p: ir.Value, q: ir.Value) -> ir.Value:
        halves = []
        for parity in (0, 1):
            lanes = [2 * i + parity for i in range(LANES)]
            halves.append(self.builder.shuffle_vector(p, q, ir.Constant(INT_VECTOR, lanes)))
        return self.builder.fadd(halves[0], halves[1])

    # Memory

    def data(self, array_type: types.Array, array: ir.Value) -> ir.Value:
        """Return the pointer to an array's first element."""
        return cgutils.create_struct_proxy(array_type)(
            self._context, self.builder, value=array
        ).data

    def row(self, addresses: ir.Value, at: ir.Value) -> ir.Value:
        """Return the pointer to the row whose address is element `at` of an int64 array."""
        address = self.builder.load(self.builder.gep(addresses, [at]))
        return self.builder.inttoptr(address, FLOAT.as_pointer())

    def element(self, pointer: ir.Value, at: ir.Value) -> ir.Value:
        """Return one element."""
        return self.builder.load(self.builder.gep(pointer, [at]))

    def load(self, pointer: ir.Value, at: ir.Value) -> ir.Value:
        """Return the vector that begins at element `at`."""
        if self._narrow:
            zero = ir.Constant(INT32, 0)
            return self.builder.insert_element(self.constant(0.0), self.element(pointer, at), zero)
        place = self.builder.bitcast(self.builder.gep(pointer, [at]), VECTOR.as_pointer())
        return self.builder.load(place, align=4)

    def store(self, vector: ir.Value, pointer: ir.Value, at: ir.Value) -> None:
        """Store a vector at element `at`."""
        if self._narrow:
            first = self.builder.extract_element(vector, ir.Constant(INT32, 0))
            self.builder.store(first, self.builder.gep(pointer, [at]))
            return
        place = self.builder.bitcast(self.builder.gep(pointer, [at]), VECTOR.as_pointer())
        self.builder.store(vector, place, align=4)

    def store_each(self, values: Sequence[ir.Value], pointer: ir.Value, at: ir.Value) -> None:
        """Store single values from element `at` on."""
        for place, value in enumerate(values):
            self.builder.store(
                value, self.builder.gep(pointer, [self.builder.add(at, self.count(place))])
            )

    # Control

    @contextmanager
    def loop(self, end: ir.Value, step: int = 1) -> Iterator[ir.Value]:
        """Repeat the body for 0, step, ... below `end`."""
        zero = self.count(0)
        with cgutils.for_range_slice(self.builder, zero, end, self.count(step)) as (at, _):
            yield at

    def each_width(self, size: ir.Value) -> Iterator[bool]:
        """Branch on whether rows of `size` floats are narrow, that is shorter than a vector.

        Yields True and then False; what is emitted then is the branch. Blocks of narrow rows need
        no shapes but the smallest: each shape is code that has to be compiled.
        """
        few = self.builder.icmp_unsigned("<", size, self.count(LANES))
        with self.builder.if_else(few, likely=False) as (narrow, wide):
            with narrow:
                self._narrow = True
                yield True
            with wide:
                self._narrow = False
                yield False
        self._narrow = None

    @contextmanager
    def wide(self) -> Iterator[None]:
        """Emit for rows that are not narrow, as the callers of the function have promised."""
        self._narrow = False
        yield
        self._narrow = None

    def each_vector(self, size: ir.Value, body: Callable[..., None]) -> None:
        """Call `body(at, mask)` to emit its code for every vector of rows of `size` floats.

        Where the size is no multiple of the lanes, the last vector overlaps the one before; `mask`
        then tells the lanes that are new (it is None where all are), and `body` must leave the
        others as they are. In the narrow branch of `each_width` rows go float by float, each in
        lane 0.

        Raises:
            RuntimeError: outside of both `each_width` and `wide`: what is emitted for wide rows
                writes beyond narrow ones.
        """
        builder = self.builder
        if self._narrow is None:
            raise RuntimeError("each_vector stands in no each_width: are the rows narrow?")
        if self._narrow:
            with self.loop(size) as at:
                body(at, None)
            return
        lanes = self.count(LANES)
        rest = builder.urem(size, lanes)
        with self.loop(builder.sub(size, rest), LANES) as at:
            body(at, None)
        remains = builder.icmp_unsigned("!=", rest, self.count(0))
        with builder.if_then(remains, likely=False):
            first = self.splat(builder.trunc(builder.sub(lanes, rest), INT32))
            lane = ir.Constant(INT_VECTOR, list(range(LANES)))
            body(builder.sub(size, lanes), builder.icmp_signed(">=", lane, first))

    def keep(self, mask: ir.Value | None, vector: ir.Value) -> ir.Value:
        """Return the vector with 0 in the lanes outside the mask."""
        if mask is None:
            return vector
        return self.builder.select(mask, vector, self.constant(0.0))

    def choose(
        self, shapes: Sequence[tuple[int, ...]], wanted: Sequence[ir.Value]
    ) -> Iterator[tuple[int, ...]]:
        """Branch on a shape that is known only in running; it must be one of `shapes`.

        Yields the shapes one after another; what is emitted for a shape is its branch.
        """
        builder = self.builder
        key = self.count(0)
        for number in wanted:
            key = builder.add(builder.mul(key, self.count(1 << 8)), number)
        after = builder.append_basic_block("after")
        switch = builder.switch(key, after)
        for shape in shapes:
            block = builder.append_basic_block("shape")
            value = 0
            for number in shape:
                value = (value << 8) + number
            switch.add_case(self.count(value), block)
            builder.position_at_end(block)
            yield shape
            builder.branch(after)
        builder.position_at_end(after)

    @contextmanager
    def split(self, total: ir.Value, most: int) -> Iterator[tuple[ir.Value, ir.Value]]:
        """Cut `total` (nothing is done for 0) into parts as equal as can be, of at most `most`.

        The body is repeated with the begin and the size of each part. Equal parts, because a part
        of one or two rows takes as long as a larger one: its sums wait for each other.
        """
        builder = self.builder
        one = self.count(1)
        n_parts = builder.udiv(builder.add(total, self.count(most - 1)), self.count(most))
        divisor = builder.select(builder.icmp_unsigned("==", n_parts, self.count(0)), one, n_parts)
        smaller, extra = builder.udiv(total, divisor), builder.urem(total, divisor)
        begin = self.variable(self.count(0))
        with self.loop(n_parts) as part:
            larger = builder.icmp_unsigned("<", part, extra)
            size = builder.select(larger, builder.add(smaller, one), smaller)
            first = builder.load(begin)
            yield first, size
            builder.store(builder.add(first, size), begin)
