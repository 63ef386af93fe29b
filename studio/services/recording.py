"""What the audit log says of a call: each method of the table of rights that changes something, with its arguments in
short. A method is recorded unless READS lists it, so that one that is new is not forgotten.

Never recorded: passwords, keys, tokens, texts of files, and more than the first MAX_CHARS of anything that was typed.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from studio.permissions import Action, Actor
from studio.services.audit_log import AuditLog
from studio.services.call_origin import CALL_ORIGIN
from studio.store import Store
from studio.store.audit import Entry, Outcome

MAX_CHARS = 80
MAX_LISTED = 5
HIDDEN = frozenset(
    {
        *("password", "key", "keys", "secret", "token", "url", "text", "keep_session", "values", "script"),
        *("address", "target", "endpoint", "subscription", "auth", "p256dh", "code"),
    }
)
"""Arguments of which only is said that they were given."""
LEFT_OUT = frozenset({"session", "merge_key", "change", "revision", "on_stored", "time_zone", "terms"})
"""Arguments that say nothing to a reader."""
REQUESTS = frozenset({"body", "bodies", "changes"})
REQUEST_FIELDS = ("task", "model", "n", "prompt")
"""Arguments that are requests, and what is said of one."""
SET = "set"
NOTHING: Mapping[str, str] = MappingProxyType({})
ONCE_A_MINUTE = frozenset({"storyboards.edit", "presets.set_form_default"})
"""Saved as one types: recorded once a minute for each person, object and change."""

READS: dict[str, frozenset[str]] = {
    "account": frozenset({"person", "sessions", "tokens"}),
    "admin": frozenset({"storage", "backups", "backup_progress", "spend"}),
    "agents": frozenset({"providers"}),
    "assets": frozenset({"newest_seq", "discard"}),
    "audit": frozenset({"months", "verify"}),
    "budgets": frozenset({"spending"}),
    "comfyui_models": frozenset({"overview"}),
    "connections": frozenset({"keyring", "all", "get", "test"}),
    "continuations": frozenset({"plan"}),
    "keyed_calls": frozenset({"once"}),
    "language_model": frozenset({"state", "test", "list_models", "look_here"}),
    "library": frozenset({"settings_in"}),
    "local_models": frozenset({"overview"}),
    "looks": frozenset({"validate_lut"}),
    "notifications": frozenset({"state"}),
    "one_run_films": frozenset({"as_cut"}),
    "own_keys": frozenset({"all"}),
    "own_notifications": frozenset({"state"}),
    "people": frozenset({"all", "get", "invited", "sessions", "tokens"}),
    "preflight": frozenset({"check"}),
    "projects": frozenset({"candidates"}),
    "refunds": frozenset({"letter"}),
    "retakes": frozenset({"plan"}),
    "session_keys": frozenset({"all", "hub_pays"}),
    "storyboards": frozenset({"render_plan", "render_plan_of", "production_methods"}),
    "user_files": frozenset({"folder", "all", "open", "open_or_new", "check"}),
    "workflows": frozenset({"all", "get", "read", "inspect_saved", "export"}),
    "writing": frozenset({"estimate"}),
}
"""Service -> methods that change nothing although a viewer may not call them."""

CHANGES: dict[str, frozenset[str]] = {"approvals": frozenset({"decide"})}
"""Service -> methods that change something although everybody may call them, for they judge themselves who may."""

WITH_THE_CHANGE = {
    "people": frozenset(
        {"create", "set_role", "rename", "disable", "enable", "invite", "sign_out_everywhere", "revoke_token"}
    ),
    "account": frozenset({"rename", "end_session", "make_token", "revoke_token"}),
    "admin": frozenset({"set_limits"}),
}
"""Service -> methods whose row is written in the transaction of the change itself; they only write the database."""


def is_recorded(service: str, method: str, action: Action) -> bool:
    """Whether calls of this method are written into the log."""
    if action is Action.VIEW:
        return method in CHANGES.get(service, ())
    return method not in READS.get(service, ())


class Recorder:
    """Wraps methods so that their calls are recorded. Safe from any thread."""

    def __init__(self, store: Store, log: AuditLog) -> None:
        self._store, self.log = store, log
        self._lately: dict[tuple[object, ...], float] = {}

    def wrap(self, service: str, method: str, function: Callable[..., Any], actor: Actor) -> Callable[..., Any]:
        """The function, recorded when it returns. What raises has changed nothing and is not recorded."""
        action = f"{service}.{method}"

        def recorded(*args: Any, **kwargs: Any) -> Any:
            if method in WITH_THE_CHANGE.get(service, ()):
                self.log.flush()  # rows stand in the order in which things happened
                with self._store.write() as db:
                    result = function(*args, **kwargs)
                    self.log.add_now(db, entry(actor, action, function, args, kwargs, result))
                return result
            result = function(*args, **kwargs)
            if action in ONCE_A_MINUTE:
                made = entry(actor, action, function, args, kwargs, result)
                if self._is_new(made):
                    self.log.record(made)
            else:
                key = (action, actor.id, actor.token, CALL_ORIGIN.get().address)
                make = partial(entry, actor, action, function, args, kwargs, result)
                self.log.record_call(
                    key, _id_of(result) or (args[0] if args and isinstance(args[0], str) else ""), make
                )
            return result

        return recorded

    def refused(self, service: str, method: str, actor: Actor) -> None:
        """Record that the actor was not allowed to call this."""
        self.log.refused(event(f"{service}.{method}", actor, outcome="refused"))

    def _is_new(self, made: Entry) -> bool:
        key, moment = (made.actor, made.action, made.object, *made.detail.items()), time.monotonic()
        if len(self._lately) > 5000:
            self._lately.clear()
        is_new = moment - self._lately.get(key, -60.0) >= 60
        if is_new:
            self._lately[key] = moment
        return is_new


def event(
    action: str, actor: Actor, *, object: str = "", outcome: Outcome = "done", detail: Mapping[str, str] = NOTHING
) -> Entry:
    """An entry of this actor, with address, session or token of the call that is being answered."""
    origin = CALL_ORIGIN.get()
    return Entry(action, actor.id, actor.name, actor.token or origin.via(), origin.address, object, outcome, detail)


def entry(
    actor: Actor, action: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], result: Any
) -> Entry:
    """The entry of a call. Its object is the first argument that is an id, else what came of the call, else a name."""
    names, objects = _parameters(function)
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    object_name, object_id = _object(given, objects) if objects else ("", "")
    if not object_name.endswith(("_id", "_ids")) and (made := _id_of(result)):
        object_name, object_id = "", made
    detail: dict[str, str] = {}
    for name, value in given.items():
        if value is None or value == "" or name == object_name or name in LEFT_OUT:
            continue
        if name in REQUESTS:
            detail |= _request(value)
        elif said := SET if name in HIDDEN else _short(value):
            detail[name] = said
    if isinstance(result, list) and len(result) > 1:
        detail.setdefault("count", str(len(result)))
    return event(action, actor, object=object_id, detail=detail)


def clip(text: str) -> str:
    """The beginning of a text, on one line, without what no file can hold."""
    line = " ".join(text[: MAX_CHARS * 4].split())
    if not line.isascii():
        line = line.encode("utf-8", "replace").decode()
    return line if len(line) <= MAX_CHARS else line[: MAX_CHARS - 1] + "…"


def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the parameters of a bound method, and which of them may name the object."""
    return _signature(getattr(function, "__func__", function))


