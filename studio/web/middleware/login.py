"""/login, /join and /logout: a password, or a one-time link, becomes a session in a cookie."""

from __future__ import annotations

from typing import Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from studio.errors import CapabilityError, NotAllowed
from studio.services.people import People
from studio.settings import BOOTSTRAP_LOGIN
from studio.web.middleware.access import SESSION_S, Authenticator, TooManyAttempts, address_of
from studio.web.middleware.sign_in_pages import SignInPage, form_fields, next_url

LOGIN_WORDS = ("about", "login", "password", "sign_in", "wrong", "too_many", "no_account", "show", "hide")
JOIN_WORDS = (
    *("join_title", "join_about", "new_password", "password_rule", "join", "link_over", "bad_password", "about"),
    *("login", "show", "hide", "length_short", "length_fair", "length_good"),
)


class Elsewhere(Protocol):
    """A way to sign in elsewhere, which has a page of its own and its own way out."""

    def sign_in_page(self, request: Request, error: str = "", status: int = 200) -> Response:
        """The page. error: one of LOGIN_WORDS."""
        ...

    async def sign_out(self, request: Request) -> Response:
        """End the session here, and there."""
        ...


def router(
    authenticator: Authenticator | None, *, frame_ancestors: tuple[str, ...] = (), elsewhere: Elsewhere | None = None
) -> APIRouter:
    """The routes. authenticator: None for a studio without accounts; the pages then lead to the studio."""
    api = APIRouter(include_in_schema=False)
    if authenticator is None:
        _without_accounts(api)
    else:
        cookies = SessionCookies(authenticator, framed=bool(frame_ancestors))
        _login(api, authenticator, cookies, SignInPage("login.html", LOGIN_WORDS, frame_ancestors), elsewhere)
        _join(api, authenticator, cookies, SignInPage("join.html", JOIN_WORDS, frame_ancestors))
    return api


class SessionCookies:
    """Puts sessions into browsers and takes them away. framed: other sites may show the studio in a frame, for which
    a cookie must be made."""

    def __init__(self, authenticator: Authenticator, *, framed: bool) -> None:
        self._authenticator, self._framed = authenticator, framed

    async def sign_in(self, answer: Response, request: Request, person_id: str, *, method: str) -> str:
        """A new session, whatever the browser had before: a session that somebody else planted is of no use. Its
        token."""
        people = self._authenticator.people
        old, device = request.cookies.get(self._authenticator.cookie, ""), request.headers.get("user-agent", "")
        if old:
            await run_in_threadpool(people.sign_out, old)
        token = await run_in_threadpool(
            people.sign_in, person_id, method=method, device=device, address=address_of(request)
        )
        secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
        answer.set_cookie(
            self._authenticator.cookie,
            token,
            max_age=SESSION_S,
            httponly=True,
            secure=secure or self._framed,
            samesite="none" if self._framed else "lax",
        )
        return token

    def sign_out(self, answer: Response, request: Request) -> None:
        """The session ends here and in the browser."""
        self._authenticator.people.sign_out(request.cookies.get(self._authenticator.cookie, ""))
        answer.delete_cookie(self._authenticator.cookie)


def _without_accounts(api: APIRouter) -> None:
    @api.api_route("/login", methods=["GET", "POST"])
    def enter(request: Request) -> Response:
        return RedirectResponse(next_url(request), 303)

    @api.post("/logout")
    def leave() -> Response:
        return RedirectResponse("login", 303)


def _login(
    api: APIRouter, authenticator: Authenticator, cookies: SessionCookies, page: SignInPage, elsewhere: Elsewhere | None
) -> None:
    def form(request: Request, error: str = "", status: int = 200, login: str = "") -> Response:
        if elsewhere is not None:
            return elsewhere.sign_in_page(request, error, status)
        accounts = authenticator.people.all()
        if not accounts:
            error = error or "no_account"
        only_admin = [p.login for p in accounts] == [BOOTSTRAP_LOGIN]
        values = {"hidden": " hidden" if only_admin else "", "given": BOOTSTRAP_LOGIN if only_admin else login[:100]}
        return page.response(request, error, status, **values)

    @api.get("/login")
    def sign_in_page(request: Request) -> Response:
        """The form, or straight on for who is in already."""
        if authenticator.key_of_session(request):
            return RedirectResponse(next_url(request), 303)
        return form(request)

    @api.post("/login")
    async def sign_in(request: Request) -> Response:
        """A session for the right password; the form again, with the reason, for another."""
        fields = await form_fields(request)
        login = fields.get("login", "") or BOOTSTRAP_LOGIN
        password = fields.get("password", "").encode("utf-8", "surrogateescape")
        try:
            person_id = await authenticator.check(login, password, address_of(request))
        except TooManyAttempts as error:
            answer = await run_in_threadpool(form, request, "too_many", 429, login)
            answer.headers["retry-after"] = str(error.retry_s)
            return answer
        if person_id is None:
            return await run_in_threadpool(form, request, "wrong", 401, login)
        answer = RedirectResponse(next_url(request), 303)
        await cookies.sign_in(answer, request, person_id, method="password")
        return answer

    @api.post("/logout")
    async def sign_out(request: Request) -> Response:
        if elsewhere is not None:
            return await elsewhere.sign_out(request)
        answer = RedirectResponse("login", 303)
        await run_in_threadpool(cookies.sign_out, answer, request)
        return answer


def _join(api: APIRouter, authenticator: Authenticator, cookies: SessionCookies, page: SignInPage) -> None:
    people: People = authenticator.people

    @api.get("/join")
    def join_page(request: Request) -> Response:
        """The form. The token stays in the fragment of the address, which no server and no log sees."""
        return page.response(request)

    @api.post("/join")
    async def join(request: Request) -> Response:
        """A password for the person whom the link is for, who is then signed in."""
        fields = await form_fields(request)
        try:
            authenticator.check_rate(request)
            person = await run_in_threadpool(people.join, fields.get("token", ""), fields.get("password", ""))
        except TooManyAttempts:
            return page.response(request, "link_over", 429)
        except CapabilityError:
            return page.response(request, "bad_password", 422)
        except NotAllowed:
            authenticator.count_wrong(request)
            return page.response(request, "link_over", 403)
        answer = RedirectResponse("./", 303)
        await cookies.sign_in(answer, request, person.id, method="password")
        return answer
