"""Another program that holds the studio's database, as a viewer with an unsaved edit does: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("BEGIN " + sys.argv[2])
db.execute("INSERT OR REPLACE INTO settings (key, value) VALUES ('edited', '1')")
print("held", flush=True)
sys.stdin.read()
db.execute("ROLLBACK")
"""


@contextmanager
def locked(data: Path, how: str = "IMMEDIATE") -> Iterator[None]:
    """The database is held inside the block. how: IMMEDIATE or EXCLUSIVE."""
    command = [sys.executable, "-c", HOLD, str(data / "studio.db"), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.stdin.close()
            holder.wait(30)
