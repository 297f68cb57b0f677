"""Word2vec's inner loops: skip-gram and CBOW, each over any set of outputs.

Model and loss are two axes. `windows` draws windows ahead of their training: which words survive
and stand in them, and, by `target`, the output units of each centre word with their labels (the
word and its negatives, the nodes of its Huffman path, or both). `skipgram` and `cbow` train inputs
against whatever stands in that list: a small matrix product for the scores, errors and loss, and
two products for the gradients, all on the rows where they stand (`kernels.simd`), while the rows of
the next windows are being fetched. `subword` does the same for words made of many rows, which
`ring` puts together once for all windows that they stand in.

One window is one mini-batch: all its scores are computed from the weights as they were before it,
and its update is the exact gradient of its loss times the learning rate (skip-gram with Huffman
paths takes up to four inputs of a window at a time, see `step`). The inputs of a window share its
negatives. Halves of skip-gram's windows, left and right of the centre word, can have their own, and
windows far apart can have the same, whose rows are then in the cache: see `plan`.

Sources: Mikolov et al., "Efficient estimation of word representations in vector space" (2013a) and
"Distributed representations of words and phrases and their compositionality" (2013b); Rong,
"word2vec parameter learning explained" (2014), whose equation numbers the comments use.
"""

from __future__ import annotations

from embedrec.kernels.word2vec.cbow import train_cbow
from embedrec.kernels.word2vec.plan import Plan
from embedrec.kernels.word2vec.rounds import train_cbow_rounds, train_skipgram_rounds
from embedrec.kernels.word2vec.rounds_crew import give_text, make_crew, make_owners, make_rooms
from embedrec.kernels.word2vec.rounds_tasks import make_board
from embedrec.kernels.word2vec.skipgram import train_skipgram
from embedrec.kernels.word2vec.subword import train_cbow_subwords, train_skipgram_subwords

__all__ = [
    "Plan",
    "give_text",
    "make_board",
    "make_crew",
    "make_owners",
    "make_rooms",
    "train_cbow",
    "train_cbow_rounds",
    "train_cbow_subwords",
    "train_skipgram",
    "train_skipgram_rounds",
    "train_skipgram_subwords",
]
