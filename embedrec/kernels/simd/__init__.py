"""Vector instructions for the inner loops over rows, written as LLVM code inside Numba functions.

LLVM's own vectoriser works along one loop. A small matrix product is fast only if a whole tile of
sums stays in registers while the rows stream by, and that takes saying which value is a vector. So
the few loops that do the arithmetic are emitted here, for vectors as wide as the processor's:

- `dot`: the products of some input rows with some output rows;
- `update`: both gradients of such a block, added in place;
- `rows`: sums of rows, additions to rows, copies, and fetching rows ahead of their use;
- `gather`: means of rows given by number, and a change added to all of them;
- `logistic`: errors and loss of a block of scores.

Rows are given by their addresses (`locate`), so that they are used where they stand. Nothing else
in the project sees an address.
"""
