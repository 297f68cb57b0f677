"""Keeps Numba from importing SciPy's linear algebra before anything needs it.

The first function that Numba compiles, or loads compiled, makes it import its array functions, and
these ask at once whether there is a BLAS, which imports `scipy.linalg`: about 0.2 s of every start.
No kernel here calls a BLAS. The question is answered unasked, as SciPy comes with this package;
code that does call one (`np.dot` in a function of someone else's) asks again and gets it imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

_ASKED_ON_IMPORT = "numba.np.arraymath"


def put_off_blas() -> None:
    """Let the first question whether there is a BLAS pass; without effect where it was asked."""
    if _ASKED_ON_IMPORT in sys.modules:
        return
    try:
        from numba.np import linalg

        linalg.ensure_blas = _skip_first(linalg.ensure_blas)
    except (ImportError, AttributeError):  # another version of Numba: slower, and no worse
        return


def _skip_first(ensure: Callable[[], None]) -> Callable[[], None]:
    skipped = False

    def ensure_blas() -> None:
        nonlocal skipped
        if skipped:
            ensure()
        skipped = True

    return ensure_blas
