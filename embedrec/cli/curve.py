"""The picture of a learning curve; matplotlib is in the extra `plot`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from embedrec.errors import MissingExtraError, ParameterError

_ENDINGS = (".png", ".svg", ".pdf")


def check_plot(path: str) -> None:
    """Find out before a training whether its curve can be drawn.

    Raises:
        ParameterError: if the file's ending names no kind of picture.
        MissingExtraError: if matplotlib is not installed.
    """
    if Path(path).suffix.lower() not in _ENDINGS:
        raise ParameterError(f"--plot {path} must end in one of {', '.join(_ENDINGS)}", value=path)
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "--plot needs matplotlib: pip install 'embedrec[plot]'", value="plot"
        ) from error


def draw_curve(path: str, figures: Sequence[Any]) -> None:
    """Draw training loss, as perplexity, and validation perplexity of each epoch into a file."""
    import matplotlib

    matplotlib.use("Agg")
    import numpy as np
    from matplotlib import pyplot

    from embedrec.files import write_atomic

    epochs = np.arange(1, len(figures) + 1)
    picture, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    axes.plot(epochs, np.exp([f.loss for f in figures]), "o-", label="training")
    if figures and figures[0].valid_perplexity is not None:
        axes.plot(epochs, [f.valid_perplexity for f in figures], "s-", label="validation")
    axes.set(xlabel="epoch", ylabel="perplexity", yscale="log")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    with write_atomic(path) as file:
        picture.savefig(file, format=Path(path).suffix.lower()[1:], dpi=150)
    pyplot.close(picture)
