"""The pages for who has not signed in, drawn here and not by Gradio: nothing of the studio is loaded before."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from string import Template
from urllib.parse import parse_qs, quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse

from studio.messages import Message, worded
from studio.web.i18n import LANGUAGES, tables
from studio.web.middleware.security_headers import frame_rule
from studio.web.static import ASSETS, assets_digest

MAX_FORM_BYTES = 8192
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
)


class SignInPage:
    """One page. template: a file of assets/html. keys: its words, ids of the table access, or of another as table.id.

    frame_ancestors: sites that may show the page in a frame.
    """

    def __init__(self, template: str, keys: tuple[str, ...], frame_ancestors: tuple[str, ...] = ()) -> None:
        self._template, self._keys = template, keys
        self._policy = POLICY + frame_rule(frame_ancestors)

    def response(
        self, request: Request, error: str = "", status: int = 200, *, message: str | None = None, **values: str
    ) -> HTMLResponse:
        """The form in the reader's language. error: one of the keys. message: a sentence in the place of one. values:
        what the template names besides."""
        language = _language(request)
        translations = _with_message(_translations(self._keys), message)
        shown = {name: escape(word) for name, word in translations[language].items()}
        error = "message" if message else error
        shown |= {"language": language, "assets": f"ui/assets/{assets_digest()}", "words": _in_script(translations)}
        alert = f'<p class="error" id="error" role="alert" data-word="{error}">{shown.get(error)}</p>'
        shown |= {"error": alert if error else "", "query": escape(query_of(request))}
        shown["described"] = ' aria-invalid="true" aria-describedby="error"' if error else ""
        shown |= {name: escape(value) for name, value in values.items()}
        headers = {"content-security-policy": self._policy, "cache-control": "no-store"}
        return HTMLResponse(_read(self._template).substitute(shown), status, headers=headers)


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a posted form; none for a body that is too long to be one. Broken text keeps its bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            return {}
    fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="surrogateescape")
    return {name: values[0] for name, values in fields.items()}


def next_url(request: Request) -> str:
    """Where to go once in: an address of this studio, never of another."""
    parts = urlsplit(request.query_params.get("next", ""))
    is_local = not parts.scheme and not parts.netloc and parts.path in ("", "/")
    query = f"?{quote(parts.query, safe='=&%+-_.~,:')}" if is_local and parts.query else ""
    return f"./{query}"


def query_of(request: Request) -> str:
    """The query that keeps where to go once in."""
    target = request.query_params.get("next", "")
    return f"?next={quote(target, safe='')}" if target else ""


def _language(request: Request) -> str:
    first = request.headers.get("accept-language", "").partition(",")[0].strip().lower()
    return "zh-CN" if first.startswith("zh") else "en"


@cache
def _read(template: str) -> Template:
    return Template((ASSETS / "html" / template).read_text("utf-8"))


@cache
def _translations(keys: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """The page's words in every language, for who chose another than the browser's."""
    ids = {key.rpartition(".")[2]: key if "." in key else f"access.{key}" for key in keys}
    return {language: {name: tables()[language][id_] for name, id_ in ids.items()} for language in LANGUAGES}


def _with_message(words: dict[str, dict[str, str]], message: str | None) -> dict[str, dict[str, str]]:
    if message is None:
        return words
    said = {language: worded(message, language) if isinstance(message, Message) else message for language in words}
    return {language: of_language | {"message": said[language]} for language, of_language in words.items()}


def _in_script(words: dict[str, dict[str, str]]) -> str:
    """Safe inside of a script element."""
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
