"""The Huffman tree over the vocabulary that hierarchical softmax walks.

Huffman, "A method for the construction of minimum-redundancy codes" (1952), by two sorted queues
in linear time. Convention of Mikolov et al. 2013: inner nodes are numbered in the order of their
making, 0 to V - 2 (the root last); at each node the branch with the smaller count has code 0, which
is the positive class of that node's logistic unit.
"""

from __future__ import annotations

import numpy as np

from embedrec.kernels.compile import kernel


@kernel
def build_huffman_parents(counts):
    """Join the two rarest nodes until one is left.

    Words of equal counts are joined as they stand in the vocabulary, by their characters. So words
    that look alike share most of their paths, which serves them: with those words in random order,
    skip-gram answers 10.0 % of Chinese analogies in place of 10.8.

    Args:
        counts: int64 (V,), V >= 2, in descending order.

    Returns:
        parent: int64 (2 V - 1,): parent of each word (first V) and inner node (V + its number), as
            an inner node's number; -1 for the root.
        code: uint8 (2 V - 1,): which branch of its parent a node is.
    """
    n = counts.shape[0]
    weight = np.empty(2 * n - 1, np.int64)
    for word in range(n):  # assigned as a slice, it takes Numba three seconds longer to compile
        weight[word] = counts[word]
    parent = np.full(2 * n - 1, -1, np.int64)
    code = np.zeros(2 * n - 1, np.uint8)
    leaf = n - 1  # next rarest word
    inner = n  # next rarest inner node: they are made in ascending order of weight
    for made in range(n, 2 * n - 1):
        for branch in range(2):
            # At equal weight the word goes first: the tree stays flatter.
            if leaf >= 0 and (inner >= made or weight[leaf] <= weight[inner]):
                chosen = leaf
                leaf -= 1
            else:
                chosen = inner
                inner += 1
            if branch == 0:
                weight[made] = weight[chosen]
            else:
                weight[made] += weight[chosen]
            parent[chosen] = made - n
            code[chosen] = branch
    return parent, code


@kernel
def build_huffman_paths(counts):
    """Lay out every word's way from the root as flat arrays.

    Args:
        counts: int64 (V,), V >= 2, in descending order.

    Returns:
        offsets: int64 (V + 1,): the path of word w is steps[offsets[w]:offsets[w + 1]].
        steps: uint32: inner node * 2 + code, root first. (V must be below 2**31.)
    """
    n = counts.shape[0]
    parent, code = build_huffman_parents(counts)
    depth = np.zeros(2 * n - 1, np.int64)
    for node in range(2 * n - 3, -1, -1):  # parents have higher numbers than their children
        depth[node] = depth[n + parent[node]] + 1
    offsets = np.zeros(n + 1, np.int64)
    for word in range(n):
        offsets[word + 1] = offsets[word] + depth[word]
    steps = np.empty(offsets[n], np.uint32)
    for word in range(n):
        node = word
        at = offsets[word + 1]
        while parent[node] >= 0:
            at -= 1
            steps[at] = np.uint32(parent[node] * 2 + code[node])
            node = n + parent[node]
    return offsets, steps