@cache
def _signature(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Asked of a function once, for that is slow to find out."""
    names: tuple[str, ...] = ()
    with suppress(ValueError, TypeError):
        names = tuple(name for name in inspect.signature(function).parameters if name != "self")
    ids = [n for n in names if n.endswith("_id")] + [n for n in names if n.endswith("_ids")]
    return names, (*ids, *(n for n in ("seq", "provider", "name", "login") if n in names))


def _object(given: Mapping[str, Any], objects: Sequence[str]) -> tuple[str, str]:
    """Name and value of the argument that says on what is acted; two empty texts where none does."""
    for name in objects:
        value = given.get(name)
        if isinstance(value, str | int) and value != "":
            return name, clip(str(value))
        if isinstance(value, list | tuple) and isinstance(first := next(iter(value), None), str):
            return name, clip(first)
    return "", ""


def _id_of(result: Any) -> str:
    """The id of what a call made: of the result, or of the first in it."""
    if isinstance(result, list | tuple):
        result = next(iter(result), None)
    found = getattr(result, "id", None) or getattr(getattr(result, "board", None), "id", None)
    return found if isinstance(found, str) else ""


def _request(body: Any) -> dict[str, str]:
    """A request in short; of several the first and how many there are."""
    if isinstance(body, list | tuple):
        first = _request(body[0]) if body else {}
        return first | ({"requests": str(len(body))} if len(body) > 1 else {})
    if not isinstance(body, dict):
        return {}
    return {name: said for name in REQUEST_FIELDS if (said := _short(body.get(name)))}


def _short(value: Any) -> str:
    """A value in few characters; "" for what has no short form. Of a mapping only the names."""
    if isinstance(value, Enum):
        return clip(str(value.value))
    if isinstance(value, str):
        return clip(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.10g}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, Path):
        return clip(value.name)
    if isinstance(value, Mapping):
        return clip(", ".join(_first(value)))
    if isinstance(value, Collection) and not isinstance(value, bytes):
        words = [_short(item) for item in value if isinstance(item, str | int | float | Enum)]
        return clip(", ".join(_first(words)))
    return ""


def _first(items: Iterable[object]) -> list[str]:
    """The first few, and how many more there are."""
    words = [str(item) for item in items]
    more = len(words) - MAX_LISTED
    return [*words[:MAX_LISTED], f"+{more}"] if more > 0 else words
