"""Who signed in with Hugging Face may let their account pay for Inference Providers: their token goes to the session's
keys, where it is renewed as long as the session lives."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr

from studio.services.lending import LEAST_ROLE
from studio.services.session_keys import HubToken
from studio.studio import Studio
from studio.web.signin.openid import Identity, OpenIdProvider, Tokens
from studio.web.signin.openid_method import OpenIdMethod

SCOPE = "inference-api"


def follow(method: OpenIdMethod, studio: Studio) -> None:
    """Pass on the token of everybody who signs in from now on. It pays at once for who may not use the studio's keys;
    others choose."""
    config = method.config

    def signed_in(session: str, person_id: str, identity: Identity) -> None:
        borrows = studio.people.actor(person_id).role.includes(LEAST_ROLE)
        studio.session_keys.set_hub(person_id, session, _token(identity.tokens), pays=not borrows)

    def _token(tokens: Tokens) -> HubToken:
        renew = (lambda: _token(_renewed(tokens))) if tokens.refresh else None
        return HubToken(SecretStr(tokens.access), tokens.expires_at, renew)

    def _renewed(tokens: Tokens) -> Tokens:
        provider = OpenIdProvider(config.issuer, config.client_id, config.client_secret, config.scopes)
        return asyncio.run(provider.refreshed(tokens))

    if SCOPE in config.scopes.split():
        method.on_signed_in.append(signed_in)
