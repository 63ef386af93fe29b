"""Our scripts, styles, icons and fonts: where they lie, which may be served, and their addresses."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "assets"
SERVED = ("css", "js", "icons", "fonts", "img")
WORDS = "i18n"
"""The folder of words, from which scripts are made."""
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webp": "image/webp",
    ".png": "image/png",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".ico": "image/x-icon",
}


@cache
def assets_digest() -> str:
    """Names the content of everything served from assets/ and of the words, so that a new version gets new ones."""
    digest = hashlib.sha256()
    for path in sorted(p for folder in (*SERVED, WORDS) for p in (ASSETS / folder).rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(ASSETS)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def asset_url(path: str) -> str:
    """The address of a file under assets/, relative to the page, e.g. asset_url("js/gallery.js"). Cached for ever."""
    return f"ui/assets/{assets_digest()}/{path}"
