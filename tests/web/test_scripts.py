"""The tests of our scripts, in tests/js, by node's own test runner: what they compute, without a browser."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.support.node import NODE

ROOT = Path(__file__).parents[2]


def test_the_scripts_tests_pass() -> None:
    files = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "tests" / "js").glob("*.test.js"))
    command = [*NODE, "--test", "--test-reporter=tap", "--test-timeout=20000", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed and int(passed[1]) >= len(files)
