"""Imports Gradio without the MCP library, for whoever imports this first.

Where `mcp` is installed, gradio.mcp imports it for a server of Gradio's own, which the studio does not start. That
would cost each start half a second and 20 MB; it does without where none is found. Source: gradio 6.31, gradio/mcp.py.
"""

from __future__ import annotations

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
if "mcp" not in _modules and "gradio" not in _modules:
    _modules["mcp"] = None  # how Python remembers that there is no such module
    try:
        import gradio  # noqa: F401
    finally:
        del _modules["mcp"]
