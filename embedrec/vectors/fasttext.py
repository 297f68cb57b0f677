"""fastText's own model files (.bin): settings, dictionary, input matrix; the output is passed over.

Versions 11 and 12, and the older files without a version. All numbers are little-endian:

    int32 magic, int32 version         not in the older files
    int32 x 12, float64                the settings
    int32 entries, int32 words, int32 labels, int64 tokens
    int64 pruned n-grams, or -1        not in the older files
    word, 0, int64 count, int8 kind    for each entry: first the words (kind 0), then labels (1)
    int32 x 2                          for each pruned n-gram
    bool quantised                     not in the older files
    int64 rows, int64 size, float32... the input matrix: the words' own rows, then the buckets
    bool quantised                     not in the older files
    int64 rows, int64 size, float32... the output matrix
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, InputError
from embedrec.vectors.detect import FASTTEXT_MAGIC
from embedrec.vectors.fasttext_reader import ModelReader
from embedrec.vectors.source import VectorSource
from embedrec.vectors.subword_rows import average_rows, list_word_rows

VERSIONS = (11, 12)
_SETTINGS = (
    "vector_size", "window", "epochs", "min_count", "negative", "word_ngrams", "loss", "model",
    "n_buckets", "min_n", "max_n", "rate_updates", "sample",
)  # fmt: skip
_LOSSES = {1: "hierarchical", 2: "negative", 3: "softmax", 4: "one-vs-all"}
_MODELS = {1: "cbow", 2: "skipgram", 3: "supervised"}
# fastText's defaults are 3 to 6; longer n-grams than this a model hardly ever has twice.
_LONGEST_NGRAM = 1 << 6
# Rows of words listed at a time, by the number of their bytes: 64 MB.
_ROWS_AT_ONCE = 1 << 24
# The end of a line: a word of the dictionary that fastText does not cut into n-grams, as the .vec
# files beside models of version 12 show; the older files without a version were made otherwise.
_END_OF_LINE = b"</s>"


@dataclass(frozen=True)
class FastTextModel:
    """What is kept of a model file.

    Attributes:
        facts: JSON values: version (None for the older files) and settings.
        words: V words as they stand in the file.
        counts: (V,) uint64.
        matrix: (V + B, D) float32, the words' own rows, then the buckets; mapped, and maybe not
            aligned, where the file is not packed.
        min_n: shortest n-gram.
        max_n: longest n-gram; 0 if words are not cut into n-grams.
    """

    facts: dict[str, Any]
    words: list[bytes]
    counts: np.ndarray
    matrix: np.ndarray
    min_n: int
    max_n: int

    @property
    def buckets(self) -> np.ndarray:
        """The rows that n-grams are hashed to, (B, D) float32."""
        return self.matrix[len(self.words) :]


def read_fasttext(source: VectorSource) -> FastTextModel:
    """Read a model file.

    Args:
        source: at the first byte of the file.

    Raises:
        InputError: if the file is of another version, or quantised.
        CorruptedError: if it ends early, goes on after its end, or says what can't be.
    """
    reader = ModelReader(source)
    version = None
    if source.head[:4] == FASTTEXT_MAGIC:
        version = reader.unpack("<2i")[1]
        if version not in VERSIONS:
            raise InputError(
                f"{source.name} is a fastText model of version {version}, and versions "
                f"{VERSIONS[0]} and {VERSIONS[1]} are read here; save it with a usual fastText",
                value=version,
            )
    settings = dict(zip(_SETTINGS, reader.unpack("<12id"), strict=True))
    _check_settings(settings, reader)
    words, counts, is_pruned = _read_dictionary(reader, version)
    if version is not None and reader.unpack("<b")[0]:
        raise InputError(
            f"{source.name} is a quantised fastText model (.ftz), whose vectors are not read here; "
            "give the full model it was made from (.bin)",
            value=source.name,
        )
    if is_pruned:
        raise reader.describe_damage("n-grams are pruned, as only quantised models have it")
    matrix = _read_matrix(reader, len(words) + settings["n_buckets"], settings["vector_size"])
    _pass_output(reader, version, settings["vector_size"])
    # Early supervised models were trained without n-grams, whatever their settings say.
    was_cut = settings["n_buckets"] and (version == 12 or settings["model"] != 3)
    min_n, max_n = max(1, settings["min_n"]), settings["max_n"]
    has_ngrams = was_cut and min_n <= max_n
    settings["loss"], settings["model"] = _LOSSES[settings["loss"]], _MODELS[settings["model"]]
    facts = {"version": version, "settings": settings}
    return FastTextModel(facts, words, counts, matrix, min_n, max_n if has_ngrams else 0)


def compose_words(model: FastTextModel, limit: int | None, name: str) -> np.ndarray:
    """Return the vectors of the first words, (V or limit, D) float32: own rows and n-grams' mean.

    Raises:
        CorruptedError: naming the file's entry, for a value that is not a finite number.
    """
    words = model.words[:limit]
    n_buckets = len(model.buckets) if model.max_n else 0
    vectors = np.empty((len(words), model.matrix.shape[1]), np.float32)
    for begin, end in _cut_words(words, 1 + max(0, model.max_n - model.min_n)):
        part, first_row = words[begin:end], len(model.words)
        row_offsets, rows = list_word_rows(part, model.min_n, model.max_n, n_buckets, first_row)
        rows[row_offsets[:-1]] += np.uint32(begin)  # the words' own are counted from the first
        vectors[begin:end] = average_rows(row_offsets, rows, model.matrix)
    if _END_OF_LINE in words and model.facts["version"] is not None:
        own = words.index(_END_OF_LINE)
        vectors[own] = model.matrix[own]
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        entry = int(np.argmin(finite)) + 1
        raise CorruptedError(
            f"{name}, word {entry}: a value is not a finite number; the file is damaged, "
            "fetch it again",
            value=name,
        )
    return vectors


def _cut_words(words: list[bytes], n_lengths: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of parts with at most `_ROWS_AT_ONCE` rows, or of one word."""
    begin, n_rows = 0, 0
    for place, word in enumerate(words):
        own = (len(word) + 2) * n_lengths
        if n_rows + own > _ROWS_AT_ONCE and place > begin:
            yield begin, place
            begin, n_rows = place, 0
        n_rows += own
    if begin < len(words):
        yield begin, len(words)


