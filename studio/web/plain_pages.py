"""Small pages without Gradio, for who has not signed in and for who cannot reach the studio: a template and its words.

The words of all languages are in the page, for who chose another one than the browser's; see assets/js/login.js.
"""

from __future__ import annotations

import json
from functools import cache
from html import escape
from string import Template

from studio.web.i18n import tables
from studio.web.static import ASSETS, asset_url

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@cache
def plain_page(template: str, area: str, keys: tuple[str, ...], language: str) -> str:
    """The page in one language. template: a file of assets/html, with $language, $assets, $words and the keys, which
    are words of this area."""
    words = {name: {key: table[f"{area}.{key}"] for key in keys} for name, table in tables().items()}
    shown = {key: escape(text) for key, text in words[language].items()}
    shown |= {"language": language, "assets": asset_url("").rstrip("/")}
    shown["words"] = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    return Template((ASSETS / "html" / template).read_text("utf-8")).substitute(shown)
