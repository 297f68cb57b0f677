from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedrec.corpus.renumber import DROPPED, ShardRow, renumber_sentences
from embedrec.corpus.shardfile import map_shard

SENTENCES = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6))


def flatten(sentences: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(s) for s in sentences], np.int64)
    return np.array([i for s in sentences for i in s], np.uint32), lengths


@given(SENTENCES, st.lists(st.sampled_from([0, 1, 2, None]), min_size=6, max_size=6))
def test_renumbered_as_by_hand(sentences: list[list[int]], mapping: list[int | None]) -> None:
    table = np.array([DROPPED if new is None else new for new in mapping], np.uint32)
    ids, lengths = flatten(sentences)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    wanted = [[mapping[i] for i in s if mapping[i] is not None] for s in sentences]
    wanted = [s for s in wanted if s]
    new, left = renumber_sentences(ids, offsets, table)
    assert new.tolist() == [i for s in wanted for i in s]
    assert left.tolist() == [len(s) for s in wanted]
    assert new.dtype == np.uint32


@given(SENTENCES, st.integers(1, 12), st.lists(st.integers(0, 30), max_size=4))
def test_shards_end_where_they_must(
    tmp_path_factory: pytest.TempPathFactory,
    sentences: list[list[int]],
    limit: int,
    cuts: list[int],
) -> None:
    folder: Path = tmp_path_factory.mktemp("row")
    row = ShardRow(folder, limit)
    places = sorted({0, len(sentences), *(c for c in cuts if c < len(sentences))})
    for start, stop in itertools.pairwise(places):
        row.append(*flatten(sentences[start:stop]))
    wanted: list[list[list[int]]] = []
    for sentence in sentences:
        if not wanted or sum(map(len, wanted[-1])) + len(sentence) > limit:
            wanted.append([])
        wanted[-1].append(sentence)
    found = []
    for number, entry in enumerate(row.finish()):
        assert entry.stem == f"shard-{number:05d}"
        ids, offsets = map_shard(folder, entry)
        ends = offsets.tolist()
        found.append([ids[a:b].tolist() for a, b in itertools.pairwise(ends)])
    assert found == wanted
