"""Sign-in at an OpenID provider: to it, back from it, and out at it as well.

What must come back is kept on the server (see attempts); the browser has one random cookie for each attempt. A person
is known by issuer and subject, never by name or e-mail, and every sign-in is a new session.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from studio.errors import NotAllowed
from studio.messages import Message, of_error
from studio.services.people import hashed
from studio.web.middleware.access import Authenticator
from studio.web.middleware.login import LOGIN_WORDS, SessionCookies
from studio.web.middleware.sign_in_pages import SignInPage, next_url
from studio.web.signin.attempts import LIFETIME_S, Attempts
from studio.web.signin.config import OpenIdConfig
from studio.web.signin.errors import SignInFailed
from studio.web.signin.membership import verified_email
from studio.web.signin.openid import Identity, OpenIdProvider

log = logging.getLogger(__name__)
START, CALLBACK = "/login/start", "/login/callback"
WORDS = ("signin.welcome", "signin.begin", "signin.with_password", *LOGIN_WORDS)
MAX_PARAMETER_CHARS = 4096
OnSignedIn = Callable[[str, str, Identity], None]
"""Called with the hash of the session's token, the person's id and who that is."""


class OpenIdMethod:
    """The provider, the attempts under way, and what is remembered of living sessions: their ID tokens, for a sign-out
    at the provider."""

    def __init__(
        self, config: OpenIdConfig, authenticator: Authenticator, *, frame_ancestors: tuple[str, ...] = ()
    ) -> None:
        self.config, self.authenticator, self._framed = config, authenticator, bool(frame_ancestors)
        self._cookies = SessionCookies(authenticator, framed=self._framed)
        self._page = SignInPage("signin.html", WORDS, frame_ancestors)
        self.provider = OpenIdProvider(config.issuer, config.client_id, config.client_secret, config.scopes)
        self._attempts = Attempts()
        self._id_tokens: dict[str, str] = {}
        self.on_signed_in: list[OnSignedIn] = []

    def router(self) -> APIRouter:
        """/login/start and /login/callback."""
        api = APIRouter(include_in_schema=False)

        @api.get(START)
        async def start(request: Request) -> Response:
            """To the provider."""
            try:
                return await self._start(request)
            except SignInFailed as error:
                return self._failed(request, error, 502)

        @api.get(CALLBACK)
        async def callback(request: Request) -> Response:
            """Back from the provider: a new session, or the reason why there is none."""
            try:
                return await self._finish(request)
            except (SignInFailed, NotAllowed) as error:
                return self._failed(request, error, 403)

        return api

    def sign_in_page(
        self, request: Request, error: str = "", status: int = 200, *, message: str | None = None
    ) -> Response:
        """The button that leads to the provider; below it the password, where an account has one."""
        has_password = any(person.has_password for person in self.authenticator.people.all())
        return self._page.response(
            request, error, status, message=message, provider=self.config.label, root=_root(request),
            hidden="" if has_password else " hidden", target="_blank" if self._framed else "_self",
        )  # fmt: skip

    def _failed(self, request: Request, error: Exception, status: int) -> Response:
        """The page with the reason why a sign-in failed."""
        return self.sign_in_page(request, status=status, message=of_error(error))

    async def sign_out(self, request: Request) -> Response:
        """Out of here, and where the provider can do that, out there: as a redirect, or as JSON for a script."""
        token = request.cookies.get(self.authenticator.cookie, "")
        id_token, known = self._id_tokens.pop(hashed(token), ""), bool(self.authenticator.key_of_session(request))
        target = f"{_root(request)}/login"
        if known and id_token:
            try:
                base = self._base(request) + _root(request)
                target = await self.provider.logout_url(id_token=id_token, return_to=f"{base}/login") or target
            except SignInFailed as error:
                log.warning("signed out here only: %s", error)
        wants_json = "application/json" in request.headers.get("accept", "")
        answer = JSONResponse({"next": target}) if wants_json else RedirectResponse(target, 303)
        await run_in_threadpool(self._cookies.sign_out, answer, request)
        return answer

    async def _start(self, request: Request) -> Response:
        back = f"{self._base(request)}{_root(request)}{CALLBACK}"
        attempt = self._attempts.begin(f"{_root(request)}/{next_url(request).removeprefix('./')}", back)
        url = await self.provider.authorization_url(
            redirect_uri=back, state=attempt.state, nonce=attempt.nonce, verifier=attempt.verifier
        )
        answer = RedirectResponse(url, 303, headers={"cache-control": "no-store"})
        answer.set_cookie(
            self._cookie(attempt.state), attempt.secret, max_age=int(LIFETIME_S), path=f"{_root(request)}{CALLBACK}",
            httponly=True, secure=back.startswith("https://"), samesite="lax",
        )  # fmt: skip
        return answer

    async def _finish(self, request: Request) -> Response:
        given = _parameters(request)
        state = given.get("state", "")
        attempt = self._attempts.finish(state, request.cookies.get(self._cookie(state), ""))
        if attempt is None:
            raise SignInFailed(Message("signin.not_begun"))
        await self.provider.check_issuer(given.get("iss"))
        if "error" in given or not given.get("code"):
            raise SignInFailed(Message("signin.refused_there", provider=self.config.label))
        identity = await self.provider.exchange(
            given["code"], redirect_uri=attempt.redirect_uri, verifier=attempt.verifier, nonce=attempt.nonce
        )
        person_id = await run_in_threadpool(self._person, identity)
        answer = RedirectResponse(attempt.next, 303, headers={"cache-control": "no-store"})
        answer.delete_cookie(self._cookie(state), path=f"{_root(request)}{CALLBACK}")
        token = await self._cookies.sign_in(answer, request, person_id, method=self.config.method)
        self._remember(hashed(token), identity.tokens.id_token)
        for listener in self.on_signed_in:
            await run_in_threadpool(listener, hashed(token), person_id, identity)
        return answer

    def _person(self, identity: Identity) -> str:
        """The account of this person, made at first sight. Raises SignInFailed for who may not enter; their sessions
        end."""
        people, claims, rule = self.authenticator.people, identity.claims, self.config.membership
        try:
            role = rule.role_of(claims)
        except SignInFailed:
            people.refuse_subject(identity.issuer, identity.subject)
            raise
        email = verified_email(claims)
        login = _first(claims, "preferred_username", "nickname") or email or identity.subject
        return people.person_of_subject(
            identity.issuer, identity.subject, login=login, role=role, name=_first(claims, "name"), email=email,
            keep_role=not rule.decides_role,
        ).id  # fmt: skip

    def _remember(self, session: str, id_token: str) -> None:
        self._id_tokens[session] = id_token
        while len(self._id_tokens) > 1000:
            self._id_tokens.pop(next(iter(self._id_tokens)))

    def _base(self, request: Request) -> str:
        """Scheme and host of the address that people use. Without a set one the studio is on this machine only, where
        the guard has seen to it that the host is."""
        return self.config.base or f"{request.url.scheme}://{request.url.netloc}"

    def _cookie(self, state: str) -> str:
        return f"{self.authenticator.cookie}_to_{''.join(c for c in state[:12] if c.isascii() and c.isalnum())}"


def _parameters(request: Request) -> dict[str, str]:
    """What the provider sent back. Raises SignInFailed for anything said twice or too long."""
    listed = request.query_params.multi_items()
    given = dict(listed)
    if len(given) != len(listed) or any(len(value) > MAX_PARAMETER_CHARS for value in given.values()):
        raise SignInFailed(Message("signin.not_begun"))
    return given


def _first(claims: Any, *names: str) -> str:
    """The first of these claims that is text."""
    return next((v.strip() for name in names if isinstance(v := claims.get(name), str) and v.strip()), "")


def _root(request: Request) -> str:
    """The path under which a proxy shows the studio; "" for none."""
    return str(request.scope.get("root_path", "")).rstrip("/")
