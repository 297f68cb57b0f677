"""Commands are found, loaded on demand, and said alike in both tables."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from embedrec import __version__
from embedrec.cli.group import COMMANDS, cli
from tests.cli.conftest import Run


def test_help_names_every_command(run: Run) -> None:
    for words in (["--help"], ["-h"], []):
        outcome = run(*words)
        assert outcome.code == 0
        assert all(name in outcome.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.short_help == COMMANDS[name][1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_quiet_and_has_help(name: str, run: Run) -> None:
    command = cli.get_command(click.Context(cli), name)
    leaves = command.commands.values() if isinstance(command, click.Group) else [command]
    for leaf in leaves:
        assert leaf is not None
        assert "--quiet" in [text for option in leaf.params for text in option.opts]
    assert run(name, "--help").code == 0


def test_an_unknown_command_or_option_is_one_line(fail: Run) -> None:
    assert "did you mean train?" in fail("trian", code=2).err
    assert "--foo" in fail("similar", "--foo", code=2).err
    assert "MODEL" in fail("similar", code=2).err


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"embedrec {__version__}\n"


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "embedrec", "similar"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == (
        "embedrec: error: Missing argument 'MODEL'; see embedrec similar --help\n"
    )
