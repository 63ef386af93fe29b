"""Which words a script of ours needs: the areas that it asks for with t("area.…"), itself and all that it imports."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from studio.web.static import ASSETS

IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*(\(?)\s*["'](\.{1,2}/[\w./-]+\.js)["']""")
WORD = re.compile(r"""\b(?:t|studioText)\(\s*["'`]([a-z_]+)\.""")
SCRIPTS = ASSETS / "js"


@cache
def scripts_of(name: str, *, later: bool = True) -> frozenset[Path]:
    """The script of this name below assets/js, with every script that it imports, directly or not. later: also those
    that are imported only when they are needed."""
    found, waiting = set[Path](), [(SCRIPTS / name).resolve()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            imports = IMPORT.findall(path.read_text("utf-8"))
            waiting += [(path.parent / other).resolve() for call, other in imports if later or not call]
    return frozenset(found)


@cache
def areas_of(name: str) -> frozenset[str]:
    """The areas of assets/i18n that this script and what it imports ask for."""
    return frozenset(area for path in scripts_of(name) for area in WORD.findall(path.read_text("utf-8")))
