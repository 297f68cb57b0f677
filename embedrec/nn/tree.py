"""Binary trees as arrays, many at once, and their bracket form: (3 (2 It) (4 works)).

A node is a number. `children` (n, 2) holds the left and the right child of each node, and (-1, -1)
for a leaf. Trees stand beside each other in one such array: what is nobody's child is a root.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array

_PIECE = re.compile(r"[()]|[^\s()]+")


class Trees(NamedTuple):
    """Binary trees, checked, in the order in which they are computed.

    Attributes:
        children: int64 (n, 2), the left and right child of each node, -1 for a leaf.
        leaves: int64 (n_leaves,), ascending.
        roots: int64 (n_trees,), ascending.
        levels: int64 arrays; the first holds the nodes both of whose children are leaves, each
            further one the nodes whose higher child is in the level before. All nodes of a level
            can be computed at once.
    """

    children: Array
    leaves: Array
    roots: Array
    levels: list[Array]


class LabelledTree(NamedTuple):
    """One tree with a word at each leaf and a label at each node.

    Attributes:
        children: int64 (n, 2), children before their parents, so that the root is the last.
        words: words of the leaves, from left to right (which is ascending by node).
        labels: int64 (n,).
    """

    children: Array
    words: tuple[str, ...]
    labels: Array


def arrange_trees(children: Any) -> Trees:
    """Check trees and sort their nodes by height.

    Args:
        children: integer (n, 2), n > 0; (-1, -1) for a leaf.

    Raises:
        ParameterError: if there are no nodes, a child is out of range, a node has one child, a
            node is the child of two, or nodes go round in a cycle; the message names the node.
    """
    children = _check_children(children)
    n = len(children)
    is_leaf = children[:, 0] < 0
    parents = np.full(n, -1)
    inner = np.flatnonzero(~is_leaf)
    parents[children[inner]] = inner[:, None]
    n_waiting = np.where(is_leaf, 0, 2)  # children not yet computed
    nodes, levels, n_found = np.flatnonzero(is_leaf), [], 0
    leaves = nodes
    while len(nodes):
        n_found += len(nodes)
        above = parents[nodes]
        np.subtract.at(n_waiting, above[above >= 0], 1)
        above = np.unique(above[above >= 0])
        nodes = above[n_waiting[above] == 0]
        levels.append(nodes)
    if n_found < n:
        # A node has one parent, so a cycle has no way out: whoever still waits is on one.
        node = int(np.flatnonzero(n_waiting)[0])
        raise ParameterError(f"node {node} is above itself: trees have no cycles", value=node)
    return Trees(children, leaves, np.flatnonzero(parents < 0), levels[:-1])


def join_children(trees: Sequence[Array]) -> Array:
    """Put the children arrays of some trees beside each other; numbers move up accordingly.

    Raises:
        ParameterError: if there are no trees.
    """
    if not len(trees):
        raise ParameterError("there are no trees to join", value=0)
    offsets = np.cumsum([0, *map(len, trees)])[:-1]
    moved = [np.where(tree < 0, -1, tree + at) for tree, at in zip(trees, offsets, strict=True)]
    return np.concatenate(moved)


def parse_tree(text: str) -> LabelledTree:
    """Read a tree from its bracket form: a leaf is (label word), a node (label left right).

    Labels are whole numbers; brackets in words are written -LRB- and -RRB-, as treebanks do.

    Raises:
        ParameterError: naming the character where the text is not of this form.
    """
    pieces = [(piece.group(), piece.start()) for piece in _PIECE.finditer(text)]
    children: list[tuple[int, int]] = []
    words, labels = [], []
    open_nodes: list[tuple[int, list[int]]] = []  # label, numbers of the children seen so far
    done: int | None = None
    stream = iter(pieces)
    for piece, at in stream:
        if done is not None:
            raise _complain(text, at, "the tree ends before it; give one tree a text")
        if piece == "(":
            open_nodes.append((_take_label(text, stream), []))
            continue
        if not open_nodes:
            raise _complain(text, at, "a tree begins with '('")
        label, below = open_nodes[-1]
        if piece != ")":
            if below:
                raise _complain(text, at, "a node holds one word or two nodes")
            children.append((-1, -1))
            words.append(piece)
            if next(stream, (None, 0))[0] != ")":
                raise _complain(text, at, "a leaf is one word and ends with ')'")
        elif len(below) == 2:
            children.append((below[0], below[1]))
        else:
            raise _complain(text, at, f"a node has two children, not {len(below)}: binarise it")
        labels.append(label)
        open_nodes.pop()
        if open_nodes:
            open_nodes[-1][1].append(len(children) - 1)
        else:
            done = len(children) - 1
    if done is None:
        raise _complain(text, len(text), "a bracket is open" if pieces else "it is empty")
    return LabelledTree(np.array(children), tuple(words), np.array(labels))


def _take_label(text: str, stream: Iterator[tuple[str, int]]) -> int:
    piece, at = next(stream, ("", len(text)))
    try:
        return int(piece)
    except ValueError:
        raise _complain(text, at, "a node begins with its label, a whole number") from None


def _complain(text: str, at: int, what: str) -> ParameterError:
    near = text[max(0, at - 20) : at + 20]
    return ParameterError(f"not a tree at character {at} ({near!r}): {what}", value=text)


def _check_children(children: Any) -> Array:
    children = np.asarray(children)
    if children.ndim != 2 or children.shape[1] != 2 or children.dtype.kind not in "iu":
        raise ParameterError(
            "children must be whole numbers of shape (n, 2), "
            f"not {children.dtype} of shape {children.shape}",
            value=children.shape,
        )
    if not len(children):
        raise ParameterError("a tree has at least one node, and children is empty", value=0)
    children = children.astype(np.int64)
    n = len(children)
    is_strange = (children < -1) | (children >= n)
    if is_strange.any():
        node, side = (int(axis[0]) for axis in np.nonzero(is_strange))
        raise ParameterError(
            f"node {node} has the child {children[node, side]}: there are nodes 0 to {n - 1}, "
            "and a leaf has (-1, -1)",
            value=int(children[node, side]),
        )
    is_single = (children[:, 0] < 0) != (children[:, 1] < 0)
    if is_single.any():
        node = int(np.flatnonzero(is_single)[0])
        raise ParameterError(
            f"node {node} has one child, {tuple(children[node].tolist())}: "
            "a node has two, a leaf (-1, -1)",
            value=node,
        )
    n_uses = np.bincount(children[children >= 0], minlength=n)
    if n_uses.max() > 1:
        node = int(np.flatnonzero(n_uses > 1)[0])
        raise ParameterError(
            f"node {node} is a child {n_uses[node]} times: in a tree a node has one parent",
            value=node,
        )
    return children
