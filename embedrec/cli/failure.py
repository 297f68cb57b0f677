"""Every failure becomes one line on stderr and an exit code; a traceback only with --debug."""

from __future__ import annotations

import errno
import os
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import click

from embedrec.cli.output import name_program
from embedrec.errors import EmbedrecError, StorageError

STOPPED = 130


class Interrupted(Exception):  # noqa: N818 (not an error: the person asked for it)
    """Ctrl-C came at a moment from which work can be taken up again.

    Attributes:
        advice: how to go on.
    """

    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


def report_failure(error: BaseException, args: Sequence[str]) -> int:
    """Print one line about `error` on stderr and return the exit code.

    Args:
        error: what ended the command.
        args: the words after `embedrec`, for `--debug` and for the way to go on.
    """
    if "--debug" in args and not isinstance(error, (SystemExit, click.exceptions.Exit)):
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    # What stands in the buffer must not fail a second time when the interpreter ends.
    try:
        sys.stdout.flush()
    except OSError:
        drop_stdout()
    line, code = describe_failure(error, args)
    with suppress(OSError):
        print(" ".join(line.split()), file=sys.stderr, flush=True)
    return code


def describe_failure(error: BaseException, args: Sequence[str]) -> tuple[str, int]:
    """Return the line for `error` and the exit code that goes with it."""
    if isinstance(error, EmbedrecError):
        return f"embedrec: error: {error}", error.exit_code
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "embedrec"
        message = " ".join(error.format_message().split()).rstrip(".")
        return f"embedrec: error: {message}; see {path} --help", 2
    if isinstance(error, click.ClickException):
        return f"embedrec: error: {error.format_message()}", error.exit_code
    if isinstance(error, Interrupted):
        return f"embedrec: stopped; {error.advice}", STOPPED
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return "embedrec: stopped", STOPPED
    if isinstance(error, MemoryError):
        return (
            "embedrec: error: the memory is not enough for this; use a smaller --max-vocab or "
            "--vector-size, or a larger machine",
            1,
        )
    if isinstance(error, OSError):
        return f"embedrec: error: {_describe_os_error(error)}", 1
    return (
        f"embedrec: error: unexpected {type(error).__name__}: {error} (a fault in embedrec; "
        "please report it with what `--debug` prints)",
        1,
    )


def _describe_os_error(error: OSError) -> str:
    where = f" {os.fsdecode(error.filename)}" if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"can't write{where}: the disk is full: free some space or choose another place"
    return f"can't read or write{where}: {error.strerror or error}"


@contextmanager
def offer_resume(ctx: click.Context, output: str) -> Iterator[None]:
    """Name the command line that takes the work up again, if Ctrl-C or a full disk ends the body.

    Args:
        ctx: the command's context.
        output: what it makes; unfinished work lies in `<output>.partial`.

    Raises:
        Interrupted: in place of KeyboardInterrupt.
    """
    words = ctx.command_path.split()[1:]
    try:
        yield
    except KeyboardInterrupt:
        command = name_resume_command(words, list(ctx.obj or []))
        raise Interrupted(f"go on with: {command}") from None
    except StorageError as error:
        if not os.path.isdir(f"{os.path.abspath(output)}.partial"):
            raise
        command = name_resume_command(words, list(ctx.obj or []))
        message = f"{error}; what is done is kept, go on with: {command}"
        raise StorageError(message, value=error.value) from error


def name_resume_command(command: Sequence[str], args: Sequence[str]) -> str:
    """Return the command line that takes up again what was started with `args`.

    Args:
        command: the words that name the command, such as `corpus build`.
        args: the words after `embedrec`, the command's name included.
    """
    rest = list(args[len(command) :])
    options = [] if "--resume" in rest else ["--resume"]
    return f"{name_program()} {shlex.join([*command, *options, *rest])}"


def drop_stdout() -> None:
    """Point stdout at nothing, so that flushing what is left in its buffer can't fail."""
    with suppress(OSError, ValueError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
