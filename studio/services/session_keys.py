"""Keys that live as long as a session, in this process's memory only: somebody's own key, or the token with which their
Hugging Face account pays.

Nothing here is ever written: not to the database, the keyring, a log or a page. Sign-out, the end of the session and
the stop of the studio forget all of it; runs that wait or are under way then are held until the key is given again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from studio.catalogue import Model
from studio.domain import HeldReason, Status
from studio.engines import hub_router
from studio.engines.base import Engine, declared, has_connection
from studio.engines.base import required as required_names
from studio.errors import CapabilityError, NotAllowed, NotFound
from studio.jobs import decisions
from studio.messages import Message, term
from studio.permissions import Actor
from studio.services import connection_values
from studio.services.context import Context
from studio.services.hub_models import HubModels
from studio.services.replaceable_engines import ReplaceableEngines
from studio.services.without_key import WithoutKey
from studio.settings import Settings
from studio.store import queue

log = logging.getLogger(__name__)

SESSION, HUB = "session:", "hub:"
"""Accounts of runs: with a key of the owner's session, or by the owner's account at Hugging Face."""
SWEEP_S = 20.0
"""Between two looks at which sessions still live."""
REFRESH_BEFORE_S = 600.0
SWITCH_TIMEOUT_S = 2.0
MAX_SESSIONS = 5000


@dataclass(frozen=True)
class HubToken:
    """A Hugging Face token that may call Inference Providers. renew: gives the next one; None where it cannot be."""

    access: SecretStr
    expires_at: float = 0.0
    renew: Callable[[], HubToken] | None = field(default=None, repr=False)

    @property
    def lives(self) -> bool:
        """Whether it has not expired."""
        return not self.expires_at or self.expires_at > time.time()


@dataclass(frozen=True)
class Secrets:
    """What one session holds. pays: whether the Hugging Face account is to pay."""

    owner: str
    keys: Mapping[str, SecretStr] = field(default_factory=dict[str, SecretStr], repr=False)
    hub: HubToken | None = field(default=None, repr=False)
    pays: bool = True


@dataclass(frozen=True)
class SessionKey:
    """One provider as a session sees it. names: of the keys it needs; given: whether the session has them. hub: models
    that the session's Hugging Face account may pay for."""

    provider: str
    label: str
    names: tuple[str, ...]
    page: str
    given: bool
    hub: int


class SessionSecrets:
    """All of them, by the hash of the session's token. Safe from any thread. lives: whether a session does."""

    def __init__(self, lives: Callable[[str], bool]) -> None:
        self._lives, self._kept = lives, dict[str, Secrets]()
        self._lock = threading.RLock()

    def of_session(self, session: str) -> Secrets | None:
        """What this session holds."""
        with self._lock:
            return self._kept.get(session)

    def of_owner(self, owner: str) -> list[Secrets]:
        """What the living sessions of this owner hold, the latest first."""
        with self._lock:
            mine = [(session, kept) for session, kept in reversed(self._kept.items()) if kept.owner == owner]
        return [kept for session, kept in mine if self._lives(session)]

    def put(self, session: str, secrets: Secrets) -> None:
        """Remember this for the session. Raises NotAllowed where it has ended."""
        if not session or not self._lives(session):
            raise NotAllowed(Message("sessionkey.no_session"))
        with self._lock:
            self._kept.pop(session, None)
            self._kept[session] = secrets
            while len(self._kept) > MAX_SESSIONS:
                self._kept.pop(next(iter(self._kept)))

    def forget(self, session: str) -> Secrets | None:
        """Forget what the session held; that."""
        with self._lock:
            return self._kept.pop(session, None)

    def ended(self) -> list[str]:
        """Sessions that hold something and have ended."""
        with self._lock:
            listed = list(self._kept)
        return [session for session in listed if not self._lives(session)]

    def with_hub(self) -> list[tuple[str, Secrets]]:
        """Sessions that hold a Hugging Face token."""
        with self._lock:
            return [(session, kept) for session, kept in self._kept.items() if kept.hub]


class SessionKeySource:
    """Keys of the owner's own session. See run_accounts.KeySource."""

    prefix = SESSION

    def __init__(self, secrets: SessionSecrets, engines: ReplaceableEngines, settings: Callable[..., Settings]) -> None:
        self._secrets, self._engines, self._settings = secrets, engines, settings

    def account(self, owner: str, model: Model, project: str) -> str | None:
        """The account of the owner, where a session of theirs has this provider's keys."""
        return f"{self.prefix}{owner}" if owner and self.keys(owner, model.provider) else None

    def keys(self, owner: str, provider: str) -> Mapping[str, SecretStr]:
        """The provider's keys from one session of the owner; empty where none has all of them."""
        names = _key_names(self._engines[provider])
        for kept in self._secrets.of_owner(owner):
            if names and set(names) <= kept.keys.keys():
                return {name: kept.keys[name] for name in names}
        return {}

    def engine(self, provider: str, account: str) -> Engine:
        """The engine with these keys; one that sends nothing where they are forgotten."""
        studio, keys = self._engines[provider], self.keys(account.removeprefix(self.prefix), provider)
        engine = self._engines.build(provider, _with(self._settings(declared(studio)), studio, keys))
        why = Message("sessionkey.gone", provider=term(studio.info.label))
        return engine if keys else WithoutKey(engine, why)


