"""Keys of people and projects beside the studio's: pasted, kept in the keyring under names of their own, never shown.

OwnKeySource is where services.run_accounts gets them from; OwnKeys is what one actor sees and sets. A replaced key
stays in memory for the runs that were sent with it, until the studio stops; then they are held. A removed key is
forgotten at once: its runs wait for a person, and are never sent or polled with another key by themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass

from pydantic import SecretStr

from studio.catalogue import Model
from studio.domain import Run, Status
from studio.engines.base import Engine, declared, has_connection
from studio.errors import CapabilityError, NotAllowed, NotFound, StudioError
from studio.jobs import decisions
from studio.jobs.editing import UNSENT_HOLDS
from studio.messages import Message, of_error, term
from studio.permissions import LEAST_ROLE, Action, Actor
from studio.services import connection_values
from studio.services.context import Context
from studio.services.engine_settings import OWN_KEY, EngineSettings
from studio.services.replaceable_engines import ReplaceableEngines
from studio.services.without_key import WithoutKey
from studio.store import Store, key_sets, projects, roles, runs
from studio.store.key_sets import KeySet, Scope

SWITCH_TIMEOUT_S = 2.0
KEY_OWNERS: tuple[Scope, ...] = ("person", "project")
"""In the order in which their keys count."""


class OwnKeySource:
    """The keys of people, or of projects. See run_accounts.KeySource. Safe from any thread."""

    def __init__(self, scope: Scope, store: Store, settings: EngineSettings, engines: ReplaceableEngines) -> None:
        self.scope: Scope = scope
        self.prefix = f"{scope}:"
        self._store, self._settings, self._engines = store, settings, engines
        self._lock = threading.RLock()
        self._replaced: dict[str, tuple[KeySet, Mapping[str, SecretStr]]] = {}
        self._current: dict[tuple[str, str], KeySet] | None = None

    def account(self, owner: str, model: Model, project: str) -> str | None:
        """The account of the person or project for this model; None where they have no key."""
        subject = owner if self.scope == "person" else project
        found = self.find(model.provider, subject) if subject else None
        return found.account if found else None

    def engine(self, provider: str, account: str) -> Engine:
        """An engine with the keys of this account; one that sends nothing where they are gone. Raises KeyError."""
        studio = self._engines[provider]
        secrets = self.secrets_of(account.removeprefix(self.prefix))
        engine = self._engines.build(provider, self._settings.with_own_keys(declared(studio), secrets))
        return engine if secrets else WithoutKey(engine, Message("ownkey.gone", provider=term(studio.info.label)))

    def _sets(self) -> dict[tuple[str, str], KeySet]:
        with self._lock:
            if self._current is None:
                with self._store.read() as db:
                    found = key_sets.current(db)
                self._current = {(one.provider, one.subject): one for one in found if one.scope == self.scope}
            return self._current

    def find(self, provider: str, subject: str) -> KeySet | None:
        """The keys in use of this person or project."""
        return self._sets().get((provider, subject))

    def secrets_of(self, set_id: str) -> Mapping[str, SecretStr]:
        """The keys of a set by environment name; empty where they are gone."""
        with self._lock:
            if set_id in self._replaced:
                return self._replaced[set_id][1]
        ending = OWN_KEY + set_id
        kept = self._settings.keys.keys()
        return {name.removesuffix(ending): key for name, key in kept.items() if name.endswith(ending)}

    def save(self, provider: str, subject: str, keys: Mapping[str, str]) -> KeySet:
        """Keep these keys in the place of those before. Raises StorageUnavailable."""
        with self._lock:
            old = self.find(provider, subject)
            if old is not None:
                self._replaced[old.id] = old, self.secrets_of(old.id)
            with self._store.write() as db:
                new = key_sets.add(db, provider, self.scope, subject, tuple(keys))
                if old is not None:
                    key_sets.replace_unsent(db, old.account, new.account, UNSENT_HOLDS)
            for name, key in keys.items():
                self._settings.keys.save(name + OWN_KEY + new.id, key)
            self._sets()[provider, subject] = new
        self._forget(old)
        return new

    def remove(self, provider: str, subject: str) -> list[KeySet]:
        """Forget the keys, also earlier ones; the sets that are gone."""
        with self._lock:
            old = self._sets().pop((provider, subject), None)
            if old is not None:
                with self._store.write() as db:
                    key_sets.remove(db, provider, self.scope, subject)
            earlier = [one for one, _ in self._replaced.values() if (one.provider, one.subject) == (provider, subject)]
            for one in earlier:
                del self._replaced[one.id]
        self._forget(old)
        return [*([old] if old else []), *earlier]

    def _forget(self, old: KeySet | None) -> None:
        if old is not None:
            for name in old.names:
                self._settings.keys.remove(name + OWN_KEY + old.id)


@dataclass(frozen=True)
class OwnKey:
    """One provider for one payer. place: where the key is kept, None without one. names: of the keys that it needs."""

    provider: str
    label: str
    names: tuple[str, ...]
    page: str
    place: str | None


class OwnKeys:
    """Keys as one actor sees and sets them: their own, and those of projects that they lead."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._engines, self._actor = context, context.accounts.engines, actor

    def _source(self, scope: Scope) -> OwnKeySource:
        found = (one for one in self._context.accounts.sources if isinstance(one, OwnKeySource))
        return next(one for one in found if one.scope == scope)

    def projects(self) -> dict[str, str]:
        """Names of the projects whose keys the actor sets, by id."""
        with self._context.store.read() as db:
            mine = projects.all_of(db, "" if self._actor.may(Action.MANAGE_STUDIO) else self._actor.id)
            return {one.id: one.name for one in mine if not one.archived_at and self._leads(one.id)}

    def all(self, project: str = "") -> list[OwnKey]:
        """Every provider that takes a key, with the actor's own or those of a project. Raises NotAllowed."""
        scope, subject = self._payer(project)
        return [
            self._own_key(name, scope, subject)
            for name in self._engines
            if has_connection(self._engines[name]) and self._secret_names(name)
        ]

    def _own_key(self, provider: str, scope: Scope, subject: str) -> OwnKey:
        engine, found = self._engines[provider], self._source(scope).find(provider, subject)
        names = self._secret_names(provider)
        place = self._context.engine_settings.keys.place(found.names[0] + OWN_KEY + found.id) if found else None
        page = next((declared(engine)[name].page for name in names if declared(engine)[name].page), "")
        return OwnKey(provider, engine.info.label, names, page, place)

    def save(self, provider: str, keys: Mapping[str, str], project: str = "") -> OwnKey:
        """Keep the actor's keys for this provider, or those of a project; new runs are sent with them.

        Raises CapabilityError for what cannot be a key, NotFound, NotAllowed; then nothing was saved.
        """
        scope, subject = self._payer(project)
        names = self._secret_names(provider)
        if not names:
            raise NotFound(Message("connection.no_such", provider=f"{provider[:40]!r}"))
        cleaned = {name: connection_values.clean_key(name, key) for name, key in keys.items() if name in names}
        if set(cleaned) != set(names):
            raise CapabilityError(Message("ownkey.needs", listed=", ".join(names)), field="key")
        self._check(provider, cleaned)
        new = self._source(scope).save(provider, subject, cleaned)
        _resume(self._context, [run for run in self._waiting(new) if run.handle is None], new.account)
        return self._own_key(provider, scope, subject)

    def remove(self, provider: str, project: str = "") -> OwnKey:
        """Forget them: runs under way are held, as nobody else's key takes their place. Raises NotFound, NotAllowed."""
        scope, subject = self._payer(project)
        removed = self._source(scope).remove(provider, subject)
        if not removed:
            raise NotFound(Message("ownkey.none"))
        for one in removed:
            _switch(self._context, one)
        self._context.notify_changed()
        return self._own_key(provider, scope, subject)

    def _payer(self, project: str) -> tuple[Scope, str]:
        if project:
            if not self._leads(project):
                raise NotAllowed(Message("approval.not_yours", role=term(LEAST_ROLE[Action.APPROVE].value)))
            return "project", project
        if self._actor.is_local:
            raise NotAllowed(Message("ownkey.solo"))
        return "person", self._actor.id

    def _leads(self, project: str) -> bool:
        with self._context.store.read() as db:
            projects.get(db, project, "" if self._actor.may(Action.MANAGE_STUDIO) else self._actor.id)
            role = roles.of_person(db, self._actor.id, project)
        return self._actor.is_local or bool(role and role.may_approve)

    def _secret_names(self, provider: str) -> tuple[str, ...]:
        engine = self._engines.get(provider)
        variables = declared(engine) if engine is not None else {}
        secret = [name for name, variable in variables.items() if variable.secret]
        return tuple([name for name in secret if variables[name].required] or secret[:1])

    def _check(self, provider: str, keys: Mapping[str, str]) -> None:
        secrets = {name: SecretStr(key) for name, key in keys.items()}
        environment = declared(self._engines[provider])
        settings = self._context.engine_settings.with_own_keys(environment, secrets)
        try:
            problem = self._engines.build(provider, settings).missing()
        except StudioError as error:
            raise CapabilityError(of_error(error), field="key") from None
        if problem:
            raise CapabilityError(problem, field="key")

    def _waiting(self, new: KeySet) -> list[Run]:
        with self._context.store.read() as db:
            return key_sets.waiting_for(db, new)


