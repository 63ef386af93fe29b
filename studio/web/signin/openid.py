"""One OpenID provider: its metadata, its keys, codes exchanged for tokens, and ID tokens verified to the last claim.

Authlib speaks the protocol and joserfc checks signatures. Nothing here knows of cookies, accounts or pages.
Source: OpenID Connect Core 1.0 (3.1.3.7), Discovery 1.0 (4.3), RP-Initiated Logout 1.0, RFC 7636 (PKCE), RFC 9207.
"""

# pyright: basic
from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from studio.engines import strict_json
from studio.engines.addresses import ssl_context
from studio.engines.strict_json import rows
from studio.messages import Message
from studio.settings import is_loopback
from studio.web.signin.errors import SignInFailed

log = logging.getLogger(__name__)

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
"""Signatures that only the provider can make. Never `none`, and no HS*: its key is the client secret."""
METADATA_S = 3600.0
"""How long what the provider publishes about itself is used before it is read again."""
KEYS_PAUSE_S = 30.0
"""Keys are read again for a token with an unknown one, but not more often than this."""
LEEWAY_S = 60
"""How far the clocks of provider and studio may differ."""
TIMEOUT_S = 15.0
MAX_BYTES = 1 << 20
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
"""What a provider must publish; each lies under https like the issuer itself."""


@dataclass(frozen=True)
class Tokens:
    """What a sign-in gave, for this process's memory only. expires_at: of the access token, in Unix seconds."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    expires_at: float = 0.0


@dataclass(frozen=True)
class Identity:
    """A verified person. claims: of the ID token, completed by the user info of the same subject."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    tokens: Tokens


