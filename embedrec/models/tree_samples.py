"""Trees as samples of an estimator: checked, words as numbers, rows by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.parameter import Array
from embedrec.nn.tree import LabelledTree, arrange_trees, parse_tree

UNKNOWN = 0  # the number of every word that is not in the vocabulary


class TreeSamples:
    """Trees as a network takes them.

    Attributes:
        children: int64 (nodes, 2) of each tree.
        words: int64 (leaves,) of each tree: numbers of words, from left to right.
        at: "root" or "nodes": where an answer is wanted.
    """

    def __init__(self, children: list[Array], words: list[Array], at: str = "root") -> None:
        self.children = children
        self.words = words
        self.at = at

    def __len__(self) -> int:
        return len(self.children)

    def __getitem__(self, rows: Array) -> TreeSamples:
        return TreeSamples(
            [self.children[row] for row in rows], [self.words[row] for row in rows], self.at
        )

    def ask(self, at: str) -> TreeSamples:
        """Return the same trees with answers wanted elsewhere."""
        return TreeSamples(self.children, self.words, at)

    def count_nodes(self) -> Array:
        """Return the number of nodes of each tree, int64 (n,)."""
        return np.array([len(children) for children in self.children])


class NodeLabels:
    """The class of each node of each tree.

    Attributes:
        classes: int64 (nodes,) of each tree.
    """

    def __init__(self, classes: list[Array]) -> None:
        self.classes = classes

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, rows: Array) -> NodeLabels:
        return NodeLabels([self.classes[row] for row in rows])


def read_trees(estimator: Any, X: Any) -> list[LabelledTree]:
    """Return trees that are checked, of `LabelledTree`s or texts in bracket form.

    Raises:
        ParameterError: if there are none, or one is no tree; its place is named.
    """
    name = type(estimator).__name__
    if isinstance(X, (str, LabelledTree)) or not isinstance(X, Iterable):
        raise ParameterError(
            f"{name} takes a list of trees as X, not {type(X).__name__}: give [tree] for one",
            value=type(X).__name__,
        )
    trees = []
    for at, tree in enumerate(X):
        try:
            trees.append(_check_tree(parse_tree(tree) if isinstance(tree, str) else tree))
        except ParameterError as error:
            raise ParameterError(f"{name}: X[{at}]: {error}", value=error.value) from error
    if not trees:
        raise ParameterError(f"{name} was given no trees", value=0)
    return trees


def number_words(trees: Sequence[LabelledTree], numbers: dict[str, int]) -> list[Array]:
    """Return the numbers of the words of each tree, `UNKNOWN` for those without one."""
    return [
        np.array([numbers.get(word, UNKNOWN) for word in tree.words], np.int64) for tree in trees
    ]


def _check_tree(tree: Any) -> LabelledTree:
    if not isinstance(tree, LabelledTree):
        raise ParameterError(
            f"a tree is a LabelledTree or a text such as '(1 (0 not) (1 bad))', "
            f"not {type(tree).__name__}",
            value=type(tree).__name__,
        )
    arranged = arrange_trees(tree.children)
    if len(arranged.roots) > 1:
        roots = arranged.roots.tolist()
        raise ParameterError(f"nodes {roots} have no parent: a tree has one root", value=roots)
    for what, given, wanted in (
        ("words", len(tree.words), len(arranged.leaves)),
        ("labels", len(tree.labels), len(arranged.children)),
    ):
        if given != wanted:
            raise ParameterError(f"it has {given} {what}, and {wanted} are needed", value=given)
    return tree._replace(children=arranged.children)