def _check_settings(settings: dict[str, Any], reader: ModelReader) -> None:
    if (
        settings["vector_size"] < 1
        or settings["n_buckets"] < 0
        or not 0 <= settings["min_n"] <= _LONGEST_NGRAM
        or not 0 <= settings["max_n"] <= _LONGEST_NGRAM
        or settings["loss"] not in _LOSSES
        or settings["model"] not in _MODELS
        or not np.isfinite(settings["sample"])
    ):
        raise reader.describe_damage("its settings can't be true")


def _read_dictionary(
    reader: ModelReader, version: int | None
) -> tuple[list[bytes], np.ndarray, bool]:
    """Return the words, their counts (uint64) and whether n-grams are pruned."""
    n_entries, n_words, n_labels, _ = reader.unpack("<3iq")
    n_pruned = -1 if version is None else reader.unpack("<q")[0]
    if n_words < 0 or n_labels < 0 or n_entries != n_words + n_labels or n_pruned < -1:
        raise reader.describe_damage(
            f"its dictionary says {n_entries} entries, {n_words} words and {n_labels} labels"
        )
    if n_words == 0:
        raise InputError(f"{reader.source.name} is a fastText model without words",
                         value=reader.source.name)  # fmt: skip
    words, tails = reader.take_entries(n_entries)
    table = np.frombuffer(tails, np.dtype([("count", "<i8"), ("kind", "i1")]))
    wrong = (table["kind"] != (np.arange(n_entries) >= n_words)) | (table["count"] < 0)
    if wrong.any() or b"" in words:
        entry = words.index(b"") if b"" in words else int(np.argmax(wrong))
        raise reader.describe_damage(f"entry {entry + 1} of its dictionary is none")
    if n_pruned > 0:
        reader.skip(8 * n_pruned)
    return words[:n_words], table["count"][:n_words].astype(np.uint64), n_pruned >= 0


def _read_matrix(reader: ModelReader, expected: int, size: int) -> np.ndarray:
    n_rows, n_columns = reader.unpack("<2q")
    if (n_rows, n_columns) != (expected, size):
        raise reader.describe_damage(
            f"its matrix is {n_rows} x {n_columns} where {expected} x {size} is needed"
        )
    if 4 * n_rows * n_columns > reader.source.largest_size:
        raise reader.describe_damage("it ends early")
    return reader.take_matrix(n_rows, n_columns)


def _pass_output(reader: ModelReader, version: int | None, size: int) -> None:
    # Its values are of no use here, but a file that is cut short in them was not fetched whole.
    is_quantised = version is not None and reader.unpack("<b")[0]
    n_rows, n_columns = reader.unpack("<2q")
    if is_quantised or n_rows < 0 or n_columns != size:
        raise reader.describe_damage(
            f"its output matrix is {n_rows} x {n_columns}, with vectors of size {size}"
        )
    reader.skip(4 * n_rows * n_columns)
    if not reader.is_at_end():
        raise reader.describe_damage("it goes on after its end")
