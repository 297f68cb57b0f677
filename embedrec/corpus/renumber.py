"""The second pass: provisional ids into ids by frequency, rare words out, final shards.

It goes through the provisional shards one by one, reads no text, and starts over if interrupted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedrec.corpus.provisional import ProvisionalCorpus
from embedrec.corpus.shardfile import ShardEntry, ShardFile, map_shard
from embedrec.files import PathLike
from embedrec.progress import Stage

DROPPED = np.uint32(2**32 - 1)

MAX_SHARD_TOKENS = 1 << 24
"""Most tokens in a final shard (64 MiB of ids); a shard ends with a whole sentence."""


def renumber_sentences(
    ids: np.ndarray, offsets: np.ndarray, table: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Exchange ids, leaving out dropped words and then empty sentences.

    Args:
        ids: uint32 (N,).
        offsets: int64 (S + 1,), from 0 to N; no sentence is empty.
        table: uint32 (V,), old id to new id or `DROPPED`.

    Returns:
        New ids, uint32 (M,), and the lengths of the sentences that are left, int64 (R,).
    """
    if not len(ids):
        return np.zeros(0, np.uint32), np.zeros(0, np.int64)
    new = table[ids]
    kept = new != DROPPED
    lengths = np.add.reduceat(kept, offsets[:-1], dtype=np.int64)
    return new[kept], lengths[lengths > 0]


class ShardRow:
    """Sentences into a row of shards of bounded size.

    Where a shard ends depends on the sentences alone, not on the pieces they come in.
    """

    def __init__(self, folder: PathLike, max_tokens: int = MAX_SHARD_TOKENS) -> None:
        self.folder = Path(folder)
        self.max_tokens = max_tokens
        self.entries: list[ShardEntry] = []
        self._open: ShardFile | None = None

    def append(self, ids: np.ndarray, lengths: np.ndarray) -> None:
        """Add sentences: ids, uint32 (N,), and the length of each sentence, (S,), none 0."""
        ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        start = 0
        while start < len(lengths):
            if self._open is None:
                self._open = ShardFile(self.folder, f"shard-{len(self.entries):05d}")
            room = max(0, self.max_tokens - self._open.n_tokens)
            stop = int(np.searchsorted(ends, ends[start] + room, side="right")) - 1
            if stop == start and not self._open.n_tokens:
                stop = start + 1  # one sentence above the limit makes a shard of its own
            self._open.append(ids[ends[start] : ends[stop]], lengths[start:stop])
            start = stop
            if start < len(lengths):
                self._close_shard()

    def finish(self) -> list[ShardEntry]:
        """Close the last shard and return the entries of all."""
        self._close_shard()
        return self.entries

    def discard(self) -> None:
        """Close the open file after a failure."""
        if self._open is not None:
            self._open.discard()

    def _close_shard(self) -> None:
        if self._open is not None:
            self.entries.append(self._open.close())
            self._open = None


def write_final_shards(
    provisional: ProvisionalCorpus,
    order: np.ndarray,
    folder: PathLike,
    stage: Stage,
    max_tokens: int = MAX_SHARD_TOKENS,
) -> list[ShardEntry]:
    """Write the final shards into `folder`.

    Args:
        provisional: the finished first pass.
        order: int64 (K,), provisional id of each final id.
        folder: where the shards go.
        stage: told the tokens done.
        max_tokens: most tokens in a shard.

    Raises:
        StorageError: if the disk is full.
    """
    table = np.full(len(provisional.index), DROPPED, np.uint32)
    table[order] = np.arange(len(order), dtype=np.uint32)
    row = ShardRow(folder, max_tokens)
    n_done = 0
    try:
        for checkpoint in provisional.checkpoints:
            ids, offsets = map_shard(provisional.folder, checkpoint.shard)
            row.append(*renumber_sentences(ids, offsets, table))
            n_done += len(ids)
            stage.update(n_done)
        return row.finish()
    except BaseException:
        row.discard()
        raise
