"""`admin NAME`: make an administrator, or let one choose a new password, by a one-time link."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.errors import StudioError
from studio.settings import Settings

HELP = "make an administrator, or give one a new password, by a one-time link"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """NAME, and the data folder."""
    parser.add_argument("name", metavar="NAME", help="what the administrator signs in with")
    parser.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="the studio's data folder")


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the link; 0, or 1 after one sentence on standard error."""
    from studio.services.first_admin import make_admin

    try:
        print(make_admin(settings, arguments.name), flush=True)
    except StudioError as error:
        print(f"Wan Studio could not do this: {error}", file=sys.stderr)
        return 1
    return 0
