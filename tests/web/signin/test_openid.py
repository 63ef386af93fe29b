"""An ID token counts when this provider signed it, for this client, for this sign-in, and lately; nothing else does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from studio.web.signin import openid
from studio.web.signin.attempts import LIFETIME_S, MAX_ATTEMPTS, Attempts
from studio.web.signin.errors import SignInFailed
from studio.web.signin.openid import Identity, OpenIdProvider
from tests.providers.openid import OpenIdServer

BACK = "https://studio.example/login/callback"


@pytest.fixture
def server() -> Iterator[OpenIdServer]:
    with OpenIdServer() as running:
        yield running


@pytest.fixture
def provider(server: OpenIdServer) -> OpenIdProvider:
    return OpenIdProvider(server.issuer, server.CLIENT, server.SECRET)


async def code_of(provider: OpenIdProvider, *, nonce: str = "n1", verifier: str = "v" * 50) -> str:
    url = await provider.authorization_url(redirect_uri=BACK, state="s1", nonce=nonce, verifier=verifier)
    async with httpx.AsyncClient() as browser:
        back = (await browser.get(url)).headers["location"]
    return parse_qs(urlsplit(back).query)["code"][0]


def sign_in(provider: OpenIdProvider, *, nonce: str = "n1", verifier: str = "v" * 50) -> Identity:
    async def go() -> Identity:
        code = await code_of(provider)
        return await provider.exchange(code, redirect_uri=BACK, verifier=verifier, nonce=nonce)

    return asyncio.run(go())


def test_a_person_is_who_the_signed_token_and_the_user_info_say(provider: OpenIdProvider, server: OpenIdServer) -> None:
    found = sign_in(provider)
    assert (found.issuer, found.subject) == (server.issuer, "248289761001")
    assert found.claims["email"] == "ada@film.example"
    (asked,) = server.asked
    assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
    assert found.tokens.expires_at > time.time() + 3000
    assert found.tokens.access not in repr(found)


NOW = int(time.time())
FORGED: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "another audience": {"claims": {"aud": "another-client"}},
    "no audience": {"claims": {"aud": None}},
    "several audiences without azp": {"claims": {"aud": ["studio-client", "another-client"]}},
    "azp of another client": {"claims": {"azp": "another-client"}},
    "expired": {"claims": {"exp": NOW - 3600}},
    "no expiry": {"claims": {"exp": None}},
    "issued in the future": {"claims": {"iat": NOW + 3600}},
    "not yet valid": {"claims": {"nbf": NOW + 3600}},
    "another nonce": {"claims": {"nonce": "n2"}},
    "no nonce": {"claims": {"nonce": None}},
    "no subject": {"claims": {"sub": None}},
    "a subject that is no text": {"claims": {"sub": 5}},
    "hash of another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "alg none": {"spoil": "none"},
    "alg none with a kid": {"spoil": "none", "header": {"kid": "key-1"}},
    "HS256 with the client secret": {"spoil": "client-secret"},
    "HS256 with the public key": {"spoil": "public-key"},
    "signed by a foreign key under our kid": {"spoil": "foreign-key"},
    "signed by a foreign key, unknown kid": {"spoil": "foreign-key", "header": {"kid": "key-99"}},
    "unknown critical header": {"header": {"crit": ["x"], "x": 1}},
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_id_token_is_refused(provider: OpenIdProvider, server: OpenIdServer, case: str) -> None:
    for name, value in FORGED[case].items():
        setattr(server, name, value)
    with pytest.raises(SignInFailed, match="could not be verified"):
        sign_in(provider)


def test_several_audiences_are_fine_where_azp_names_this_client(provider: OpenIdProvider, server: OpenIdServer) -> None:
    server.claims = {"aud": ["studio-client", "another"], "azp": "studio-client"}
    assert sign_in(provider).subject


def test_a_code_counts_once_and_only_with_its_verifier(provider: OpenIdProvider, server: OpenIdServer) -> None:
    async def twice() -> None:
        code = await code_of(provider)
        with pytest.raises(SignInFailed, match="did not accept"):
            await provider.exchange(code, redirect_uri=BACK, verifier="w" * 50, nonce="n1")
        await provider.exchange(code, redirect_uri=BACK, verifier="v" * 50, nonce="n1")
        with pytest.raises(SignInFailed, match="did not accept"):
            await provider.exchange(code, redirect_uri=BACK, verifier="v" * 50, nonce="n1")

    asyncio.run(twice())


def test_new_keys_of_the_provider_are_read_and_old_ones_count_no_more(
    provider: OpenIdProvider, server: OpenIdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "KEYS_PAUSE_S", 0.0)

    async def go() -> None:
        async def one() -> Identity:
            return await provider.exchange(await code_of(provider), redirect_uri=BACK, verifier="v" * 50, nonce="n1")

        await one()
        await one()
        assert server.calls["keys"] == 1
        server.rotate(2)
        await one()
        assert server.calls["keys"] == 2
        server.header = {"kid": "key-1"}  # the old key's name, over the new one's signature
        with pytest.raises(SignInFailed):
            await one()

    asyncio.run(go())


def test_keys_are_not_read_again_for_every_bad_token(provider: OpenIdProvider, server: OpenIdServer) -> None:
    async def go() -> None:
        await provider.exchange(await code_of(provider), redirect_uri=BACK, verifier="v" * 50, nonce="n1")
        server.header = {"kid": "no such key"}
        for _ in range(3):
            with pytest.raises(SignInFailed):
                await provider.exchange(await code_of(provider), redirect_uri=BACK, verifier="v" * 50, nonce="n1")

    asyncio.run(go())
    assert server.calls["keys"] == 1


@pytest.mark.parametrize(
    ("named", "promises", "good"),
    [("issuer", True, True), (None, False, True), (None, True, False), ("https://evil.example", False, False)],
)
def test_an_answer_in_the_name_of_another_provider_is_refused(
    server: OpenIdServer, provider: OpenIdProvider, named: str | None, promises: bool, good: bool
) -> None:
    """A mix-up of two providers: the code of one must not be sent to the other."""
    server.promises_issuer = promises
    given = server.issuer if named == "issuer" else named
    if good:
        asyncio.run(provider.check_issuer(given))
    else:
        with pytest.raises(SignInFailed, match="another provider"):
            asyncio.run(provider.check_issuer(given))


def test_metadata_in_another_name_is_refused(server: OpenIdServer, provider: OpenIdProvider) -> None:
    server.issuer_said = f"{server.url}/"
    with pytest.raises(SignInFailed, match="STUDIO_OIDC_ISSUER"):
        sign_in(provider)


def test_a_provider_that_is_away_is_a_sentence(server: OpenIdServer, provider: OpenIdProvider) -> None:
    server.stop()
    with pytest.raises(SignInFailed, match="cannot be reached"):
        sign_in(provider)


def test_tokens_are_refreshed_and_the_refresh_token_rotates(provider: OpenIdProvider, server: OpenIdServer) -> None:
    async def go() -> None:
        first = (
            await provider.exchange(await code_of(provider), redirect_uri=BACK, verifier="v" * 50, nonce="n1")
        ).tokens
        second = await provider.refreshed(first)
        assert second.access != first.access and second.refresh != first.refresh
        with pytest.raises(SignInFailed):
            await provider.refreshed(first)

    asyncio.run(go())


def test_an_attempt_counts_once_in_its_own_browser_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Attempts()
    made, other = kept.begin("/?run=r_1", BACK), kept.begin("/", BACK)
    assert kept.finish("forged", made.secret) is None
    assert kept.finish(made.state, other.secret) is None  # another browser's cookie
    assert kept.finish(made.state, made.secret) is None  # and with that it is over
    assert kept.finish(other.state, other.secret) == other
    assert kept.finish(other.state, other.secret) is None
    late, clock = kept.begin("/", BACK), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: clock + LIFETIME_S + 1)
    assert kept.finish(late.state, late.secret) is None


def test_attempts_do_not_fill_the_memory() -> None:
    kept = Attempts()
    first = kept.begin("/", BACK)
    last = [kept.begin("/", BACK) for _ in range(MAX_ATTEMPTS)][-1]
    assert kept.finish(first.state, first.secret) is None
    assert kept.finish(last.state, last.secret) == last