class HubSource:
    """The owner's Hugging Face account, for models that its router knows. See run_accounts.KeySource."""

    prefix = HUB

    def __init__(self, secrets: SessionSecrets, models: HubModels, settings: Callable[..., Settings]) -> None:
        self._secrets, self._models, self._settings = secrets, models, settings

    def account(self, owner: str, model: Model, project: str) -> str | None:
        """The account of the owner, where it is to pay and the router knows the model."""
        return f"{self.prefix}{owner}" if owner and self.token(owner) and self._models.can_route(model) else None

    def token(self, owner: str) -> HubToken | None:
        """The token of a session of the owner whose account is to pay."""
        found = (kept.hub for kept in self._secrets.of_owner(owner) if kept.pays and kept.hub and kept.hub.lives)
        return next(found, None)

    def engine(self, provider: str, account: str) -> Engine:
        """The engine behind the router; one that sends nothing once the token is gone."""
        if provider not in hub_router.ROUTED:
            raise KeyError(provider)
        token = self.token(account.removeprefix(self.prefix))
        secrets = {hub_router.TOKEN: token.access} if token else {}
        engine = hub_router.build(provider, self._settings().model_copy(update={"secrets": secrets}))
        return engine if token else WithoutKey(engine, Message("sessionkey.hub_gone", provider=term(engine.info.label)))


