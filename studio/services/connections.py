"""Connections to providers: keys, addresses, options, and whether they work. Changes count at once, without a restart.

A key never leaves: it is saved, replaced or removed, and otherwise only said to be there. A saved address receives the
key, so it is changed only together with one: whoever may use the studio must not be able to read keys by having them
sent elsewhere.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from studio.domain import HeldReason, Run, Status
from studio.engines.base import Balance, Engine, KeyCheck, Variable, account_limits, declared, has_connection
from studio.errors import CapabilityError, Conflict, NotConfigured, NotFound, StudioError, Unauthorised
from studio.jobs import decisions
from studio.messages import Message, of_error, term
from studio.services import connection_check, connection_values
from studio.services.connection_check import Check
from studio.services.context import Context
from studio.services.engine_settings import Source
from studio.services.replaceable_engines import ReplaceableEngines
from studio.settings import Settings
from studio.store import model_holds, queue

SWITCH_TIMEOUT_S = 2.0
"""The scheduler's loop takes a new engine in a moment, unless it waits for the disk."""
OWN_PREFIX = "STUDIO_"
"""Names that belong to this machine, not to a provider."""
State = Literal["ready", "missing", "refused", "problem"]


@dataclass(frozen=True)
class KeyField:
    """A key that the engine reads. source: where it comes from, None where there is none. unread: the keyring is said
    to hold it, but does not give it. page: where the provider gives keys."""

    name: str
    required: bool
    source: Source | None
    unread: bool
    page: str


@dataclass(frozen=True)
class OptionField:
    """What else can be set. value: as it counts now, "" where the engine's own default does; default: that, where it is
    known."""

    name: str
    kind: Literal["address", "number", "choice", "text"]
    required: bool
    value: str
    source: Source | None
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True)
class Connection:
    """One provider as it is set up.

    problem: the sentence that says what to do, None when ready. testable: whether a free call can prove the key.
    model_count: how many models it has; models: how many by task. active: runs under way. waiting: runs that are held
    because the key was missing or refused.
    """

    provider: str
    label: str
    state: State
    problem: str | None
    keys: tuple[KeyField, ...]
    options: tuple[OptionField, ...]
    testable: bool
    tells_balance: bool
    check: Check | None
    concurrent: int
    submits_per_s: float
    model_count: int
    models: Mapping[str, int]
    active: int
    waiting: int


@dataclass(frozen=True)
class Removal:
    """A connection without its key. in_keyring: the keyring did not take it out, so it may still hold it."""

    connection: Connection
    in_keyring: bool


