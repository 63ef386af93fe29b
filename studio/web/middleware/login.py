"""The login page: it asks for the shared password, and gives the browser a session cookie.

Drawn here and not by Gradio: nothing of the studio is loaded before someone has signed in.
"""

from __future__ import annotations

import json
from functools import cache
from html import escape
from string import Template
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from studio.web.i18n import LANGUAGES, tables
from studio.web.middleware.access import SESSION_S, Authenticator, TooManyAttempts, address_of
from studio.web.middleware.security_headers import frame_rule
from studio.web.static import ASSETS, assets_digest

MESSAGE_KEYS = ("about", "password", "sign_in", "wrong", "too_many")
MAX_FORM_BYTES = 8192
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
)


def router(authenticator: Authenticator | None, *, frame_ancestors: tuple[str, ...] = ()) -> APIRouter:
    """/login and /logout. authenticator: None where no password is asked; the pages then lead to the studio."""
    api = APIRouter(include_in_schema=False)
    pages = _LoginPages(frame_ancestors)

    @api.get("/login")
    def form(request: Request) -> Response:
        """The form, or straight on for who is in already."""
        if authenticator is None or authenticator.is_signed_in(request):
            return RedirectResponse(_next_url(request), 303)
        return pages.page(request)

    @api.post("/login")
    async def sign_in(request: Request) -> Response:
        """A session for the right password; the form again, with the reason, for another."""
        if authenticator is None:
            return RedirectResponse(_next_url(request), 303)
        try:
            if not await authenticator.check(await _password(request), address_of(request)):
                return pages.page(request, "wrong", 401)
        except TooManyAttempts as error:
            answer = pages.page(request, "too_many", 429)
            answer.headers["retry-after"] = str(error.retry_s)
            return answer
        answer = RedirectResponse(_next_url(request), 303)
        pages.set_cookie(answer, request, authenticator)
        return answer

    @api.post("/logout")
    def sign_out(request: Request) -> Response:
        """The session ends here and in the browser."""
        answer = RedirectResponse("login", 303)
        if authenticator is not None:
            authenticator.sessions.revoke(request.cookies.get(authenticator.cookie, ""))
            answer.delete_cookie(authenticator.cookie)
        return answer

    return api


class _LoginPages:
    """frame_ancestors: sites that may show the page in a frame, where a cookie must be made for that."""

    def __init__(self, frame_ancestors: tuple[str, ...]) -> None:
        self.framed, self.policy = bool(frame_ancestors), POLICY + frame_rule(frame_ancestors)

    def page(self, request: Request, error: str = "", status: int = 200) -> HTMLResponse:
        """The form in the reader's language. error: one of WORDS."""
        language = _language(request)
        words = tables()[language]
        shown = {name: escape(words[f"access.{name}"]) for name in MESSAGE_KEYS}
        shown |= {"language": language, "assets": f"ui/assets/{assets_digest()}", "words": _translations()}
        alert = f'<p class="error" id="error" role="alert" data-word="{error}">{shown.get(error)}</p>'
        shown |= {"error": alert if error else "", "query": escape(_query(request))}
        shown["described"] = ' aria-invalid="true" aria-describedby="error"' if error else ""
        headers = {"content-security-policy": self.policy, "cache-control": "no-store"}
        return HTMLResponse(_template().substitute(shown), status, headers=headers)

    def set_cookie(self, answer: Response, request: Request, authenticator: Authenticator) -> None:
        """Put the cookie of a new session on the answer."""
        secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
        answer.set_cookie(
            authenticator.cookie,
            authenticator.sessions.create(),
            max_age=SESSION_S,
            httponly=True,
            secure=secure or self.framed,
            samesite="none" if self.framed else "lax",
        )


async def _password(request: Request) -> bytes:
    """The password as it was typed; empty for a body that is not the form's."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            return b""
    fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="surrogateescape")
    return fields.get("password", [""])[0].encode("utf-8", "surrogateescape")


def _next_url(request: Request) -> str:
    """Where to go once in: an address of this studio, never of another."""
    parts = urlsplit(request.query_params.get("next", ""))
    is_local = not parts.scheme and not parts.netloc and parts.path in ("", "/")
    query = f"?{quote(parts.query, safe='=&%+-_.~,:')}" if is_local and parts.query else ""
    return f"./{query}"


def _query(request: Request) -> str:
    next_url = request.query_params.get("next", "")
    return f"?next={quote(next_url, safe='')}" if next_url else ""


def _language(request: Request) -> str:
    first = request.headers.get("accept-language", "").partition(",")[0].strip().lower()
    return "zh-CN" if first.startswith("zh") else "en"


@cache
def _template() -> Template:
    return Template((ASSETS / "html" / "login.html").read_text("utf-8"))


@cache
def _translations() -> str:
    """The page's words in every language, for who chose another than the browser's. Safe inside of a script element."""
    words = {language: {name: tables()[language][f"access.{name}"] for name in MESSAGE_KEYS} for language in LANGUAGES}
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
