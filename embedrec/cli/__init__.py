"""The command `embedrec`: the only place that prints, and the only one that knows the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from embedrec.cli.failure import drop_stdout, report_failure
from embedrec.cli.group import cli
from embedrec.cli.output import ReaderLeftError

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no exception leaves.

    0: done. 1: failed, or finished with what came before a damaged point of the input. 2: the
    request can't be understood or met. 130: stopped with Ctrl-C.

    Args:
        args: the words after `embedrec`; by default the process's own.
    """
    args = list(sys.argv[1:] if args is None else args)
    _prepare_streams()
    try:
        code = cli.main(args=args, prog_name="embedrec", standalone_mode=False, obj=args)
        sys.stdout.flush()
    except (BrokenPipeError, ReaderLeftError):
        # Whoever reads (such as `head`) has all that was wanted.
        drop_stdout()
        return 0
    except BaseException as error:
        return report_failure(error, args)
    return code if isinstance(code, int) else 0


def _prepare_streams() -> None:
    """Let any word be printed: UTF-8 into pipes and files, escapes where a terminal can't."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="backslashreplace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")
