"""The workers and owners of rounds: everything that they keep from one task to the next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from embedrec.kernels.simd.machine import LANES
from embedrec.kernels.word2vec.plan import Plan
from embedrec.kernels.word2vec.room import Room, make_room
from embedrec.kernels.word2vec.windows import APART, Windows

# Stands in `local_words` where there is no entry of the round.
UNSEEN = -(1 << 62)


class Crew(NamedTuple):
    """A fixed number W of workers, each with its text, its random stream and its windows.

    A worker's rows are its entries: entry e of worker w is element w * E + e of the flat arrays.

    Attributes:
        ids: uint32 (N,), words of all workers' texts.
        offsets: int64, of the sentences in `ids`, one worker's after another's.
        bounds: int64 (W + 1,): the offsets of worker w are offsets[bounds[w]:bounds[w + 1]].
        rates: float32 (W,), learning rates.
        counters: uint64 (W,), places in the random streams.
        loss: float64 (W,), summed since the text began.
        n_pairs: int64 (W,), likewise.
        windows: a Windows whose arrays have the worker as first axis.
        n_drawn: int64 (W,), windows that stand there.
        first: int64 (W,), the first window of the round.
        n_taken: int64 (W,), windows of the round; 0 at the end of the text.
        n_windows: int, most windows of a worker in a round.
        n_summed: int, copies of a row whose changes are added in full; those of more count as so
            many.
        local_words: int64, as `windows.words`: entries, then rows, of the round's context; `UNSEEN`
            elsewhere.
        local_rows: int64 (W, n_windows, T), likewise of its targets.
        places: int64 (W, E), places of `local_words` in use.
        n_places: int64 (W,).
        table: int32 (W, power of two), hash table of the entries.
        keys: int64 (W * E,), distinct rows of a round: of an input, or V + that of an output.
        n_keys: int64 (W,).
        copied: uint8 (W * E,), whether another worker has the row in this round, too.
        sources: int64 (W, E), addresses of the rows to be copied.
        copies: int64 (W, E), addresses of the copies.
        numbers: int64 (W, E), row numbers to be trained: the entry's own, or its copy's.
        input_copies: float32, room for a copy of an input row of each entry.
        output_copies: float32, likewise of an output row.
        first_input_copy: int, row number of entry 0's copy, counted from the input matrix on.
        first_output_copy: int, likewise from the output matrix on.
    """

    ids: np.ndarray
    offsets: np.ndarray
    bounds: np.ndarray
    rates: np.ndarray
    counters: np.ndarray
    loss: np.ndarray
    n_pairs: np.ndarray
    windows: Windows
    n_drawn: np.ndarray
    first: np.ndarray
    n_taken: np.ndarray
    n_windows: int
    n_summed: int
    local_words: np.ndarray
    local_rows: np.ndarray
    places: np.ndarray
    n_places: np.ndarray
    table: np.ndarray
    keys: np.ndarray
    n_keys: np.ndarray
    copied: np.ndarray
    sources: np.ndarray
    copies: np.ndarray
    numbers: np.ndarray
    input_copies: np.ndarray
    output_copies: np.ndarray
    first_input_copy: int
    first_output_copy: int


class Owners(NamedTuple):
    """A number A of owners, a power of two: owner a sees to the keys whose lowest bits are a.

    Attributes:
        table: int32 (A, power of two), hash table of the entries of all workers.
        used: int32 (A, W * E), places in the table that are in use.
        n_used: int64 (A,).
        following: int32 (W * E,), the next entry with the same key, or -1.
        last: int32 (W * E,), for the first entry with a key: the last one.
        heads: int32 (A, W * E), first entries of the keys that several workers have.
        n_heads: int64 (A,).
        head_keys: int64 (A, W * E), keys of `heads`.
        ends: int32 (A, W * E), where the members of a head end.
        members: int32 (A, W * E), entries with the same key, in the order of workers.
        copies: int64 (A, W), addresses of the copies of a row.
    """

    table: np.ndarray
    used: np.ndarray
    n_used: np.ndarray
    following: np.ndarray
    last: np.ndarray
    heads: np.ndarray
    n_heads: np.ndarray
    head_keys: np.ndarray
    ends: np.ndarray
    members: np.ndarray
    copies: np.ndarray


def make_crew(
    plan: Plan,
    inputs: np.ndarray,
    outputs: np.ndarray,
    *,
    n_workers: int,
    n_windows: int,
    n_drawn: int,
    n_summed: int,
) -> Crew:
    """Make a crew without text.

    Args:
        plan: what is going to be trained.
        inputs: float32 (V, D), C-contiguous; the crew is for this array and no other.
        outputs: float32 (R, D), likewise.
        n_workers: W.
        n_windows: most windows of a worker in a round.
        n_drawn: windows drawn at once, a multiple of `n_windows`.
        n_summed: copies of a row whose changes are added in full.
    """
    n, size = n_workers, inputs.shape[1]
    n_targets = 1 + plan.n_negative + plan.max_path
    n_labels = -(-n_targets // LANES) * LANES
    n_entries = count_entries(plan, n_windows)
    windows = Windows(
        # What is left of one sentence, and the next ones until as many windows are drawn.
        words=np.zeros((n, 2 * plan.max_sentence + n_drawn), np.int64),
        centre=np.zeros((n, n_drawn), np.int32),
        begin=np.zeros((n, n_drawn), np.int32),
        end=np.zeros((n, n_drawn), np.int32),
        n_targets=np.zeros((n, n_drawn), np.int32),
        first_node=np.zeros((n, n_drawn), np.int32),
        rows=np.zeros((n, n_drawn, n_targets), np.int64),
        labels=np.zeros((n, n_drawn, n_labels), np.float32),
        negatives=np.zeros((n, APART, plan.n_negative), np.int64),
        place=np.zeros((n, 6), np.int64),
    )
    input_copies, output_copies = (
        np.empty((n * n_entries + 1) * size, np.float32) for _ in range(2)
    )
    return Crew(
        ids=np.zeros(0, np.uint32),
        offsets=np.zeros(n, np.int64),
        bounds=np.arange(n + 1, dtype=np.int64),
        rates=np.zeros(n, np.float32),
        counters=np.zeros(n, np.uint64),
        loss=np.zeros(n),
        n_pairs=np.zeros(n, np.int64),
        windows=windows,
        n_drawn=np.zeros(n, np.int64),
        first=np.zeros(n, np.int64),
        n_taken=np.zeros(n, np.int64),
        n_windows=n_windows,
        n_summed=n_summed,
        local_words=np.full_like(windows.words, UNSEEN),
        local_rows=np.zeros((n, n_windows, n_targets), np.int64),
        places=np.zeros((n, n_entries), np.int64),
        n_places=np.zeros(n, np.int64),
        table=np.full((n, choose_table_size(n_entries)), -1, np.int32),
        keys=np.zeros(n * n_entries, np.int64),
        n_keys=np.zeros(n, np.int64),
        copied=np.zeros(n * n_entries, np.uint8),
        sources=np.zeros((n, n_entries), np.int64),
        copies=np.zeros((n, n_entries), np.int64),
        numbers=np.zeros((n, n_entries), np.int64),
        input_copies=input_copies,
        output_copies=output_copies,
        first_input_copy=_count_rows_between(inputs, input_copies),
        first_output_copy=_count_rows_between(outputs, output_copies),
    )


def give_text(
    crew: Crew,
    sentences: list[tuple[np.ndarray, np.ndarray]],
    rates: list[float],
    counters: list[int],
) -> Crew:
    """Return the crew with new texts, at their beginning.

    Args:
        crew: a crew, whose arrays are used again.
        sentences: ids, uint32, and offsets, int64 (S + 1,), into them, for each worker; workers for
            which there are none have nothing to do.
        rates: learning rate of each.
        counters: start of the random stream of each.
    """
    n_workers = len(crew.rates)
    ids, offsets = [np.zeros(0, np.uint32)], []
    n_ids = 0
    for words, places in sentences:
        ids.append(words[places[0] : places[-1]])
        offsets.append(places - places[0] + n_ids)
        n_ids += len(ids[-1])
    offsets += [np.zeros(1, np.int64)] * (n_workers - len(sentences))
    for array in (crew.loss, crew.n_pairs, crew.n_drawn, crew.first, crew.n_taken, crew.n_keys):
        array[:] = 0
    crew.windows.place[:] = 0
    crew.rates[: len(rates)] = rates
    crew.counters[: len(counters)] = counters
    return crew._replace(
        ids=np.concatenate(ids),
        offsets=np.concatenate(offsets),
        bounds=np.cumsum([0, *map(len, offsets)]),
    )


def make_owners(crew: Crew, n_threads: int) -> Owners:
    """Make owners for a number of threads, which does not change what they do."""
    n_workers, n_all = len(crew.rates), len(crew.keys)
    n = 1 << (n_threads - 1).bit_length()
    used, heads, ends, members = (np.zeros((n, n_all), np.int32) for _ in range(4))
    return Owners(
        table=np.full((n, choose_table_size(n_all)), -1, np.int32),
        used=used,
        n_used=np.zeros(n, np.int64),
        following=np.zeros(n_all, np.int32),
        last=np.zeros(n_all, np.int32),
        heads=heads,
        n_heads=np.zeros(n, np.int64),
        head_keys=np.zeros((n, n_all), np.int64),
        ends=ends,
        members=members,
        copies=np.zeros((n, n_workers), np.int64),
    )


def make_rooms(crew: Crew, plan: Plan, size: int, n_threads: int) -> list[Room]:
    """Make each thread's room, for vectors of `size` floats."""
    windows = Windows(*(array[0] for array in crew.windows))
    return [make_room(windows, plan, size) for _ in range(n_threads)]


def count_entries(plan: Plan, n_windows: int) -> int:
    """Return how many distinct rows some windows that follow each other have at most."""
    # Of a sentence all of whose words are centres, each word is one of them. Only the windows of
    # the first and the last sentence reach over words that are not.
    n_inputs = n_windows + 4 * plan.window
    return n_inputs + n_windows * (1 + plan.n_negative + plan.max_path)


def choose_table_size(n_entries: int) -> int:
    """Return the size of a hash table: a power of two that is never more than half full."""
    return 1 << (2 * n_entries - 1).bit_length()


def _count_rows_between(matrix: np.ndarray, room: np.ndarray) -> int:
    # Kernels find a row by its number; one that stands a whole number of rows from the matrix has a
    # number, too. There is one in the first row's length of the room.
    row = matrix.strides[0]
    return -((matrix.ctypes.data - room.ctypes.data) // row)
