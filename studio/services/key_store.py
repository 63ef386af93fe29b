"""Keys that were pasted on the Connections page: in the operating system's keyring, else in memory until the stop.

The database knows only that the keyring holds keys of these names, and under which service, so that a studio without
pasted keys never touches the keyring, and two studios of one machine do not share. A keyring may be absent, locked,
broken, or wait for a person: every call to it is bounded in time and made on a thread that nothing waits for longer.
What comes late, because somebody unlocked it meanwhile, counts from then on.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from pydantic import SecretStr

from studio.domain import JSON
from studio.store import Store, settings

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)
T = TypeVar("T")
Place = Literal["keyring", "memory"]

KEYRING = "connections_keyring"
"""Settings row: {"service": text, "names": [environment names of the keys it holds]}."""
NAMES = {
    "macOS": "macOS Keychain",
    "Windows": "Windows Credential Manager",
    "SecretService": "Secret Service",
    "libsecret": "Secret Service",
    "kwallet": "KWallet",
    "chainer": "Secret Service, KWallet",
}
"""The library's word for a keyring -> the name on its own windows; the last asks several, on Linux."""
READ_TIMEOUT_S, WRITE_TIMEOUT_S = 4.0, 20.0
"""A write may show a dialog that asks to unlock the keyring."""


class KeyringFailed(Exception):
    """There is no keyring that can be used, or it did not do what was asked, or not in time. Never holds a key."""


class KeyStore:
    """Safe from any thread. on_arrival: called with names of keys that the keyring gave after it had been given up."""

    def __init__(self, store: Store, on_arrival: Callable[[set[str]], None] = lambda _: None) -> None:
        self._store, self._on_arrival = store, on_arrival
        self._keys: dict[str, SecretStr] = {}
        self._places: dict[str, Place] = {}
        self._lock = threading.RLock()
        """Held for a moment, never while the keyring is asked."""
        self._changing, self._loading, self._busy = threading.Lock(), threading.Lock(), threading.Lock()
        self._loaded = self._gave_up = False
        self._keyring_name: str | None = None

    def keys(self) -> Mapping[str, SecretStr]:
        """Every pasted key by its environment name. The first call reads the keyring, where it holds any."""
        self._load()
        with self._lock:
            return dict(self._keys)

    def place(self, name: str) -> Place | None:
        """Where this key is kept; None where none was pasted, or the keyring does not give it."""
        self._load()
        with self._lock:
            return self._places.get(name)

    def unread(self, name: str) -> bool:
        """Whether the keyring is said to hold this key, but does not give it (yet)."""
        return self.place(name) is None and name in self._listed()

    def keyring_name(self) -> str | None:
        """What people call this machine's keyring; None where there is none that can be used."""
        if self._keyring_name is None:
            try:
                self._keyring_name = self._bounded(_name, READ_TIMEOUT_S)
            except KeyringFailed:
                return None
        return self._keyring_name

    def save(self, name: str, key: str) -> Place:
        """Keep the key; where it is kept. Raises StorageUnavailable, and then nothing has changed."""
        self._load()
        with self._changing:
            self._list(name, listed=True)
            with self._lock:
                self._keys[name], self._places[name] = SecretStr(key), "memory"
            try:
                service = self._service()
                self._bounded(lambda: self._write(service, name, key), WRITE_TIMEOUT_S)
            except KeyringFailed as error:
                log.info("a key is kept in memory: %s", error)
                self._list(name, listed=False)
            return self._places[name]

    def remove(self, name: str) -> bool:
        """Forget the key; False where the keyring did not, which may hold it still (it is never read again)."""
        self._load()
        with self._changing:
            listed, service = name in self._listed(), self._service()
            self._list(name, listed=False)
            with self._lock:
                self._keys.pop(name, None)
                self._places.pop(name, None)
            try:
                if listed:
                    self._bounded(lambda: _delete(service, name), WRITE_TIMEOUT_S)
            except KeyringFailed as error:
                log.warning("a key could not be removed from the keyring: %s", error)
                return False
            return True

    def _write(self, service: str, name: str, key: str) -> None:
        """Put the key into the keyring, however long that takes. Where it was changed meanwhile, it is taken out."""
        _write(service, name, key)
        with self._lock:
            current = self._keys.get(name)
            kept = current is not None and current.get_secret_value() == key
            if kept:
                self._places[name] = "keyring"
        if kept:
            self._list(name, listed=True)
        else:
            _delete(service, name)

    # what the database knows ----------------------------------------------------------------------------------

    def _record(self) -> JSON:
        with self._store.read() as db:
            return settings.get(db, KEYRING) or {}

    def _listed(self) -> set[str]:
        """Names of the keys that the keyring is said to hold."""
        return set(self._record().get("names", ()))

    def _service(self) -> str:
        return str(self._record().get("service", ""))

    def _list(self, name: str, *, listed: bool) -> None:
        """Remember whether the keyring holds this name: before the key itself goes there, so that none is orphaned."""
        with self._store.write() as db:
            record = settings.get(db, KEYRING) or {"service": f"wan-studio-{secrets.token_hex(4)}", "names": []}
            names = set(record["names"])
            record["names"] = sorted(names | {name} if listed else names - {name})
            settings.put(db, KEYRING, record)

    # the keyring ----------------------------------------------------------------------------------------------

    def _load(self) -> None:
        if self._loaded:
            return
        with self._loading:
            if self._loaded:
                return
            names, service = self._listed(), self._service()
            try:
                if names:
                    self._bounded(lambda: self._take(_read(service, names)), READ_TIMEOUT_S)
            except KeyringFailed as error:
                log.warning("saved keys cannot be read: %s", error)
            with self._lock:
                self._loaded = self._gave_up = True

    def _take(self, found: Mapping[str, str]) -> None:
        """Use keys that the keyring gave. What was pasted or removed while it was waited for counts more."""
        listed = self._listed()
        with self._lock:
            new = {name: SecretStr(key) for name, key in found.items() if name in listed and name not in self._keys}
            self._keys |= new
            self._places |= dict.fromkeys(new, "keyring")
            late = self._gave_up
        if late and new:
            self._on_arrival(set(new))

    def _bounded(self, call: Callable[[], T], timeout_s: float) -> T:
        """The result of a call to the keyring. Raises KeyringFailed for any failure of it, and where it takes longer.

        The call goes on in its thread then, and further ones fail at once until it has ended.
        """
        if not self._busy.acquire(blocking=False):
            raise KeyringFailed("the keyring does not answer")
        result: Future[T] = Future()

        def work() -> None:
            try:
                outcome, failure = call(), None
            except KeyringFailed as error:
                outcome, failure = None, error
            except Exception as error:  # of a backend; its text may hold anything, so only its name is kept
                outcome, failure = None, KeyringFailed(f"the keyring failed ({type(error).__name__})")
            self._busy.release()
            result.set_exception(failure) if failure else result.set_result(cast(T, outcome))

        threading.Thread(target=work, name="keyring", daemon=True).start()
        try:
            return result.result(timeout_s)
        except TimeoutError:
            raise KeyringFailed("the keyring does not answer") from None


