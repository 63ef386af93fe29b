"""A studio that no agent calls does not load the MCP library, though Gradio would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = """
import sys
import studio.web.app, gradio
from studio.web.routes import register
print(any(name.partition(".")[0] in ("mcp", "mcp_types") for name in sys.modules))
import studio.web.mcp.server
print("mcp" in sys.modules)
"""


def test_the_mcp_library_is_loaded_by_the_first_call_only() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["False", "True"], done.stderr