class OpenIdProvider:
    """Safe on one event loop. issuer: as the provider names itself; its metadata must say exactly the same."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, scopes: str = "openid profile email") -> None:
        self.issuer, self.client_id, self._secret = issuer.strip(), client_id, client_secret
        self.scopes = scopes if "openid" in scopes.split() else f"openid {scopes}"
        self._metadata: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._metadata_at = self._keys_at = -METADATA_S
        self._lock = asyncio.Lock()

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in. Raises SignInFailed where the provider cannot be reached."""
        metadata = await self.metadata()
        client = self._client(redirect_uri, "S256")
        url, _ = client.create_authorization_url(
            metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
        await client.aclose()
        return url

    async def check_issuer(self, given: str | None) -> None:
        """Raises SignInFailed for an answer in the name of another provider (RFC 9207)."""
        promised = (await self.metadata()).get("authorization_response_iss_parameter_supported") is True
        if given != self.issuer and (given is not None or promised):
            raise SignInFailed(Message("signin.other_issuer"))

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str, nonce: str) -> Identity:
        """The person for whom the provider gave this code. Raises SignInFailed."""
        metadata = await self.metadata()
        token = await self._token(
            metadata, redirect_uri, grant_type="authorization_code", code=code, code_verifier=verifier
        )
        if not isinstance(token.get("id_token"), str):
            raise SignInFailed(Message("signin.no_id_token"))
        claims = await self.verified(token["id_token"], nonce=nonce, access_token=token["access_token"])
        claims = await self._completed(metadata, claims, token["access_token"])
        return Identity(self.issuer, str(claims["sub"]), claims, _tokens(token))

    async def verified(self, id_token: str, *, nonce: str, access_token: str) -> dict[str, Any]:
        """The claims of an ID token that this provider signed for this client and this sign-in. Raises SignInFailed."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        try:
            token = await self._decoded(id_token)
            options: Any = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
                "sub": {"essential": True},
            }
            given = {"nonce": nonce, "client_id": self.client_id, "access_token": access_token}
            claims = CodeIDToken(token.claims, token.header, options, given)
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("an ID token of %s was refused: %s", self.issuer, type(error).__name__)
            raise SignInFailed(Message("signin.bad_token")) from None
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise SignInFailed(Message("signin.bad_token"))
        return dict(claims)

    async def refreshed(self, tokens: Tokens) -> Tokens:
        """New tokens for these; the provider may rotate the refresh token. Raises SignInFailed."""
        token = await self._token(
            await self.metadata(), "", grant_type="refresh_token", refresh_token=tokens.refresh, scope=self.scopes
        )
        new = _tokens(token)
        return Tokens(new.access, new.refresh or tokens.refresh, new.id_token or tokens.id_token, new.expires_at)

    async def logout_url(self, *, id_token: str, return_to: str) -> str | None:
        """Where the browser goes to sign out at the provider as well; None where it has no such address."""
        end = (await self.metadata()).get("end_session_endpoint")
        if not isinstance(end, str) or not self._allowed(end):
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": return_to}
        query |= {"id_token_hint": id_token} if id_token else {}
        return f"{end}{'&' if '?' in end else '?'}{urlencode(query)}"

    async def metadata(self) -> dict[str, Any]:
        """What the provider publishes about itself. Raises SignInFailed."""
        async with self._lock:
            if time.monotonic() - self._metadata_at > METADATA_S:
                read = await self._get_json(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if read.get("issuer") != self.issuer:
                    raise SignInFailed(Message("signin.issuer_differs", issuer=self.issuer))
                if not all(self._allowed(read.get(name)) for name in ENDPOINTS):
                    raise SignInFailed(Message("signin.bad_metadata", issuer=self.issuer))
                self._metadata, self._metadata_at = read, time.monotonic()
            return self._metadata

    def _allowed(self, url: object) -> bool:
        """Whether this may be an address of the provider: https, or like the issuer on this machine."""
        if not isinstance(url, str):
            return False
        parts = urlsplit(url)
        local = urlsplit(self.issuer).scheme == "http" and is_loopback(parts.hostname or "")
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))

    def _client(self, redirect_uri: str, challenge: str = "") -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        return AsyncOAuth2Client(
            self.client_id, self._secret or None, scope=self.scopes, redirect_uri=redirect_uri or None,
            code_challenge_method=challenge or None, verify=ssl_context(), timeout=TIMEOUT_S, follow_redirects=False,
            trust_env=False, token_endpoint_auth_method=self._auth_method(),
        )  # fmt: skip

    def _auth_method(self) -> str:
        """The secret in the form where the provider takes that, for there its signs need no encoding that providers
        disagree about; PKCE alone without a secret."""
        if not self._secret:
            return "none"
        listed = self._metadata.get("token_endpoint_auth_methods_supported") or ()
        return "client_secret_post" if "client_secret_post" in listed else "client_secret_basic"

    async def _token(self, metadata: Mapping[str, Any], redirect_uri: str, **form: str) -> dict[str, Any]:
        """The answer of the token endpoint. Raises SignInFailed; no answer is quoted, for it may hold tokens."""
        from authlib.common.errors import AuthlibBaseError
        from httpx2 import HTTPError

        try:
            async with self._client(redirect_uri) as client, asyncio.timeout(TIMEOUT_S):
                token = await client.fetch_token(metadata["token_endpoint"], redirect_uri=redirect_uri or None, **form)
        except AuthlibBaseError as error:
            log.warning("%s refused a sign-in: %s", self.issuer, str(error.error)[:100])
            raise SignInFailed(Message("signin.code_refused")) from None
        except (HTTPError, TimeoutError, ValueError, OSError) as error:
            log.warning("%s did not answer a sign-in: %s", self.issuer, type(error).__name__)
            raise SignInFailed(Message("signin.unreachable", issuer=self.issuer)) from None
        if not isinstance(token.get("access_token"), str) or str(token.get("token_type", "")).lower() != "bearer":
            raise SignInFailed(Message("signin.code_refused"))
        return dict(token)

    async def _decoded(self, id_token: str) -> Any:
        """The token, its signature checked; with new keys where the provider has changed its own."""
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        keys, read_now = await self._key_set()
        try:
            return jwt.decode(id_token, KeySet.import_key_set(keys), registry=registry)
        except (InvalidKeyIdError, BadSignatureError):
            if read_now or time.monotonic() - self._keys_at < KEYS_PAUSE_S:
                raise
        keys, _ = await self._key_set(anew=True)
        return jwt.decode(id_token, KeySet.import_key_set(keys), registry=registry)

    async def _key_set(self, *, anew: bool = False) -> tuple[Any, bool]:
        """The provider's public keys for signatures, and whether they were read just now."""
        if not anew and time.monotonic() - self._keys_at < METADATA_S:
            return self._keys, False
        read = await self._get_json((await self.metadata())["jwks_uri"])
        signing = [k for k in rows(read.get("keys")) if k.get("kty") != "oct" and k.get("use", "sig") == "sig"]
        self._keys, self._keys_at = {"keys": signing}, time.monotonic()
        return self._keys, True

    async def _completed(self, metadata: Mapping[str, Any], claims: dict[str, Any], access: str) -> dict[str, Any]:
        """The claims with those of the user info, which many providers keep groups and e-mail in. The signed ones
        count."""
        where = metadata.get("userinfo_endpoint")
        if not self._allowed(where):
            return claims
        said = await self._get_json(str(where), {"authorization": f"Bearer {access}"})
        if said.get("sub") != claims["sub"]:
            raise SignInFailed(Message("signin.bad_token"))
        return said | claims

    async def _get_json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object that the provider publishes. Raises SignInFailed."""
        import httpx

        try:
            async with (
                httpx.AsyncClient(verify=ssl_context(), timeout=TIMEOUT_S, follow_redirects=False) as client,
                asyncio.timeout(TIMEOUT_S),
                client.stream("GET", url, headers={"accept": "application/json", **(headers or {})}) as answer,
            ):
                answer.raise_for_status()
                body = bytearray()
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > MAX_BYTES:
                        raise ValueError("too long")
            return _object(bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, OSError) as error:
            log.warning("%s cannot be read: %s", url[:200], type(error).__name__)
            raise SignInFailed(Message("signin.unreachable", issuer=self.issuer)) from None


def _object(raw: bytes) -> dict[str, Any]:
    value = strict_json.read(raw)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _tokens(token: Mapping[str, Any]) -> Tokens:
    lasts = token.get("expires_in")
    lasts = float(lasts) if isinstance(lasts, int | float | str) and str(lasts).isdecimal() else 0.0
    text = {name: value for name in ("refresh_token", "id_token") if isinstance(value := token.get(name), str)}
    expires_at = time.time() + lasts if lasts else 0.0
    return Tokens(token["access_token"], text.get("refresh_token", ""), text.get("id_token", ""), expires_at)
