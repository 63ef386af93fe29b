"""Hold a test run's skips against the list: `check_skips.py REPORT.xml PART`, PART being a table of skips.toml.

Exit 1 when a reason is not listed, or is given more often than the list allows. pytest --junitxml writes REPORT.xml.
"""

from __future__ import annotations

import re
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path


def main(report: str, part: str) -> int:
    allowed: dict[str, int] = tomllib.loads(Path(__file__).with_name("skips.toml").read_text("utf-8"))[part]
    reasons = [skip.get("message", "") for skip in ET.parse(report).iter("skipped")]  # noqa: S314 - our own run wrote it
    counts = Counter(next((known for known in allowed if re.match(known, reason)), reason) for reason in reasons)
    faults = [f"{n} x {reason}" for reason, n in counts.items() if n > allowed.get(reason, 0)]
    for reason, n in counts.items():
        print(f"skipped {n} (at most {allowed.get(reason, 0)}): {reason}")
    if faults:
        print("More skips than .ci/skips.toml allows:", *faults, sep="\n  ", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
