"""TreeNet on sentences with negation, where what decides is how words are put together."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models.linear import SoftmaxRegression
from embedrec.models.mlp import MLPClassifier
from embedrec.models.tree_net import TreeNet
from embedrec.nn import LabelledTree, check_gradients, parse_tree

WORDS = {"good": 2, "fine": 2, "bad": 0, "poor": 0}
WEAK = ["it", "the", "film"]


def write_sentence(generator, depth):
    """Return (text, label): 2 for praise, 0 for blame; "not" turns it, "but" takes what follows."""
    if depth == 0 or generator.random() < 0.2:
        word = str(generator.choice(list(WORDS)))
        text, label = f"({WORDS[word]} {word})", WORDS[word]
        if generator.random() < 0.5:
            text = f"({label} (1 {generator.choice(WEAK)}) {text})"
        return text, label
    last, label = write_sentence(generator, depth - 1)
    if generator.random() < 0.6:
        return f"({2 - label} (1 not) {last})", 2 - label
    first, _ = write_sentence(generator, depth - 1)
    return f"({label} {first} ({label} (1 but) {last}))", label


def write_sentences(n, seed, depth=3):
    generator = np.random.default_rng(seed)
    pairs = [write_sentence(generator, depth) for _ in range(n)]
    return [text for text, _ in pairs], np.array([label for _, label in pairs])


@pytest.fixture(scope="module")
def sentences():
    return *write_sentences(500, 0), *write_sentences(300, 1)


@pytest.fixture(scope="module")
def model(sentences):
    return TreeNet(16, epochs=25, learning_rate=0.01, schedule="cosine").fit(sentences[0])


def count_words(texts):
    words = [parse_tree(text).words for text in texts]
    known = sorted({*WORDS, *WEAK, "not", "but"})
    return np.array([[each.count(word) for word in known] for each in words])


def test_structure_is_learned_where_a_bag_of_words_fails(sentences, model):
    texts, labels, new_texts, new_labels = sentences
    assert (model.predict(new_texts) == new_labels).mean() > 0.97
    assert model.score(new_texts, new_labels) > 0.97
    for bag in (SoftmaxRegression(epochs=50), MLPClassifier((64,), epochs=50)):
        bag.fit(count_words(texts), labels)
        assert bag.score(count_words(new_texts), new_labels) < 0.85


def test_labels_of_roots_are_enough(sentences):
    texts, labels, new_texts, new_labels = sentences
    names = np.array(["blame", "neither", "praise"])
    model = TreeNet(16, epochs=40, learning_rate=0.01, schedule="cosine").fit(texts, names[labels])
    assert model.classes_.tolist() == ["blame", "praise"]
    assert model.score(new_texts, names[new_labels]) > 0.95


def test_every_node_has_an_answer(sentences, model):
    texts = sentences[2][:20]
    nodes = model.predict_nodes(texts)
    trees = [parse_tree(text) for text in texts]
    assert [len(classes) for classes in nodes] == [len(tree.labels) for tree in trees]
    # The root is the last node.
    assert [classes[-1] for classes in nodes] == model.predict(texts).tolist()
    right = np.mean(np.concatenate(nodes) == np.concatenate([tree.labels for tree in trees]))
    assert right > 0.97
    assert model.score(sentences[2]) > 0.97
    assert model.predict_nodes(texts[3:4])[0].tolist() == nodes[3].tolist()


def test_sentences_deeper_than_in_training(model):
    texts, labels = write_sentences(200, 2, depth=5)
    assert model.score(texts, labels) > 0.85


def test_probabilities(sentences, model):
    probabilities = model.predict_proba(sentences[2])
    assert probabilities.shape == (300, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(sentences[2]))


def test_parsed_trees_are_as_good_as_texts(sentences, model):
    trees = [parse_tree(text) for text in sentences[2]]
    assert np.array_equal(model.predict_proba(trees), model.predict_proba(sentences[2]))


def test_unknown_words_are_one(sentences):
    model = TreeNet(4, epochs=1, min_count=3).fit([*sentences[0][:100], "(1 (1 rare) (2 good))"])
    assert "rare" not in model.words_
    assert len(model.network_.embedding.weight.value) == len(model.words_) + 1
    other = model.predict_proba(["(1 (1 rare) (2 good))", "(1 (1 unseen) (2 good))"])
    assert np.array_equal(other[0], other[1])


@pytest.mark.parametrize("at", ["root", "nodes"])
def test_gradients_of_the_whole_network(sentences, at):
    model = TreeNet(3, epochs=0).fit(sentences[0][:3])
    network, samples = model.network_, model.check_input(sentences[0][:3]).ask(at)

    class Fixed(type(network)):
        def forward(self, x, train=False):
            assert x.size
            return super().forward(samples, train)

    network.__class__ = Fixed
    report = check_gradients(network, np.array([1]), n_places=None)
    assert report.error < 1e-6, report
    assert len(report.errors) == 5


def test_weights_count_trees():
    texts = ["(0 a)", "(1 a)"] * 20
    weights = np.tile([1.0, 9.0], 20)
    for y in (None, np.tile([0, 1], 20)):
        model = TreeNet(2, epochs=60, learning_rate=0.05).fit(texts, y, weights)
        assert model.predict_proba(["(0 a)"])[0, 1] == pytest.approx(0.9, abs=0.05)
    assert model.score(texts, None, weights) == pytest.approx(0.9)


def test_one_seed_one_result_and_on_disk(tmp_path, sentences):
    texts, labels = sentences[0][:60], sentences[1][:60]
    made = [TreeNet(4, epochs=2, seed=seed).fit(texts, labels) for seed in (1, 1, 2)]
    first, second, third = (model.predict_proba(texts) for model in made)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)
    made[0].save(tmp_path / "model")
    assert np.array_equal(TreeNet.load(tmp_path / "model").predict_proba(texts), first)


def test_early_stopping_by_nodes_and_by_roots(sentences):
    texts, labels = sentences[:2]
    for y in (None, labels):
        model = TreeNet(4, epochs=50, patience=1, learning_rate=0.2).fit(texts, y)
        assert model.n_iter_ < 50
        watched = TreeNet(4, epochs=2, patience=1).fit(texts, y, validation=(texts, y))
        assert len(watched.scores_) == watched.n_iter_


def test_in_scikit_learn(sentences):
    base = pytest.importorskip("sklearn.base")
    selection = pytest.importorskip("sklearn.model_selection")
    texts, labels = sentences[0][:150], sentences[1][:150]
    model = base.clone(TreeNet(8, epochs=3))
    assert selection.cross_val_score(model, texts, labels, cv=3).shape == (3,)
    assert (selection.cross_val_score(model, texts, cv=3) > 0.4).all()


LEAF = np.array([[-1, -1]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("(1 a)", r"a list of trees as X, not str: give \[tree\]"),
        (parse_tree("(1 a)"), "a list of trees as X, not LabelledTree"),
        (3, "a list of trees as X, not int"),
        ([], "given no trees"),
        (["(1 a)", "(1 a"], r"X\[1\]: not a tree at character"),
        (["(1 a)", 7], r"X\[1\]: a tree is a LabelledTree or a text .* not int"),
        ([LabelledTree(np.array([[0, 0]]), (), np.array([1]))], r"X\[0\]: node 0 is a child 2"),
        ([LabelledTree(np.repeat(LEAF, 2, 0), ("a", "b"), np.array([1, 1]))], "one root"),
        ([LabelledTree(LEAF, ("a", "b"), np.array([1]))], r"X\[0\]: it has 2 words, and 1 are"),
        ([LabelledTree(LEAF, ("a",), np.array([1, 2]))], r"X\[0\]: it has 2 labels, and 1 are"),
        (["(1 a)", "(1 b)"], "needs at least 2 classes"),
    ],
)
def test_bad_trees(X, message):
    with pytest.raises(ParameterError, match=message):
        TreeNet(epochs=1).fit(X)


def test_bad_arguments(sentences):
    texts, labels = sentences[0][:20], sentences[1][:20]
    with pytest.raises(ParameterError, match="X has 20 samples and y has 19"):
        TreeNet(epochs=1).fit(texts, labels[:-1])
    with pytest.raises(ParameterError, match="vector_size must be a whole number"):
        TreeNet(0).fit(texts)
    with pytest.raises(ParameterError, match="min_count must be a whole number"):
        TreeNet(min_count=0).fit(texts)
    with pytest.raises(ParameterError, match="learned nothing yet"):
        TreeNet().predict(texts)
    with pytest.raises(ParameterError, match="learned nothing yet"):
        TreeNet().predict_nodes(texts)
    with pytest.raises(ParameterError, match="does not know the label 5"):
        TreeNet(epochs=1).fit(texts, validation=(["(5 a)"], None))