def _name() -> str:
    own = _backend().name  # such as "macOS Keyring" or "SecretService Keyring"
    return NAMES.get(own.partition(" ")[0], own)


def _backend() -> KeyringBackend:
    """The keyring that a person or the system chose. Those below priority 1, such as plain files, are none for keys.

    Raises KeyringFailed. Source: keyring, `keyring.core.recommended`.
    """
    try:
        import keyring
        from keyring.backends.null import Keyring as Disabled

        chosen = keyring.get_keyring()
        if isinstance(chosen, Disabled) or chosen.priority < 1:
            raise KeyringFailed("this machine has no keyring")
    except KeyringFailed:
        raise
    except Exception as error:  # a backend may fail in its own way already when it is looked at
        raise KeyringFailed(f"the keyring cannot be used ({type(error).__name__})") from None
    return chosen


def _write(service: str, name: str, key: str) -> None:
    """Keep the key, and read it again: some keyrings take everything and keep nothing."""
    chosen = _backend()
    chosen.set_password(service, name, key)
    if chosen.get_password(service, name) != key:
        raise KeyringFailed("the keyring does not keep keys")


def _read(service: str, names: set[str]) -> dict[str, str]:
    chosen = _backend()
    found = {name: chosen.get_password(service, name) for name in names}
    return {name: key for name, key in found.items() if key}


def _delete(service: str, name: str) -> None:
    chosen = _backend()
    if chosen.get_password(service, name) is not None:
        chosen.delete_password(service, name)
