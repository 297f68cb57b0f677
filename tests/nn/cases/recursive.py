import numpy as np

from embedrec.nn import Layer, Recursive, arrange_trees, parse_tree
from embedrec.nn.tree import join_children
from tests.nn.cases import Case

TEXTS = [
    "(1 (0 (1 a) (0 b)) (1 (0 c) (1 (1 d) (0 e))))",
    "(0 only)",
    "(1 (0 a) (1 (0 b) (1 (1 c) (0 d))))",
]


class OverTrees(Layer):
    """A recursive layer with its trees, as the gradient check gives nothing but x."""

    def __init__(self, layer, trees):
        self.layer, self.trees = layer, trees

    def forward(self, x, train=False):
        return self.layer.forward(x, train, self.trees)


def make(texts):
    generator = np.random.default_rng(3)
    trees = arrange_trees(join_children([parse_tree(text).children for text in texts]))
    return OverTrees(Recursive(3, generator=generator), trees), generator.standard_normal(
        (len(trees.leaves), 3)
    )


CASES = [
    Case("recursive", lambda: make(TEXTS)),
    Case("recursive-one-leaf", lambda: make(["(0 only)"])),
]
