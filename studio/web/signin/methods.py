"""The way to sign in that the settings chose, with all that the web application needs of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from studio.services.people import People
from studio.services.visitors import Visitors
from studio.settings import Settings
from studio.web.middleware.access import Authenticator, IdentitySources
from studio.web.signin import config
from studio.web.signin.config import OpenIdConfig, ProxyConfig
from studio.web.signin.openid_method import CALLBACK, START, OpenIdMethod
from studio.web.signin.proxy import ProxyHeader, ProxyMethod
from studio.web.signin.visitors import VisitorCookies


@dataclass(frozen=True)
class SignIn:
    """identity_sources: for the access middleware. openid: the provider, where people sign in at one. routes: of it."""

    identity_sources: IdentitySources = field(default_factory=IdentitySources)
    openid: OpenIdMethod | None = None
    routes: Sequence[BaseRoute] = ()
    proxy: ProxyConfig | None = None

    def outermost(self, app: ASGIApp) -> ASGIApp:
        """The application with what must come before anything that reads forwarded addresses."""
        return ProxyHeader(app, self.proxy) if self.proxy else app


def build(settings: Settings, authenticator: Authenticator | None, people: People, visitors: Visitors) -> SignIn:
    """The chosen way. Raises SettingsError."""
    chosen = config.of(settings)
    if authenticator is None or chosen is None:
        return SignIn()
    if isinstance(chosen, ProxyConfig):
        return SignIn(IdentitySources(proxy=ProxyMethod(chosen, people)), proxy=chosen)
    return _openid(chosen, settings, authenticator, visitors)


def _openid(chosen: OpenIdConfig, settings: Settings, authenticator: Authenticator, visitors: Visitors) -> SignIn:
    method = OpenIdMethod(chosen, authenticator, frame_ancestors=settings.frame_ancestors)
    cookie = authenticator.cookie.replace("session", "visitor")
    framed = bool(settings.frame_ancestors)
    cookies = VisitorCookies(visitors, cookie=cookie, framed=framed) if chosen.visitors else None
    return SignIn(IdentitySources(frozenset({START, CALLBACK}), visitors=cookies), method, method.router().routes)
