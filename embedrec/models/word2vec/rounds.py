"""Running an epoch's blocks in rounds, whose result does not depend on the number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from embedrec.kernels.word2vec import (
    Plan,
    give_text,
    make_board,
    make_crew,
    make_owners,
    make_rooms,
    train_cbow_rounds,
    train_skipgram_rounds,
)
from embedrec.models.word2vec.block import Block
from embedrec.models.word2vec.loop import BlockRunner
from embedrec.models.word2vec.state import State
from embedrec.models.word2vec.team import Team

# These decide the result: they are the same on every machine and for every number of threads.
N_WORKERS = 16
N_WINDOWS = 8
N_DRAWN = 64
N_SUMMED = 2

_KERNELS = {"skipgram": train_skipgram_rounds, "cbow": train_cbow_rounds}


class RoundRunner(BlockRunner):
    """Trains blocks in groups of `N_WORKERS`, each group in rounds (see `kernels.word2vec.rounds`).

    A group is trained as a whole: the position of the state is always at the end of one. More than
    `N_WORKERS` threads are of no use, and are not made.
    """

    def __init__(self, state: State, architecture: str, plan: Plan, n_threads: int) -> None:
        super().__init__(state, architecture, plan, n_threads)
        # The threads of a group are those of a team; blocks are handed to it one group at a time.
        self._n_loops = 1
        self._kernel = _KERNELS[architecture]
        self._n_team = min(n_threads, N_WORKERS)
        self._team = Team(1)
        self._failure: BaseException | None = None
        self._crew = make_crew(
            plan,
            state.inputs,
            state.outputs,
            n_workers=N_WORKERS,
            n_windows=N_WINDOWS,
            n_drawn=N_DRAWN,
            n_summed=N_SUMMED,
        )
        self._owners = make_owners(self._crew, self._n_team)
        self._rooms = make_rooms(self._crew, plan, state.inputs.shape[1], self._n_team)

    def run(
        self,
        blocks: Iterator[Block],
        deadline: float,
        report: Callable[[Block, float, int], None],
    ) -> bool:
        """Train blocks as `BlockRunner` does, stopping between groups."""
        with Team(self._n_team) as self._team:
            return super().run(blocks, deadline, report)

    def _take(self, blocks: Iterator[Block]) -> list[Block]:
        if self._failure is not None:
            raise self._failure
        return list(islice(blocks, N_WORKERS))

    def _train_blocks(self, blocks: list[Block]) -> list[tuple[float, int]]:
        crew = self._crew = give_text(
            self._crew,
            [(block.ids, block.offsets) for block in blocks],
            [block.rate for block in blocks],
            [block.counter for block in blocks],
        )
        board = make_board()

        def work(number: int) -> None:
            self._kernel(
                crew,
                self._owners,
                board,
                self._state.inputs,
                self._state.outputs,
                self._plan,
                self._rooms[number],
            )

        failures = self._team.do(work)
        if len(failures) == self._team.n_threads:
            raise failures[0]
        # One thread is enough to train the group, which is to be counted then, and no other.
        self._failure = failures[0] if failures else None
        results = zip(crew.loss.tolist(), crew.n_pairs.tolist(), strict=True)
        return list(islice(results, len(blocks)))
