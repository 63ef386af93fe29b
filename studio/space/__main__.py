"""The command line: build a Space's folder, or check one. Exit code 1 where a check failed or the build was refused."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.errors import StudioError
from studio.space import zerogpu
from studio.space.check import check
from studio.space.findings import table
from studio.space.folder import build


def main(argv: list[str] | None = None) -> int:
    """Do what the arguments say; 0 where all is well."""
    arguments = _parser().parse_args(argv)
    try:
        return _build(arguments) if arguments.command == "build" else _check(arguments)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1


def _build(arguments: argparse.Namespace) -> int:
    preload = zerogpu.preload(arguments.zerogpu) if arguments.zerogpu else None
    folder = build(arguments.folder, sdk=arguments.sdk, preload=preload)
    print(f"The Space is in {folder}. Check it with: python -m studio.space check {folder}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    findings = list(check(arguments.folder, offline=arguments.offline, port=arguments.port))
    print(table(findings))
    failed = sum(finding.result == "failed" for finding in findings)
    print(f"\n{len(findings) - failed} of {len(findings)} checks passed or were skipped; {failed} failed.")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studio.space", description="The studio as a Hugging Face Space.")
    commands = parser.add_subparsers(dest="command", required=True)
    build_it = commands.add_parser("build", help="write the Space's folder")
    build_it.add_argument("folder", type=Path, help="an empty folder, or a clone of your Space")
    build_it.add_argument("--sdk", choices=("docker", "gradio"), default="docker")
    build_it.add_argument(
        "--zerogpu", nargs="+", metavar="MODEL", help="prepare for ZeroGPU with these weights, such as z-image-turbo"
    )
    check_it = commands.add_parser("check", help="check a folder, and start it as the Hub would")
    check_it.add_argument("folder", type=Path)
    check_it.add_argument("--offline", action="store_true", help="do not ask a package index")
    check_it.add_argument("--port", type=int, help="start it on this port instead of the Space's own")
    return parser


if __name__ == "__main__":
    sys.exit(main())
