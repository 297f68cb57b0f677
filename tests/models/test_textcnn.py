"""TextCNN: what it takes, that it learns, and that its parts do what they say."""

from __future__ import annotations

import numpy as np
import pytest

from embedrec.errors import ParameterError
from embedrec.models.text_network import TextNetwork
from embedrec.models.text_words import WordNumbers, fill_table
from embedrec.models.textcnn import TextCNN
from embedrec.nn import Embedding, check_gradients
from embedrec.vectors.keyed import KeyedVectors

SMALL = {"vector_size": 16, "n_maps": 12, "widths": (2, 3), "batch_size": 20, "min_count": 1}


def draw_texts(n=200, seed=0):
    """Random words, and two among them that stand in one order or the other: the class."""
    generator = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(n):
        text = [f"w{number}" for number in generator.integers(0, 40, generator.integers(3, 15))]
        label = int(generator.integers(0, 2))
        place = int(generator.integers(0, len(text)))
        text[place:place] = ["甲", "乙"] if label else ["乙", "甲"]
        texts.append(text)
        labels.append(["乙甲", "甲乙"][label])
    return texts, labels


def as_numbers(texts):
    words = {word: at for at, word in enumerate(sorted({w for text in texts for w in text}))}
    return [np.array([words[word] for word in text]) for text in texts]


def make_vectors(texts, size=8):
    words = sorted({word for text in texts for word in text})
    vectors = np.random.default_rng(3).standard_normal((len(words), size)).astype(np.float32)
    return KeyedVectors(words, vectors)


@pytest.mark.parametrize("channels", ["static", "fine-tuned", "multichannel"])
def test_learns_an_order_of_words(channels, tmp_path):
    texts, labels = draw_texts(260)
    vectors = make_vectors(texts)
    model = TextCNN(vectors, channels, epochs=12, learning_rate=3e-3, seed=1, **SMALL)
    model.fit(texts[:200], labels[:200])
    assert model.score(texts[200:], labels[200:]) > 0.9
    assert model.vector_size_ == 8
    model.save(tmp_path / "model")
    assert model.vectors is vectors
    again = TextCNN.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(texts), model.predict_proba(texts))


def test_static_vectors_stay_and_fine_tuned_ones_move():
    texts, labels = draw_texts(40)
    vectors = make_vectors(texts)
    for channels, moves in (("static", [False]), ("fine-tuned", [True]),
                            ("multichannel", [False, True])):  # fmt: skip
        model = TextCNN(vectors, channels, epochs=1, **SMALL).fit(texts, labels)
        words = model.numbers_.words
        for embedding, moved in zip(model.network_.embeddings, moves, strict=True):
            own = np.array([vectors[word] for word in words])
            assert (embedding.weight.value[: len(words)] != own).any() == moved
            assert not embedding.weight.value[-1].any()


def test_numbers_of_words_do_as_well_as_words():
    texts, labels = draw_texts(120)
    numbers = as_numbers(texts)
    model = TextCNN(epochs=2, **SMALL).fit(numbers, labels)
    assert model.numbers_.words is None
    assert model.n_features_in_ == 1 + max(map(max, numbers))
    table = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)
    model = TextCNN(table, "static", epochs=1, **SMALL).fit(numbers, labels)
    np.testing.assert_array_equal(model.network_.embeddings[0].weight.value[:50], table)
    assert model.n_features_in_ == 50


def test_what_fills_a_batch_up_changes_nothing():
    texts, labels = draw_texts(60)
    model = TextCNN(epochs=1, **SMALL).fit(texts, labels)
    alone = np.concatenate([model.predict_proba([text]) for text in texts[:10]])
    np.testing.assert_allclose(model.predict_proba(texts)[:10], alone, rtol=0, atol=1e-6)


def test_texts_of_any_length_and_unknown_words():
    texts, labels = draw_texts(60)
    model = TextCNN(epochs=1, max_words=5, **SMALL).fit(texts, labels)
    strange = [[], ["甲"], ["nobody", "knows"], texts[0], texts[0][:5]]
    probabilities = model.predict_proba(strange)
    assert np.isfinite(probabilities).all()
    np.testing.assert_array_equal(probabilities[3], probabilities[4])