class Connections:
    """Safe from any thread. Only `test` waits for a provider."""

    def __init__(self, context: Context, engines: ReplaceableEngines) -> None:
        self._context, self._engines = context, engines
        self._settings = context.engine_settings
        self._checks: dict[str, Check] = {}
        self._changing = threading.Lock()
        self._testing: set[str] = set()

    @property
    def keyring(self) -> str | None:
        """What the operating system calls its keyring; None where keys are kept in memory."""
        return self._settings.keys.keyring_name()

    def all(self) -> list[Connection]:
        """Every provider that needs a key or an address, the ready ones first."""
        runs = self._runs()
        found = [
            self._connection(name, [run for run in runs if run.provider == name])
            for name in self._engines
            if has_connection(self._engines[name])
        ]
        return sorted(found, key=lambda c: (c.state not in ("ready", "refused"), c.label.lower()))

    def get(self, provider: str) -> Connection:
        """One of them. Raises NotFound."""
        self._engine(provider)
        return self._connection(provider, [run for run in self._runs() if run.provider == provider])

    def has(self, provider: str) -> bool:
        """Whether this provider is set up with a key or an address."""
        engine = self._engines.get(provider)
        return engine is not None and has_connection(engine)

    def save(
        self, provider: str, *, key: str | None = None, key_name: str = "", options: Mapping[str, str] | None = None,
        local: bool = False,
    ) -> Connection:  # fmt: skip
        """Save a key, options, or both; they count from the next call to the provider on.

        key_name: where there are several. options: "" takes one away. local: an address on the own network is meant.
        Raises CapabilityError or Conflict, and then nothing was saved.
        """
        engine = self._engine(provider)
        with self._changing:
            keys = {} if key is None else self._clean_key(engine, key, key_name)
            changes = self._clean_options(engine, options or {}, keys, local=local)
            self._check_receiver(engine, changes, keys)
            self._check_candidate(provider, changes, keys)
            if changes:
                self._settings.save_options(changes)
            for name, value in keys.items():
                self._settings.keys.save(name, value)
            self._apply({*keys, *changes})
        return self.get(provider)

    def remove_key(self, provider: str, key_name: str = "") -> Removal:
        """Forget the saved key. Runs under way are held until there is one again. Raises Conflict for a key of the
        environment."""
        engine = self._engine(provider)
        name = self._key_name(engine, key_name)
        if self._settings.is_given(name):
            raise Conflict(Message("connection.key_of_environment", name=name))
        with self._changing:
            gone = self._settings.keys.remove(name)
            self._apply({name})
        return Removal(self.get(provider), in_keyring=not gone)

    def test(self, provider: str) -> Connection:
        """Ask the provider whether the key works, and what is left of the account; nothing is started or billed.

        Takes some seconds at most. Raises Conflict where such a test is under way.
        """
        engine = self._engine(provider)
        if provider in self._testing:
            raise Conflict(Message("connection.test_under_way", provider=term(engine.info.label)))
        self._testing.add(provider)
        try:
            result = connection_check.check(lambda: self._engines.build(provider), engine.info.label)
            if self._engines[provider] is engine:  # else the result is of a key that has been replaced
                self._checks[provider] = result
        finally:
            self._testing.discard(provider)
        return self.get(provider)

    def refresh(self, names: Iterable[str]) -> None:
        """Keys of these names came late, from a keyring that was unlocked meanwhile."""
        with self._changing:
            self._apply(set(names))

    # what is there --------------------------------------------------------------------------------------------

    def _engine(self, provider: str) -> Engine:
        engine = self._engines.get(provider)
        if engine is None or not has_connection(engine):
            raise NotFound(Message("connection.no_such", provider=f"{provider[:40]!r}"))
        return engine

    def _runs(self) -> list[Run]:
        """Runs under way, and runs that wait for a key."""
        with self._context.store.read() as db:
            return [run for run in queue.active(db) if run.status == Status.RUNNING or self._waits_for_key(run)]

    def _connection(self, name: str, runs: list[Run]) -> Connection:
        engine = self._engines[name]
        variables = declared(engine)
        missing, check = engine.missing(), self._checks.get(name)
        waiting = [run for run in runs if run.status == Status.HELD]
        refusal = _refusal(check, waiting) if missing is None else None
        keys = tuple(self._key_field(n, v) for n, v in variables.items() if v.secret)
        limits = account_limits(engine, self._context.catalogue)
        models = [model for model in self._context.catalogue if model.provider == name]
        tasks = Counter(task.value for model in models for task in model.tasks)
        return Connection(
            provider=name,
            label=engine.info.label,
            state=_state(missing, refusal, keys),
            problem=missing or refusal,
            keys=keys,
            options=tuple(self._option_field(n, v, engine) for n, v in variables.items() if _is_option(n, v)),
            testable=isinstance(engine, KeyCheck | Balance),
            tells_balance=isinstance(engine, Balance),
            check=check,
            concurrent=limits.concurrent,
            submits_per_s=limits.submits_per_s,
            model_count=len(models),
            models=dict(tasks),
            active=len(runs) - len(waiting),
            waiting=len(waiting),
        )

    def _key_field(self, name: str, variable: Variable) -> KeyField:
        source = self._settings.source(name, secret=True)
        unread = source is None and self._settings.keys.unread(name)
        return KeyField(name, variable.required, source, unread, variable.page)

    def _option_field(self, name: str, variable: Variable, engine: Engine) -> OptionField:
        kind = _kind(variable)
        value = self._settings.current(declared(engine)).option(name)
        return OptionField(
            name=name,
            kind=kind,
            required=variable.required,
            value=connection_values.shown_address(value) if variable.address else value,
            source=self._settings.source(name, secret=False),
            choices=variable.choices,
            default=engine.info.base_url if variable.address and name.endswith("_BASE_URL") and not value else "",
        )

    # what may be saved ----------------------------------------------------------------------------------------

    @staticmethod
    def _key_name(engine: Engine, key_name: str) -> str:
        names = [name for name, variable in declared(engine).items() if variable.secret]
        if key_name and key_name not in names:
            raise CapabilityError(Message("connection.no_key", listed=", ".join(names)), field="key_name")
        if not names:
            raise CapabilityError(Message("connection.needs_no_key", provider=term(engine.info.label)), field="key")
        return key_name or names[0]

    def _clean_key(self, engine: Engine, key: str, key_name: str) -> dict[str, str]:
        name = self._key_name(engine, key_name)
        if self._settings.is_given(name):
            raise Conflict(Message("connection.key_of_environment", name=name))
        return {name: connection_values.clean_key(name, key)}

    def _clean_options(
        self, engine: Engine, options: Mapping[str, str], keys: Mapping[str, str], *, local: bool
    ) -> dict[str, str]:
        """The options that change, as they are saved. keys: that come with them."""
        variables = declared(engine)
        known = [name for name, variable in variables.items() if _is_option(name, variable)]
        if any(name not in known for name in options):
            raise CapabilityError(Message("connection.no_option", listed=", ".join(known) or "-"), field="options")
        self._check_no_key_inside(variables, options, keys)
        saved = self._settings.options()
        cleaned = {
            name: connection_values.clean_option(name, variables[name], text, local=local)
            for name, text in options.items()
            if text.strip() != saved.get(name, "")
        }
        for name in cleaned:
            if self._settings.is_given(name):
                raise Conflict(Message("connection.option_of_environment", name=name))
        return {name: value for name, value in cleaned.items() if value != saved.get(name, "")}

    def _check_no_key_inside(
        self, variables: Mapping[str, Variable], options: Mapping[str, str], keys: Mapping[str, str]
    ) -> None:
        """Raise where a key was pasted into the field of an option, which the database would keep."""
        current = self._settings.current()
        secrets = [*keys.values(), *(current.secret(name) for name, variable in variables.items() if variable.secret)]
        for name, text in options.items():
            if any(secret and secret in text for secret in secrets):
                raise CapabilityError(Message("connection.key_inside", name=name), field=name)

    def _check_receiver(self, engine: Engine, changes: Mapping[str, str], keys: Mapping[str, str]) -> None:
        """Raise where a key that is there already would be sent to another host from now on."""
        variables, current = declared(engine), self._settings.current(declared(engine))
        moved = [name for name in changes if variables[name].address and self._moves(current, name, changes[name])]
        secrets = [name for name, variable in variables.items() if variable.secret]
        sent = [name for name in secrets if variables[name].required] or secrets
        for name in (name for name in sent if moved and current.secret(name) and name not in keys):
            if self._settings.is_given(name):
                said = Message("connection.address_with_environment_key", name=moved[0], key=name)
                raise Conflict(said)
            raise CapabilityError(Message("connection.address_needs_key", key=name), field="key")

    @staticmethod
    def _moves(current: Settings, name: str, address: str) -> bool:
        """Whether the key would go to another place. Back to the provider's own address it may always go."""
        return bool(address) and connection_values.origin(current.option(name)) != connection_values.origin(address)

    def _check_candidate(self, provider: str, changes: Mapping[str, str], keys: Mapping[str, str]) -> None:
        """Raise where the engine itself would find fault with these values, e.g. a region that needs a workspace."""
        settings = self._settings.with_changes(declared(self._engines[provider]), changes, keys)
        try:
            engine = self._engines.build(provider, settings)
        except StudioError as error:
            raise CapabilityError(of_error(error)) from None
        has_keys = all(settings.secret(n) for n, v in declared(engine).items() if v.secret and v.required)
        has_options = all(settings.option(n) for n, v in declared(engine).items() if v.required and not v.secret)
        if has_keys and has_options and (problem := engine.missing()):
            raise CapabilityError(problem, field="key" if keys and not changes else "options")

    # what follows ---------------------------------------------------------------------------------------------

    def _apply(self, names: set[str]) -> None:
        """Build the engines anew that read these names, and let the runs go on that waited for that."""
        for provider in self._engines:
            engine = self._engines[provider]
            if names & declared(engine).keys() and has_connection(engine):
                self._checks.pop(provider, None)
                replaced = self._engines.replace(provider)
                switched = self._context.scheduler.replace_engine(provider, replaced)
                if switched is not None:  # so that no run is held for the old key after the held ones went on
                    with suppress(TimeoutError, CancelledError):
                        switched.result(SWITCH_TIMEOUT_S)
                if self._engines[provider].missing() is None:
                    self._resume(provider)
        self._context.notify_changed()

    def _waits_for_key(self, run: Run) -> bool:
        """Held for want of a key or an address, rather than of its model."""
        held = run.status == Status.HELD and run.held_reason == HeldReason.NOT_CONFIGURED
        return held and not run.account and self._provider_of(run.model) is not None

    def _provider_of(self, model_id: str) -> str | None:
        with suppress(NotFound):
            return self._context.catalogue.get(model_id).provider
        return None

    def _resume(self, provider: str) -> None:
        """Let held runs of this provider go on: those that had no key, and those whose key was refused. Models whose
        queue was held for that go on as well."""
        with self._context.store.write() as db:
            for hold in model_holds.held(db):
                if _of_key(hold.cause) and self._provider_of(hold.model) == provider:
                    model_holds.clear(db, hold.model)
            held = [run for run in queue.active(db) if run.provider == provider and self._waits_for_key(run)]
            resumed = [decisions.decide(db, run, decisions.TRY_AGAIN.id) for run in held]
        for run in resumed:
            if run.status == Status.RUNNING:
                self._context.scheduler.execute(run)
        self._context.notify_changed(*(run.id for run in resumed))


def _of_key(cause: str) -> bool:
    """Whether a failure was one of the key, by its cause; see jobs.model_holds.cause_of."""
    return cause == HeldReason.NOT_CONFIGURED.value or cause.startswith((Unauthorised.__name__, NotConfigured.__name__))


def _is_option(name: str, variable: Variable) -> bool:
    return not variable.secret and not name.startswith(OWN_PREFIX)


def _kind(variable: Variable) -> Literal["address", "number", "choice", "text"]:
    if variable.address:
        return "address"
    return "choice" if variable.choices else "number" if variable.number else "text"


def _refusal(check: Check | None, waiting: list[Run]) -> str | None:
    """The provider's reason for refusing the key: of the last test, else of a run that had a key and is held."""
    if check is not None:
        return check.message if check.state == "refused" else None
    return next((run.error for run in waiting if run.error), None)


def _state(missing: str | None, refusal: str | None, keys: Iterable[KeyField]) -> State:
    if missing is None:
        return "refused" if refusal else "ready"
    return "missing" if any(key.required and key.source is None for key in keys) else "problem"
