"""The syntax tree of a source file, for tests that read the code."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax. Without the collector: objects finalised while Python 3.11 builds the tree break its count of
    the depth (SystemError: AST constructor recursion depth mismatch)."""
    gc.disable()
    try:
        return ast.parse(path.read_text("utf-8"))
    finally:
        gc.enable()
