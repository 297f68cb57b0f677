"""The recursive tree classifier: a vector for each node, made of its children's, and its class.

p = tanh([l; r] W + b) from the words up;  class = softmax(p V + c)   (Socher et al. 2011, 2013)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from embedrec.files import PathLike
from embedrec.models.network import NetworkClassifier, forget
from embedrec.models.target import check_labels, check_weights, encode_labels
from embedrec.models.tree_samples import NodeLabels, TreeSamples, number_words, read_trees
from embedrec.nn.callback import Callback
from embedrec.nn.check import check_size
from embedrec.nn.dense import Dense
from embedrec.nn.embedding import Embedding
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.loss import Loss
from embedrec.nn.optim import Optimizer
from embedrec.nn.parameter import Array
from embedrec.nn.recursive import Recursive
from embedrec.nn.schedule import Schedule
from embedrec.nn.tree import arrange_trees, join_children
from embedrec.progress import Progress

Self = TypeVar("Self", bound="TreeNet")


class TreeNetwork(Layer):
    """Word vectors, one recursive layer used at every node, and an output layer."""

    def __init__(
        self, n_words: int, size: int, n_outputs: int, *, generator: np.random.Generator
    ) -> None:
        self.embedding = Embedding(n_words, size, generator=generator)
        self.recursive = Recursive(size, generator=generator)
        self.output = Dense(size, n_outputs, generator=generator)

    def forward(self, x: TreeSamples, train: Train = False) -> tuple[Array, Backward]:  # type: ignore[override]
        """Return logits (n, n_outputs) of the roots, or of all nodes where x asks for them."""
        trees = arrange_trees(join_children(x.children))
        words, back_to_words = self.embedding.forward(np.concatenate(x.words), train)
        vectors, back_to_leaves = self.recursive.forward(words, train, trees)
        asked = trees.roots if x.at == "root" else np.arange(len(vectors))
        logits, back_to_vectors = self.output.forward(vectors[asked], train)

        def backward(gradient: Array) -> Array:
            d = np.zeros_like(vectors)
            d[asked] = back_to_vectors(gradient)
            return back_to_words(back_to_leaves(d))

        return logits, backward


class TreeNet(NetworkClassifier):
    """A recursive net that names the class of a tree, and of each node in it.

    Samples are trees: `embedrec.nn.LabelledTree` or texts such as "(1 (0 not) (1 bad))".

    Args:
        vector_size: numbers in a vector, of words and of nodes.
        min_count: words seen less often in training count as the unknown word.
        epochs, batch_size, optimizer, learning_rate, schedule, l2, clip_norm, patience,
            validation_share: as of `MLPClassifier`.
        seed: of all that is random.

    Attributes:
        words_: known words; word i has row i + 1 of the embedding, row 0 is the unknown word's.
        Further ones as of `NetworkClassifier`.
    """

    words_: list[str]

    def __init__(
        self,
        vector_size: int = 30,
        *,
        min_count: int = 1,
        epochs: int = 30,
        batch_size: int | None = 32,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        l2: float = 0.0,
        clip_norm: float | None = None,
        patience: int | None = None,
        validation_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        self.vector_size = vector_size
        self.min_count = min_count
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.l2 = l2
        self.clip_norm = clip_norm
        self.patience = patience
        self.validation_share = validation_share
        self.seed = seed

    def fit(
        self: Self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Learn from trees, by a label of each tree or by the labels of all nodes.

        Args:
            X: list of trees.
            y: labels (n,) of whole trees, in place of those in the trees; None to learn from the
                labels at every node.
            sample_weight: (n,), how much each tree, or each node of it, counts.
            validation: (X, y), where y may be None likewise.
            checkpoint, resume, progress, callbacks: as of `Trainer`.

        Raises:
            ParameterError: if trees, labels or arguments of the constructor can't be worked with.
            DivergenceError: if training diverges.
        """
        settings: dict[str, Any] = {
            "checkpoint": checkpoint, "resume": resume, "progress": progress, "callbacks": callbacks
        }  # fmt: skip
        if y is not None:
            return super().fit(X, y, sample_weight, validation=validation, **settings)
        forget(self)
        trees = read_trees(self, X)
        samples = self.check_input(trees).ask("nodes")
        every = np.concatenate([tree.labels for tree in trees])
        self.learn_classes(every, len(every))
        weights = check_weights(self, sample_weight, len(samples))
        watched = None
        if validation is not None:
            held = read_trees(self, validation[0])
            watched = self.check_input(held).ask("nodes"), self._encode(held)
        targets: Any = self._encode(trees)
        self.learn(
            samples, targets, weights, len(self.classes_), watched, compute=compute_node_loss,
            **settings,
        )  # fmt: skip
        return self

    def check_input(self, X: Any) -> TreeSamples:
        """Return trees as the network takes them; in `fit`, learn the words.

        Raises:
            ParameterError: if X holds anything that is no tree; its place is named.
        """
        trees = read_trees(self, X)
        if not hasattr(self, "words_"):
            least = check_size("min_count", self.min_count)
            counts = Counter(word for tree in trees for word in tree.words)
            self.words_ = sorted(word for word, count in counts.items() if count >= least)
            self.n_features_in_ = 1
        numbers = {word: number for number, word in enumerate(self.words_, 1)}
        return TreeSamples([tree.children for tree in trees], number_words(trees, numbers))

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Layer:
        """Return the network for the words that are known, and one more for those that are not."""
        size = check_size("vector_size", self.vector_size)
        return TreeNetwork(len(self.words_) + 1, size, n_outputs, generator=generator)

    def predict_nodes(self, X: Any) -> list[Array]:
        """Return the likeliest class of each node of each tree: arrays (nodes,), one a tree."""
        self.check_fitted()
        samples = self.check_input(X).ask("nodes")
        logits, _ = self.network_.forward(samples)  # type: ignore[arg-type]
        ends = np.cumsum(samples.count_nodes())
        return np.split(self.classes_[logits.argmax(axis=1)], ends[:-1])

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the (weighted) share of trees whose class is predicted.

        Without y, the share of nodes, by the labels in the trees.
        """
        if y is not None:
            return super().score(X, y, sample_weight)
        trees = read_trees(self, X)
        predicted = self.predict_nodes(trees)
        weights = check_weights(self, sample_weight, len(trees))
        if weights is not None:
            weights = np.repeat(weights, [len(classes) for classes in predicted])
        labels = np.concatenate([tree.labels for tree in trees])
        return float(np.average(np.concatenate(predicted) == labels, weights=weights))

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what a network has learned, and the words."""
        arrays, facts = super().export_state()
        return arrays, {**facts, "words_": self.words_}

    def _encode(self, trees: list[Any]) -> NodeLabels:
        labels = [check_labels(self, tree.labels, len(tree.labels)) for tree in trees]
        return NodeLabels([encode_labels(self, each, self.classes_) for each in labels])


def compute_node_loss(
    network: Any, loss: Loss, x: TreeSamples, y: NodeLabels, weights: Array | None, train: Train,
    scale: float,
) -> float:  # fmt: skip
    """Return the mean loss over all nodes of a batch of trees; else as `compute_loss`."""
    if weights is not None:
        weights = np.repeat(weights, x.count_nodes())
    logits, back = network.forward(x, train)
    value, back_of_loss = loss.forward(logits, np.concatenate(y.classes), weights, train)
    if train is not False:
        back(back_of_loss(scale))
    return value