def _switch(context: Context, one: KeySet) -> None:
    """Let runs that were sent with this set go on with what is there of it now."""
    replaced = context.accounts.engines.replace_account(one.provider, one.account)
    switched = context.scheduler.replace_engine(one.provider, replaced, one.account)
    if switched is not None:
        with suppress(TimeoutError, CancelledError):
            switched.result(SWITCH_TIMEOUT_S)


def _resume(context: Context, waiting: list[Run], account: str) -> None:
    """Let held runs go on with this account."""
    with context.store.write() as db:
        for run in waiting:
            runs.note(db, run.id, account=account)
        resumed = [decisions.decide(db, run, decisions.TRY_AGAIN.id) for run in waiting]
    for run in resumed:
        if run.status == Status.RUNNING:
            context.scheduler.execute(run.model_copy(update={"account": account}))
    context.notify_changed(*(run.id for run in resumed))


def arrived(context: Context, names: set[str]) -> None:
    """The keyring, unlocked meanwhile, gave keys of these stored names: runs that waited for them go on."""
    ids = {name.partition(OWN_KEY)[2] for name in names if OWN_KEY in name}
    for set_id in sorted(ids):
        with context.store.read() as db:
            found = key_sets.get(db, set_id)
            waiting = key_sets.waiting_for(db, found) if found else []
        if found is not None:
            _switch(context, found)
            _resume(context, [run for run in waiting if run.account == found.account], found.account)


def rebound(context: Context, run: Run) -> str:
    """The account with which a run goes on that waited for a key, when a person tries it again: with the key that its
    payer has now, else with its own while that is there; one that was not sent, else by the order of accounts."""
    source = next((one for one in context.accounts.sources if run.account and run.account.startswith(one.prefix)), None)
    if run.status != Status.HELD or not isinstance(source, OwnKeySource):
        return run.account
    set_id = run.account.removeprefix(source.prefix)
    with context.store.read() as db:
        before = key_sets.get(db, set_id)
    if before is None:
        return run.account
    current = source.find(before.provider, before.subject)
    if current is not None:
        return current.account
    if source.secrets_of(set_id) or run.handle is not None:
        return run.account
    return context.accounts.choose(run.owner, context.catalogue.get(run.model), run.project)