def test_cross_validation_by_scikit_learn():
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is optional")
    texts, labels = draw_texts(90)
    scores = selection.cross_val_score(TextCNN(epochs=1, **SMALL), texts, labels, cv=3)
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()


def test_same_seed_same_bits():
    texts, labels = draw_texts(60)
    first, second, other = (
        TextCNN(epochs=1, seed=seed, **SMALL).fit(texts, labels).predict_proba(texts)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_weights_of_a_class_are_kept_within_max_norm():
    texts, labels = draw_texts(100)
    free = TextCNN(epochs=3, learning_rate=0.02, **SMALL).fit(texts, labels)
    held = TextCNN(epochs=3, learning_rate=0.02, max_norm=0.5, **SMALL).fit(texts, labels)
    norms = [np.linalg.norm(m.network_.dense.weight.value, axis=0) for m in (free, held)]
    assert norms[0].max() > 0.6
    assert norms[1].max() <= 0.5 + 1e-6


def test_words_without_a_vector_get_one_as_large():
    vectors = KeyedVectors(["a", "b"], np.array([[3, -3, 3], [-3, 3, -3]], np.float32))
    words = WordNumbers([*"acdefghijklmnop", "b"], 16)
    table = fill_table(words, vectors, 99, np.random.default_rng(0))
    assert table.shape == (18, 3)
    np.testing.assert_array_equal(table[[0, 15]], vectors.vectors)
    assert 2 < table[1:15].std() < 4
    assert not table[-1].any()


@pytest.mark.parametrize("n_channels", [1, 2])
def test_gradients_of_the_whole_network(n_channels):
    generator = np.random.default_rng(0)
    embeddings = [
        Embedding.from_vectors(generator.standard_normal((9, 3)), padding=8, is_frozen=at > 0)
        for at in range(n_channels)
    ]
    network = TextNetwork(embeddings, (2, 3), 4, 3, dropout=0.3, generator=generator)
    words = generator.integers(0, 9, (4, 6))

    def make_train():
        return np.random.default_rng(1)

    if n_channels == 2:  # what is frozen has no gradient, and central differences find one
        network.embeddings[1].weight = FrozenParameter(network.embeddings[1].weight.value)
    report = check_gradients(network, words, train=make_train)
    assert report.error < 1e-6, report


class FrozenParameter:
    """Holds values, and is no parameter to the walk."""

    def __init__(self, value):
        self.value = value.astype(np.float64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: TextCNN(**SMALL).fit("一 句 话", y), "texts must be a list of lists"),
        (lambda x, y: TextCNN(**SMALL).fit([], []), "there are no texts"),
        (lambda x, y: TextCNN(**SMALL).fit(["一句话", *x[1:]], y), "text 0 must be a list of"),
        (lambda x, y: TextCNN(**SMALL).fit([[], []], y[:2]), "none of the texts has a word"),
        (lambda x, y: TextCNN(**SMALL).fit(x, y[:-1]), "20"),
        (lambda x, y: TextCNN(channels="all").fit(x, y), "channels must be one of static, fine"),
        (lambda x, y: TextCNN(widths=3).fit(x, y), "widths must be a list such as"),
        (lambda x, y: TextCNN(max_norm=0).fit(x, y), "max_norm must be above 0, not 0"),
        (lambda x, y: TextCNN(np.zeros((3, 2))).fit(x, y), "goes with texts of numbers"),
        (lambda x, y: TextCNN(make_vectors(x)).fit(as_numbers(x), y), "go with texts of words"),
        (lambda x, y: TextCNN(epochs=1, **SMALL).fit(x, y).predict([[1, 2]]),
         "text 0 must hold words"),
        (lambda x, y: TextCNN(epochs=1, **SMALL).fit(as_numbers(x), y).predict([[1, 99]]),
         "text 0 holds the number 99"),
        (lambda x, y: TextCNN(epochs=1, **SMALL).fit(as_numbers(x), y).predict([["甲"]]),
         "text 0 must hold whole numbers"),
        (lambda x, y: TextCNN().predict(x), "learned nothing yet"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(ParameterError, match=message):
        call(*draw_texts(20))
