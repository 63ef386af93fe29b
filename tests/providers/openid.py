"""An OpenID provider as a local server: discovery, authorization code with PKCE, signed ID tokens, user info, logout.

It checks what a real provider checks: client, redirect address, verifier, one use of a code. `spoil` says how the next
answers go wrong, for attacks. Keys are real RSA keys, and `rotate` changes them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from tests.providers.http_server import Call, HttpServer, Reply, as_json

JSON = dict[str, Any]


@cache
def rsa(number: int) -> RSAKey:
    """Making one takes a tenth of a second, so all tests share a few. number: tells them apart."""
    return RSAKey.generate_key(2048, {"kid": f"key-{number}", "use": "sig", "alg": "RS256"}, private=True)


def _signed(header: JSON, claims: JSON, sign: Callable[[bytes], bytes]) -> str:
    """A token as no honest library would make it."""
    text = b".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return (text + b"." + _base64(sign(text))).decode()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


class OpenIdServer(HttpServer):
    """Topics: discovery, keys, authorize, token, userinfo, end_session, other.

    person: the claims of who signs in next. private_claims: those that only the user info has. header, claims: put
    over those of the next ID tokens. spoil: "none" (unsigned), "client-secret" (HS256 with the client's secret),
    "public-key" (HS256 with the public key as the secret), "foreign-key" (signed by a key that it does not publish).
    promises_issuer: says that it names itself in answers. named: how it names itself there; None leaves that out.
    refuses: an error in the place of a code.
    """

    CLIENT, SECRET = "studio-client", "the-secret-of-the-studio-0123456789"

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.person: JSON = {"sub": "248289761001", "name": "Ada", "preferred_username": "ada"}
        self.private_claims: JSON = {"email": "ada@film.example", "email_verified": True}
        self.header: JSON = {}
        self.claims: JSON = {}
        self.spoil = ""
        self.promises_issuer, self.named, self.refuses = True, "issuer", ""
        self.access_prefix, self.lasts_s = "access-", 3600
        self.key_number = 1
        self.issuer_said = ""
        self.codes: dict[str, JSON] = {}
        self.used: set[str] = set()
        self.access: dict[str, JSON] = {}
        self.refreshes: dict[str, JSON] = {}
        self.ended: list[dict[str, str]] = []
        self.asked: list[dict[str, str]] = []

    @property
    def issuer(self) -> str:
        return self.url

    def rotate(self, number: int) -> None:
        """Sign with another key from now on; only that is published."""
        self.key_number = number

    def topic(self, call: Call) -> str:
        return {
            "/.well-known/openid-configuration": "discovery", "/jwks": "keys", "/authorize": "authorize",
            "/token": "token", "/userinfo": "userinfo", "/end": "end_session",
        }.get(call.path, "other")  # fmt: skip

    async def answer(self, call: Call, topic: str) -> Reply:
        return getattr(self, f"_{topic}")(call)

    def _other(self, call: Call) -> Reply:
        return as_json({"error": "not_found"}, 404)

    def _discovery(self, call: Call) -> Reply:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo", "end_session": "end"}
        return as_json(
            {f"{name}_endpoint": f"{self.url}/{path}" for name, path in ends.items()}
            | {
                "issuer": self.issuer_said or self.issuer, "jwks_uri": f"{self.url}/jwks",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": self.promises_issuer,
            }
        )  # fmt: skip

    def _keys(self, call: Call) -> Reply:
        return as_json({"keys": [rsa(self.key_number).as_dict(private=False)]})

    def _authorize(self, call: Call) -> Reply:
        """The person agrees at once."""
        asked = call.query
        self.asked.append(asked)
        wrong = asked.get("client_id") != self.CLIENT or asked.get("response_type") != "code"
        if wrong or asked.get("code_challenge_method") != "S256" or not asked.get("redirect_uri"):
            return as_json({"error": "invalid_request"}, 400)
        back = {"state": asked.get("state", "")}
        if self.refuses:
            back |= {"error": self.refuses}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = {**asked, "person": dict(self.person), "private": dict(self.private_claims)}
            back |= {"code": code}
        if self.named is not None:
            back |= {"iss": self.issuer if self.named == "issuer" else self.named}
        sign = "&" if "?" in asked["redirect_uri"] else "?"
        return Reply(302, headers={"location": f"{asked['redirect_uri']}{sign}{urlencode(back)}"})

    def _token(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode()))
        if not self._is_client(call, form):
            return as_json({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            granted = self.refreshes.pop(form.get("refresh_token", ""), None)
            return as_json(self._issued(granted)) if granted else as_json({"error": "invalid_grant"}, 400)
        code = form.get("code", "")
        granted = self.codes.get(code)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            granted is None
            or code in self.used
            or granted["redirect_uri"] != form.get("redirect_uri")
            or base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != granted["code_challenge"]
        ):
            return as_json({"error": "invalid_grant"}, 400)
        self.used.add(code)
        return as_json(self._issued(granted))

    def _is_client(self, call: Call, form: dict[str, str]) -> bool:
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            return base64.b64decode(given).decode() == f"{self.CLIENT}:{self.SECRET}"
        return (form.get("client_id"), form.get("client_secret")) == (self.CLIENT, self.SECRET)

    def _issued(self, granted: JSON) -> JSON:
        access, refresh = self.access_prefix + secrets.token_urlsafe(16), "refresh-" + secrets.token_urlsafe(16)
        self.access[access], self.refreshes[refresh] = granted, granted
        return {
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.lasts_s,
            "id_token": self._id_token(granted),
        }  # fmt: skip

    def _id_token(self, granted: JSON) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.CLIENT, "iat": now, "exp": now + 600, "nonce": granted.get("nonce")}
        claims |= granted["person"] | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        key = rsa(self.key_number)
        header = {"alg": "RS256", "kid": f"key-{self.key_number}"} | self.header
        if self.spoil == "none":
            return _signed({"alg": "none"} | self.header, claims, lambda _: b"")
        if self.spoil in ("client-secret", "public-key"):
            secret = self.SECRET.encode() if self.spoil == "client-secret" else key.as_pem(private=False)
            return _signed(header | {"alg": "HS256"}, claims, lambda text: hmac.digest(secret, text, "sha256"))
        if self.spoil == "foreign-key":
            key = rsa(99)
        known = JWSRegistry(header_registry={"x": HeaderParameter("x", "int")})
        return jwt.encode(header, claims, key, registry=known)

    def _userinfo(self, call: Call) -> Reply:
        granted = self.access.get(call.headers.get("authorization", "").removeprefix("Bearer "))
        return as_json(granted["person"] | granted["private"]) if granted else as_json({"error": "invalid_token"}, 401)

    def _end_session(self, call: Call) -> Reply:
        self.ended.append(call.query)
        return Reply(302, headers={"location": call.query.get("post_logout_redirect_uri", "/")})
