"""Trees: their form, and the recursive net against a slow twin that visits one node at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.nn import Recursive, arrange_trees, iterate_parameters, join_children, parse_tree
from tests.reference.nn.recursive import compute_tree, differentiate_tree


def draw_children(generator, n_leaves, n_trees=1):
    """Join random neighbours until n_trees are left, and number the nodes at random."""
    tops = list(range(n_leaves))
    children = [(-1, -1)] * n_leaves
    while len(tops) > n_trees:
        at = int(generator.integers(len(tops) - 1))
        children.append((tops[at], tops[at + 1]))
        tops[at : at + 2] = [len(children) - 1]
    numbers = generator.permutation(len(children))
    mixed = np.full((len(children), 2), -1)
    for node, pair in enumerate(children):
        if pair[0] >= 0:
            mixed[numbers[node]] = numbers[list(pair)]
    return mixed


def test_brackets_become_arrays():
    tree = parse_tree("(3 (2 It) (4 (-1 really) (0 works)))")
    assert tree.words == ("It", "really", "works")
    assert tree.children.tolist() == [[-1, -1], [-1, -1], [-1, -1], [1, 2], [0, 3]]
    assert tree.labels.tolist() == [2, -1, 0, 4, 3]


def test_spaces_between_brackets_do_not_matter():
    loose = parse_tree("  ( 3 (2 It)\n ( 4 works ) )\n")
    tight = parse_tree("(3(2 It)(4 works))")
    assert loose.words == tight.words
    assert np.array_equal(loose.children, tight.children)


def test_one_leaf_is_a_tree():
    tree = parse_tree("(1 好)")
    assert tree.words == ("好",)
    trees = arrange_trees(tree.children)
    assert trees.roots.tolist() == trees.leaves.tolist() == [0]
    assert trees.levels == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("word", "begins with '\\('"),
        ("(3 (2 It) (4 works)", "a bracket is open"),
        ("(3 (2 It", "ends with '\\)'"),
        ("(3 (2 It) (4 works)))", "the tree ends before it"),
        ("(3 (2 It)) (1 b)", "two children, not 1"),
        ("(1 a) (1 b)", "the tree ends before it"),
        ("(3 (2 a) (1 b) (0 c))", "two children, not 3"),
        ("(3)", "two children, not 0"),
        ("(3 (2 a) b)", "one word or two nodes"),
        ("(3 two words)", "a leaf is one word"),
        ("(NP (2 a) (1 b))", "begins with its label"),
        ("((2 a) (1 b))", "begins with its label"),
        ("(", "begins with its label"),
    ],
)
def test_what_is_no_tree(text, what):
    with pytest.raises(ParameterError, match=what) as caught:
        parse_tree(text)
    assert "at character" in str(caught.value)


@pytest.mark.parametrize(
    ("children", "what"),
    [
        (np.zeros((0, 2), int), "at least one node"),
        (np.zeros((2, 3), int), r"shape \(n, 2\), not int64 of shape \(2, 3\)"),
        (np.zeros(4, int), r"of shape \(4,\)"),
        (np.full((1, 2), -1.0), "not float64"),
        ([[1, 2], [-1, -1]], "node 0 has the child 2: there are nodes 0 to 1"),
        ([[-2, -2]], "node 0 has the child -2"),
        ([[1, -1], [-1, -1]], r"node 0 has one child, \(1, -1\)"),
        ([[1, 1], [-1, -1]], "node 1 is a child 2 times"),
        ([[1, 2], [2, 3], [-1, -1], [-1, -1]], "node 2 is a child 2 times"),
        ([[0, 1], [-1, -1]], "node 0 is above itself"),
        ([[-1, -1], [2, 0], [1, 3], [-1, -1]], "node 1 is above itself"),
    ],
)
def test_bad_children(children, what):
    with pytest.raises(ParameterError, match=what):
        arrange_trees(children)


def test_a_cycle_beside_a_good_tree_is_seen():
    good = [[-1, -1], [-1, -1], [0, 1]]
    bad = [[4, 5], [-1, -1], [6, 3], [-1, -1]]  # 3 -> 4 is a leaf; 5 -> 3
    with pytest.raises(ParameterError, match="above itself"):
        arrange_trees(np.array([*good, *bad]))


@given(st.integers(1, 30), st.integers(1, 4), st.integers(0, 10**6))
def test_levels_hold_every_node_once_and_children_first(n_leaves, n_trees, seed):
    n_trees = min(n_trees, n_leaves)
    trees = arrange_trees(draw_children(np.random.default_rng(seed), n_leaves, n_trees))
    assert len(trees.leaves) == n_leaves
    assert len(trees.roots) == n_trees
    done = set(trees.leaves.tolist())
    for nodes in trees.levels:
        assert set(trees.children[nodes].ravel().tolist()) <= done
        assert not done & set(nodes.tolist())
        done |= set(nodes.tolist())
    assert done == set(range(len(trees.children)))


@given(st.integers(1, 9), st.integers(1, 3), st.integers(0, 10**6))
def test_recursive_agrees_with_its_twin(n_leaves, n_trees, seed):
    generator = np.random.default_rng(seed)
    children = draw_children(generator, n_leaves, min(n_trees, n_leaves))
    trees = arrange_trees(children)
    layer = Recursive(3, generator=generator, dtype=np.float64)
    layer.bias.value[:] = generator.standard_normal(3)
    x = generator.standard_normal((n_leaves, 3))
    y, backward = layer.forward(x, trees=trees)
    by_leaf = dict(zip(trees.leaves.tolist(), x.tolist(), strict=True))
    arguments = layer.weight.value.tolist(), layer.bias.value.tolist()
    vectors = compute_tree(children.tolist(), by_leaf, *arguments)
    np.testing.assert_allclose(y, [vectors[node] for node in range(len(y))], rtol=1e-12)

    gradient = generator.standard_normal(y.shape)
    kept = gradient.copy()
    of_x = backward(gradient)
    assert np.array_equal(gradient, kept)
    of_weight, of_bias, of_leaves = differentiate_tree(
        children.tolist(), vectors, gradient.tolist(), arguments[0]
    )
    np.testing.assert_allclose(of_x, [of_leaves[leaf] for leaf in trees.leaves], atol=1e-12)
    np.testing.assert_allclose(layer.weight.get_dense_gradient(), of_weight, atol=1e-12)
    np.testing.assert_allclose(layer.bias.get_dense_gradient(), of_bias, atol=1e-12)


def test_trees_together_are_as_each_alone():
    generator = np.random.default_rng(1)
    forest = [draw_children(generator, n) for n in (4, 1, 6)]
    layer = Recursive(5, generator=generator)
    x = generator.standard_normal((11, 5)).astype(np.float32)
    together, _ = layer.forward(x, trees=arrange_trees(join_children(forest)))
    node = leaf = 0
    for children in forest:
        n_leaves = (len(children) + 1) // 2
        alone, _ = layer.forward(x[leaf : leaf + n_leaves], trees=arrange_trees(children))
        np.testing.assert_allclose(together[node : node + len(children)], alone, rtol=1e-6)
        node, leaf = node + len(children), leaf + n_leaves
    assert together.dtype == np.float32


def test_a_chain_of_ten_thousand_nodes_needs_no_recursion():
    n = 5001
    children = np.full((2 * n - 1, 2), -1)
    children[n] = 0, 1
    for node in range(n + 1, 2 * n - 1):
        children[node] = node - 1, node - n + 1
    trees = arrange_trees(children)
    assert len(trees.levels) == n - 1
    text = "(0 " * (n - 1) + "(0 a)" + " (0 b))" * (n - 1)
    assert np.array_equal(np.sort(parse_tree(text).children, axis=None), np.sort(children, None))


def test_bad_input_names_layer_and_shapes():
    generator = np.random.default_rng(0)
    layer = Recursive(3, generator=generator)
    trees = arrange_trees([[-1, -1], [-1, -1], [0, 1]])
    with pytest.raises(ParameterError, match=r"Recursive\(3\).*\(2, 3\), not \(3, 3\)"):
        layer.forward(np.zeros((3, 3), np.float32), trees=trees)
    with pytest.raises(ParameterError, match="float32, and its input is float64"):
        layer.forward(np.zeros((2, 3)), trees=trees)
    with pytest.raises(ParameterError, match="needs trees"):
        layer.forward(np.zeros((2, 3), np.float32))
    with pytest.raises(ParameterError, match="size must be a whole number"):
        Recursive(0, generator=generator)
    with pytest.raises(ParameterError, match="no trees to join"):
        join_children([])


def test_parameters_have_names_and_biases_no_penalty():
    layer = Recursive(3, generator=np.random.default_rng(0))
    penalized = {name: p.is_penalized for name, p in iterate_parameters(layer)}
    assert penalized == {"weight": True, "bias": False}