class SessionKeys:
    """Sets and forgets them, and lets runs follow. renewing and forgetting happen on a thread of its own."""

    def __init__(self, context: Context, engines: ReplaceableEngines, lives: Callable[[str], bool]) -> None:
        self._context, self._engines = context, engines
        self._secrets = SessionSecrets(lives)
        self._models = HubModels(context.engine_settings.current)
        current = context.engine_settings.current
        self._keys = SessionKeySource(self._secrets, engines, current)
        self._hub = HubSource(self._secrets, self._models, current)
        context.accounts.sources[:0] = [self._keys, self._hub]
        self._wanted, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._sweep, name="session-keys", daemon=True)

    def start(self) -> None:
        """Look after sessions until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stopping = True
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def sessions_changed(self) -> None:
        """Some session may have ended: look soon."""
        self._wanted.set()

    def all(self, session: str) -> list[SessionKey]:
        """Every provider with a key that a session may bring along."""
        kept = self._secrets.of_session(session) or Secrets("")
        found = [(name, self._engines[name]) for name in self._engines]
        return [
            SessionKey(
                name, engine.info.label, names, next((declared(engine)[n].page for n in names), ""),
                set(names) <= kept.keys.keys(), self._models.count(name, self._context.catalogue) if kept.hub else 0,
            )
            for name, engine in found
            if has_connection(engine) and (names := _key_names(engine))
        ]  # fmt: skip

    def hub_pays(self, session: str) -> bool | None:
        """Whether the session's Hugging Face account is to pay; None where it cannot."""
        kept = self._secrets.of_session(session)
        return kept.pays if kept and kept.hub else None

    def save(self, actor: Actor, session: str, provider: str, keys: Mapping[str, str]) -> None:
        """Use these keys for runs of this actor while the session lives. Raises CapabilityError for what cannot be a
        key, NotFound, NotAllowed without a session."""
        names = self._names(provider)
        if set(names) - {name for name, key in keys.items() if key.strip()}:
            raise CapabilityError(Message("sessionkey.needs", listed=", ".join(names)), field="key")
        cleaned = {name: SecretStr(connection_values.clean_key(name, keys[name])) for name in names}
        kept = self._secrets.of_session(session) or Secrets(actor.id)
        self._secrets.put(session, replace(kept, owner=actor.id, keys={**kept.keys, **cleaned}))
        self._changed(actor.id, {provider})

    def remove(self, actor: Actor, session: str, provider: str) -> None:
        """Forget the session's keys for this provider; runs under way are held. Raises NotFound."""
        names, kept = self._names(provider), self._secrets.of_session(session)
        if kept and kept.keys.keys() & set(names):
            left = {name: key for name, key in kept.keys.items() if name not in names}
            self._secrets.put(session, replace(kept, keys=left))
        self._changed(actor.id, {provider})

    def set_hub(self, owner: str, session: str, token: HubToken, *, pays: bool) -> None:
        """The session's Hugging Face account can pay from now on. pays: whether it is to."""
        self._models.load()
        kept = self._secrets.of_session(session) or Secrets(owner)
        self._secrets.put(session, replace(kept, owner=owner, hub=token, pays=pays))
        self._changed(owner, hub_router.ROUTED)

    def let_hub_pay(self, actor: Actor, session: str, *, pays: bool) -> None:
        """Choose whether the session's Hugging Face account pays. Raises NotFound where it cannot."""
        kept = self._secrets.of_session(session)
        if kept is None or kept.hub is None:
            raise NotFound(Message("sessionkey.no_hub"))
        self._secrets.put(session, replace(kept, pays=pays))
        self._changed(actor.id, hub_router.ROUTED)

    def forget(self, session: str) -> None:
        """The session is over: nothing of it is kept."""
        if kept := self._secrets.forget(session):
            self._changed(kept.owner, self._engines)

    def look_after(self) -> None:
        """Forget what sessions held that have ended, and renew tokens that will expire."""
        for session in self._secrets.ended():
            self.forget(session)
        for session, kept in self._secrets.with_hub():
            self._renew(session, kept)

    # what follows ---------------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        while not self._stopping:
            self._wanted.wait(SWEEP_S)
            self._wanted.clear()
            if self._stopping:
                return
            try:
                self.look_after()
            except Exception:
                log.exception("session keys could not be looked after")

    def _renew(self, session: str, kept: Secrets) -> None:
        token = kept.hub
        if token is None or not token.expires_at or token.expires_at - time.time() > REFRESH_BEFORE_S:
            return
        try:
            new = token.renew() if token.renew else None
        except Exception as error:  # of the provider; what it said may hold the token
            log.warning("a Hugging Face token could not be renewed: %s", type(error).__name__)
            new = None
        if new is None and token.lives:
            return  # it still works for a while
        with suppress(NotAllowed):
            self._secrets.put(session, replace(kept, hub=new))
            self._changed(kept.owner, hub_router.ROUTED)

    def _names(self, provider: str) -> tuple[str, ...]:
        engine = self._engines.get(provider)
        names = _key_names(engine) if engine is not None else ()
        if not names:
            raise NotFound(Message("connection.no_such", provider=f"{provider[:40]!r}"))
        return names

    def _changed(self, owner: str, providers: Iterable[str]) -> None:
        """Runs of this owner go on with the keys as they are now, and those that waited for one are tried again."""
        accounts = {source.prefix + owner: source for source in (self._keys, self._hub)}
        for provider in providers:
            for account in accounts:
                replaced = self._engines.replace_account(provider, account)
                switched = self._context.scheduler.replace_engine(provider, replaced, account) if replaced else None
                if switched is not None:
                    with suppress(TimeoutError, CancelledError):
                        switched.result(SWITCH_TIMEOUT_S)
        self._resume(owner, set(providers), accounts.keys())
        self._context.notify_changed()

    def _resume(self, owner: str, providers: set[str], accounts: Iterable[str]) -> None:
        """Let held runs go on whose key has come back."""
        with self._context.store.write() as db:
            held = [
                run
                for run in queue.active(db, owner)
                if run.status == Status.HELD
                and run.held_reason == HeldReason.NOT_CONFIGURED
                and run.account in accounts
                and run.provider in providers
                and self._engines.of_account(run.provider, run.account).missing() is None
            ]
            resumed = [decisions.decide(db, run, decisions.TRY_AGAIN.id) for run in held]
        for run in resumed:
            if run.status == Status.RUNNING:
                self._context.scheduler.execute(run)
        self._context.notify_changed(*(run.id for run in resumed))


class OwnSessionKeys:
    """What one actor may do with the keys of their own sessions."""

    def __init__(self, keys: SessionKeys, actor: Actor) -> None:
        self._keys, self._actor = keys, actor

    def all(self, session: str) -> list[SessionKey]:
        """See SessionKeys.all."""
        return self._keys.all(session)

    def hub_pays(self, session: str) -> bool | None:
        """See SessionKeys.hub_pays."""
        return self._keys.hub_pays(session)

    def save(self, session: str, provider: str, keys: Mapping[str, str]) -> None:
        """See SessionKeys.save."""
        self._keys.save(self._actor, session, provider, keys)

    def remove(self, session: str, provider: str) -> None:
        """See SessionKeys.remove."""
        self._keys.remove(self._actor, session, provider)

    def let_hub_pay(self, session: str, *, pays: bool) -> None:
        """See SessionKeys.let_hub_pay."""
        self._keys.let_hub_pay(self._actor, session, pays=pays)


def _key_names(engine: Engine) -> tuple[str, ...]:
    """The keys without which the engine cannot run."""
    variables = declared(engine)
    return tuple(name for name in required_names(variables) if variables[name].secret)


def _with(settings: Settings, engine: Engine, keys: Mapping[str, SecretStr]) -> Settings:
    """The settings with these keys and none of the studio's for this engine."""
    names = declared(engine).keys()
    secrets = {name: key for name, key in settings.secrets.items() if name not in names}
    environ = {n: v for n, v in settings.environ.items() if n not in names or not declared(engine)[n].secret}
    return settings.model_copy(update={"secrets": secrets | dict(keys), "environ": environ})
