"""Commands of app.py beside serving the pages. COMMANDS lists them; each is a module that loads nothing heavy itself.

A command has HELP, `add_arguments(parser)` and `run(settings, arguments)`, which answers the exit code.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from studio.cli import admin
from studio.cli import run as run_command
from studio.settings import Settings


class Command(Protocol):
    """A module of this folder."""

    @property
    def HELP(self) -> str:
        """A phrase for --help."""
        ...

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Its own arguments. One that stands before the command, such as --data, has the default SUPPRESS here."""
        ...

    def run(self, settings: Settings, arguments: argparse.Namespace) -> int:
        """Carry it out; the exit code."""
        ...


COMMANDS: Mapping[str, Command] = MappingProxyType({"admin": admin, "run": run_command})


def add_commands(parser: argparse.ArgumentParser) -> None:
    """The commands as choices of the parser; `command` is None where none is given."""
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, command in COMMANDS.items():
        command.add_arguments(choices.add_parser(name, help=command.HELP, description=command.HELP))
