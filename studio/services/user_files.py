"""The user's own files in the data folder: models/NAME.toml adds models to a provider or corrects them,
providers/NAME.toml is a REST service of the user's with its models.

They are read when the studio opens, and again after each change here or by hand; the studio starts whatever they say.
A file with mistakes gives its good rows. Files are small and plain: no links out of the folder, no keys, no markup.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any, Literal, get_args

from pydantic import ValidationError

from studio import engines as registry
from studio.catalogue import AccountLimits, Catalogue, Model, user_rows
from studio.catalogue.user_rows import Problem, UserRows
from studio.domain import now
from studio.errors import CapabilityError, Conflict, NotFound
from studio.messages import Message
from studio.services.context import Context
from studio.services.replaceable_engines import OwnEngine, ReplaceableEngines
from studio.storage import storing
from studio.store import queue

log = logging.getLogger(__name__)
Kind = Literal["models", "providers"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,39}[a-z0-9])?")
MAX_FILES = 100
PREVIOUS = Path("backups", "user-files")
"""Folder of the version before the last change of each file, below the data folder: beside the files lie the weights
of open models."""
SHOWN_KEY = "[key]"


@dataclass(frozen=True)
class UserFile:
    """A file as it counts. label: of a provider. models: those that it adds. corrects: ids. has_previous: the version
    before the last change can be put back."""

    kind: Kind
    name: str
    bytes: int = 0
    label: str = ""
    models: tuple[Model, ...] = ()
    corrects: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    has_previous: bool = False

    @property
    def path(self) -> str:
        """As sentences name it."""
        return f"{self.kind}/{self.name}.toml"


@dataclass(frozen=True)
class FileText:
    """A file to be edited. revision: of the text on disk; "" for a new file. Keys are masked."""

    text: str
    revision: str
    masked: bool = False


@dataclass
class _Loaded:
    """All files together: what counts beside the built-in rows and engines."""

    files: list[UserFile] = field(default_factory=list[UserFile])
    models: dict[str, Model] = field(default_factory=dict[str, Model])
    engines: dict[str, OwnEngine] = field(default_factory=dict[str, OwnEngine])
    apis: dict[str, Any] = field(default_factory=dict[str, Any])
    accounts: dict[str, AccountLimits] = field(default_factory=dict[str, AccountLimits])


class UserFiles:
    """Safe from any thread. Nothing here calls a provider."""

    def __init__(self, context: Context, engines: ReplaceableEngines) -> None:
        self._context, self._engines = context, engines
        self._catalogue: Catalogue = context.catalogue
        self._built_in = {m.id: m for m in self._catalogue}
        self._accounts = dict(self._catalogue.accounts)
        self._providers = tuple(dict.fromkeys((*registry.REGISTRY, *engines)))
        self._lock = RLock()
        self._loaded = _Loaded()
        if any(True for _ in self._paths()):
            self.reload()

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self._context.settings.data

    def all(self) -> list[UserFile]:
        """The files as they count now, providers first."""
        return sorted(self._loaded.files, key=lambda f: (f.kind != "providers", f.name))

    def reload(self) -> list[UserFile]:
        """Read all files again; what they say counts from now on. Never raises for what stands in them."""
        with self._lock:
            self._apply(self._read({}))
            return self.all()

    def open(self, kind: Kind, name: str) -> FileText:
        """The text of a file. Raises NotFound."""
        raw = self._raw(self._path(kind, name))
        if raw is None:
            raise NotFound(Message("userfile.no_file", file=f"{kind}/{name}.toml"))
        text = raw.decode("utf-8", "replace")
        shown = _masked(text)
        return FileText(shown, _revision(raw), masked=shown != text)

    def open_or_new(self, kind: Kind, name: str, beginning: str) -> FileText:
        """The text of a file, or the beginning of a new one."""
        try:
            return self.open(kind, name)
        except NotFound:
            return FileText(beginning, "")

    def check(self, kind: Kind, name: str, text: str) -> UserFile:
        """What the file would say with this text; nothing is kept."""
        self._path(kind, name)
        with self._lock:
            loaded = self._read({(kind, name): text})
        return next(f for f in loaded.files if (f.kind, f.name) == (kind, name))

    def save(self, kind: Kind, name: str, text: str, *, revision: str = "", with_problems: bool = False) -> UserFile:
        """Keep the text; it counts when this returns, and the version before is kept beside.

        revision: what `open` gave, "" for a new file. with_problems: although something is wrong in it, its good rows
        count. Raises Conflict where the file changed meanwhile, exists already, or runs of a model that would go wait,
        and CapabilityError for a text that cannot be kept.
        """
        path = self._path(kind, name)
        with self._lock:
            before = self._raw(path)
            if (_revision(before) if before is not None else "") != revision:
                raise Conflict(
                    Message("userfile.changed" if revision else "userfile.exists", file=f"{kind}/{name}.toml")
                )
            loaded = self._read({(kind, name): text})
            file = next(f for f in loaded.files if (f.kind, f.name) == (kind, name))
            if SHOWN_KEY in text or _masked(text) != text:
                raise CapabilityError(Message("userfile.key_inside"), field="text")
            if file.problems and not with_problems:
                raise CapabilityError(file.problems[0].sentence, field="text")
            self._check_receivers(loaded)
            self._check_unused(loaded)
            self._write(path, text.encode(), before)
            self._apply(self._read({}))
            return next(f for f in self._loaded.files if (f.kind, f.name) == (kind, name))

    def remove(self, kind: Kind, name: str) -> None:
        """Take a file away; `restore` puts it back. Raises NotFound, or Conflict while runs of its models wait."""
        path = self._path(kind, name)
        with self._lock:
            if self._raw(path) is None:
                raise NotFound(Message("userfile.no_file", file=f"{kind}/{name}.toml"))
            self._check_unused(self._read({(kind, name): None}))
            with storing(self.folder):
                self._previous(path).parent.mkdir(parents=True, exist_ok=True)
                path.replace(self._previous(path))
            self._apply(self._read({}))

    def restore(self, kind: Kind, name: str) -> UserFile:
        """Put the version before the last change back; the one it replaces becomes the version before."""
        path = self._path(kind, name)
        with self._lock:
            older = self._raw(self._previous(path))
            if older is None:
                raise NotFound(Message("userfile.no_previous", file=f"{kind}/{name}.toml"))
            loaded = self._read({(kind, name): older.decode("utf-8", "replace")})
            self._check_receivers(loaded)
            self._check_unused(loaded)
            self._write(path, older, self._raw(path))
            self._apply(self._read({}))
            return next(f for f in self._loaded.files if (f.kind, f.name) == (kind, name))

    # reading -------------------------------------------------------------------------------------------------------

    def _paths(self) -> Iterator[tuple[Kind, Path]]:
        for kind in KINDS:
            try:
                paths = sorted((self.folder / kind).glob("*.toml"))
            except OSError:
                continue
            for path in paths[:MAX_FILES]:
                yield kind, path

    def _path(self, kind: Kind, name: str) -> Path:
        """Where this file lies. Raises CapabilityError for a name that no file may have."""
        if not NAME.fullmatch(name):
            raise CapabilityError(Message("userfile.file_name"), field="name")
        if kind == "providers" and name in self._providers:
            raise CapabilityError(Message("userfile.built_in_name", name=name), field="name")
        return self.folder / kind / f"{name}.toml"

    def _previous(self, path: Path) -> Path:
        return self.folder / PREVIOUS / path.parent.name / path.name

    def _raw(self, path: Path) -> bytes | None:
        """The bytes of a file that lies in the folder itself; None where there is none. Too long ones are cut."""
        try:
            if path.is_symlink() or not path.is_file():
                return None
            with path.open("rb") as file:
                return file.read(user_rows.MAX_BYTES + 1)
        except OSError as error:
            log.warning("%s cannot be read: %s", path.name, type(error).__name__)
            return None

    def _read(self, texts: Mapping[tuple[Kind, str], str | None]) -> _Loaded:
        """What all files say; texts: in the place of a file's own, None for a file that goes."""
        sources: dict[tuple[Kind, str], str | None] = {}
        loaded = _Loaded()
        for kind, path in self._paths():
            name = path.stem
            if (kind, name) in texts:
                continue
            raw = self._raw(path)
            try:
                self._path(kind, name)
                sources[kind, name] = None if raw is None else raw.decode("utf-8", "replace")
            except CapabilityError as error:
                problem = Problem(f"{kind}/{path.name}", 1, error.args[0])
                loaded.files.append(UserFile(kind, name[:60], problems=(problem,)))
        sources |= texts
        for kind, name in sorted(sources, key=lambda key: (key[0] != "providers", key[1])):
            text = sources[kind, name]
            if text is not None:
                self._read_file(loaded, kind, name, text)
        return loaded

    def _read_file(self, loaded: _Loaded, kind: Kind, name: str, text: str) -> None:
        own = kind == "providers"
        rows = user_rows.read(
            f"{kind}/{name}.toml",
            text,
            known=self._built_in | (loaded.models if not own else {}),
            providers=(name,) if own else (*self._providers, *loaded.engines),
            today=now().date(),
            provider=name if own else "",
            tables=("api", "label") if own else (),
        )
        label = self._read_api(loaded, name, rows) if own and rows.body else ""
        kept = [*rows.models, *rows.corrections]
        for model in kept:
            if model.id in loaded.models:
                rows.fault((), Message("userfile.twice", model=model.id))
        if not own or name in loaded.engines:
            loaded.models |= {m.id: m for m in kept if m.id not in loaded.models}
            if rows.account:
                loaded.accounts[rows.provider] = rows.account
        has_previous = self._previous(self.folder / kind / f"{name}.toml").is_file()
        loaded.files.append(
            UserFile(
                kind, name, len(text.encode("utf-8", "replace")), label, tuple(rows.models),
                tuple(m.id for m in rows.corrections), tuple(rows.problems), has_previous,
            )
        )  # fmt: skip

    def _read_api(self, loaded: _Loaded, name: str, rows: UserRows) -> str:
        """The service of a provider's file, made ready to be built; its label."""
        from studio.engines.generic import GenericEngine, environment_of
        from studio.engines.generic.spec import Api

        table = rows.body.get("api")
        if not isinstance(table, dict):
            rows.fault(("api",), Message("userfile.no_api"))
            return ""
        try:
            api = Api.model_validate({"label": rows.body.get("label", "")} | table)
        except ValidationError as error:
            user_rows.report(rows, ("api",), error)
            return ""
        if api.key_env in _names_of_providers():
            rows.fault(("api", "key_env"), Message("userfile.key_of_provider", name=api.key_env))
            return ""
        loaded.engines[name] = OwnEngine(environment_of(api), lambda settings: GenericEngine(settings, name, api))
        loaded.apis[name] = api
        return api.label

    # changing ------------------------------------------------------------------------------------------------------

    def _apply(self, loaded: _Loaded) -> None:
        before, self._loaded = self._loaded, loaded
        gone = [i for i in before.models if i not in loaded.models and i not in self._built_in]
        back = [self._built_in[i] for i in before.models if i not in loaded.models and i in self._built_in]
        self._catalogue.accounts = self._accounts | loaded.accounts
        self._engines.set_own(loaded.engines)
        self._catalogue.swap(gone, [*back, *loaded.models.values()])
        for name in {*before.apis, *loaded.apis, *before.accounts, *loaded.accounts}:
            same = [part.get(name) for part in (before.apis, before.accounts)]
            if name in self._engines and same != [part.get(name) for part in (loaded.apis, loaded.accounts)]:
                self._context.scheduler.replace_engine(name, self._engines.replace(name))
        self._context.notify_changed()
        for file in loaded.files:
            for problem in file.problems:
                log.warning("%s", problem.sentence)

    def _check_unused(self, loaded: _Loaded) -> None:
        """Raise Conflict where runs under way are of a model that would go."""
        gone = {i for i in self._loaded.models if i not in loaded.models and i not in self._built_in}
        if gone:
            with self._context.store.read() as db:
                active = [run.model for run in queue.active(db, "") if run.model in gone]
            if active:
                raise Conflict(Message("userfile.busy", model=active[0], count=len(active)))

    def _check_receivers(self, loaded: _Loaded) -> None:
        """Whoever may use a shared studio must not have its keys sent to another address, nor its network called."""
        start = self._context.settings
        if start.on_loopback and not start.password_hash and not start.origins:
            return
        settings = self._context.engine_settings.current()
        for name, api in loaded.apis.items():
            old = self._loaded.apis.get(name)
            if old is not None and _receiver(old) == _receiver(api):
                continue
            if api.local:
                raise CapabilityError(Message("userfile.local_shared"), field="text")
            if api.key_env and settings.secret(api.key_env):
                raise CapabilityError(Message("userfile.receiver", name=api.key_env), field="text")

    def _write(self, path: Path, content: bytes, before: bytes | None) -> None:
        """Put the content in the file's place in one step; what was there becomes the version before."""
        with storing(self.folder):
            for place in (path, self._previous(path)):
                place.parent.mkdir(parents=True, exist_ok=True)
            if before is not None:
                _put(self._previous(path), before)
            _put(path, content)


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _receiver(api: Any) -> tuple[Any, ...]:
    return api.base_url, api.base_url_env, api.key_env, api.local


def _revision(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def _masked(text: str) -> str:
    """The text without what looks like a key of a well-known service."""
    return user_rows.SECRET_VALUE.sub(SHOWN_KEY, text)


def _names_of_providers() -> set[str]:
    """Environment names that built-in engines read; the one of the Wan guides' pattern is anybody's."""
    names = {name for engine in registry.REGISTRY for name in registry.environment(engine)}
    return names - {"WAN_API_KEY"}
