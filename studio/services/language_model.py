"""The studio's language model: where it answers, with which key, and whether it works.

An address of one's own (LLM_BASE_URL) counts first; without one, Model Studio's models with the key that makes films
there. Nothing is looked for unless somebody asks. As on all of Connections, a key never leaves, and the address that
receives it is changed only together with it.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from studio.engines.base import ChatApi, Chats, Variable
from studio.errors import CapabilityError, Conflict, EngineError, NotConfigured, StudioError, Unauthorised, Unavailable
from studio.llm import prices
from studio.llm.chat import Answer, CapabilityCache, Chat, Question
from studio.llm.endpoint import Endpoint, Source, is_own_network, label_of
from studio.messages import Message, of_error, term
from studio.services import connection_values
from studio.services.context import Context
from studio.services.engine_settings import Source as ValueSource
from studio.services.visitor_limits import is_visitor
from studio.settings import Settings

BASE, MODEL, KEY = "LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY"
ENVIRONMENT: Mapping[str, Variable] = {
    BASE: Variable(address=True),
    MODEL: Variable(),
    KEY: Variable(secret=True),
}
PROVIDER, DEFAULT_MODEL = "alibaba", "qwen-plus"
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
FOUND_AT = (("Ollama", "http://127.0.0.1:11434/v1"), ("llama.cpp", "http://127.0.0.1:8080/v1"))
"""Where programs that run models answer unless they are told otherwise, by their own pages."""
TEST_S, LOOK_S = 30.0, 4.0
TEST_TOKENS = 200
T = TypeVar("T")


@dataclass(frozen=True)
class ModelTest:
    """What came of a test. seconds: from the question to the end of the answer. model: as the server calls it."""

    state: Literal["works", "refused", "failed"]
    message: str
    seconds: float = 0.0
    model: str = ""


@dataclass(frozen=True)
class LanguageModelState:
    """How the language model is set up. problem: the sentence that says what to do, None when ready.

    source: what is used; "" for nothing. base, model: as they count. shared: Model Studio has a key that can be used.
    given: names that come from the environment and cannot be changed here. key: where the key comes from. models: that
    are known, from the last test or a price list.
    """

    source: Source | Literal[""]
    base: str
    model: str
    local: bool
    label: str
    problem: str | None
    shared: bool
    given: tuple[str, ...]
    key: ValueSource | None
    unread: bool
    models: tuple[str, ...]
    test: ModelTest | None


@dataclass(frozen=True)
class FoundModel:
    """A server on this machine. models: those it lists."""

    label: str
    base: str
    models: tuple[str, ...]


class LanguageModel:
    """Safe from any thread. lends: whether the studio's own keys may be used by an owner; see services.lending."""

    def __init__(self, context: Context, lends: Callable[[str], bool]) -> None:
        self._context, self._settings, self._lends = context, context.engine_settings, lends
        self.capabilities = CapabilityCache()
        self._changing, self._testing = threading.Lock(), threading.Lock()
        self._models: dict[str, tuple[str, ...]] = {}
        self._test: tuple[Endpoint, ModelTest] | None = None

    # for those who write ---------------------------------------------------------------------------------------

    def endpoint(self, owner: str = "", project: str = "") -> Endpoint:
        """Where this owner's questions go. Raises NotConfigured, with the sentence that says what to do."""
        settings = self._settings.current(ENVIRONMENT)
        if settings.option(BASE):
            if is_visitor(owner) or not self._lends(owner):
                raise NotConfigured(Message("llm.not_lent"))
            return self._own(settings)
        return self._of_provider(settings, owner, project)

    def known_models(self, endpoint: Endpoint) -> tuple[str, ...]:
        """Names of models there, as far as they are known without asking."""
        listed = self._models.get(endpoint.base) or prices.models(endpoint.price_list)
        return listed if endpoint.model in listed else (endpoint.model, *listed)

    # for who sets it up ----------------------------------------------------------------------------------------

    def state(self) -> LanguageModelState:
        """How it is set up now. Asks nobody."""
        settings, endpoint, problem = self._settings.current(ENVIRONMENT), None, None
        try:
            endpoint = self.endpoint()
        except StudioError as error:
            problem = of_error(error)
        test = self._test[1] if self._test and self._test[0] == endpoint else None
        refused = test.message if test and test.state == "refused" else None
        return LanguageModelState(
            source=endpoint.source if endpoint else "",
            base=connection_values.shown_address(settings.option(BASE)),
            model=endpoint.model if endpoint else settings.option(MODEL),
            local=bool(endpoint and endpoint.local),
            label=endpoint.label if endpoint else "",
            problem=problem or refused,
            shared=self._chat_api() is not None,
            given=tuple(name for name in ENVIRONMENT if self._settings.is_given(name)),
            key=self._settings.source(KEY, secret=True),
            unread=self._settings.keys.unread(KEY),
            models=self.known_models(endpoint) if endpoint else self._models.get(settings.option(BASE).rstrip("/"), ()),
            test=test,
        )

    def save(
        self, *, base: str | None = None, model: str | None = None, key: str | None = None, local: bool = False
    ) -> LanguageModelState:
        """Save address, model or key; None leaves one as it is, "" takes it away. local: the own network is meant.

        Raises CapabilityError or Conflict, and then nothing was saved.
        """
        with self._changing:
            new_key = None if key is None else self._clean_key(key)
            saved, changes = self._settings.options(), dict[str, str]()
            if base is not None and base.strip().rstrip("/") != saved.get(BASE, ""):
                changes[BASE] = self._clean_base(base, local=local)
            if model is not None and model.strip() != saved.get(MODEL, ""):
                changes[MODEL] = _clean_model(model)
            for name in changes:
                if self._settings.is_given(name):
                    raise Conflict(Message("connection.option_of_environment", name=name))
            self._check_receiver(changes, new_key)
            if changes:
                self._settings.save_options(changes)
            if new_key is not None:
                self._settings.keys.save(KEY, new_key)
            self._test = None
        return self.state()

    def remove_key(self) -> LanguageModelState:
        """Forget the saved key. Raises Conflict for one of the environment."""
        if self._settings.is_given(KEY):
            raise Conflict(Message("connection.key_of_environment", name=KEY))
        with self._changing:
            self._settings.keys.remove(KEY)
            self._test = None
        return self.state()

    def test(self) -> LanguageModelState:
        """Ask the model for one word, which costs next to nothing, and the server for its list. Takes seconds.

        Raises NotConfigured, and Conflict where a test is under way.
        """
        endpoint = self.endpoint()
        if not self._testing.acquire(blocking=False):
            raise Conflict(Message("connection.test_under_way", provider=term(endpoint.label)))
        try:
            models, result = _waited(_tested(endpoint, self.capabilities), TEST_S, endpoint.label)
            if models:
                self._models[endpoint.base] = models
            self._test = (endpoint, result)
        finally:
            self._testing.release()
        return self.state()

    def list_models(self) -> LanguageModelState:
        """Ask the server at the saved address for its models, so that one can be chosen. Raises NotConfigured where
        there is none, EngineError."""
        settings = self._settings.current(ENVIRONMENT)
        endpoint = self._own(settings, named=False) if settings.option(BASE) else self.endpoint()
        self._models[endpoint.base] = _waited(_listed(endpoint), TEST_S, endpoint.label)
        return self.state()

    def look_here(self) -> list[FoundModel]:
        """Servers of language models on this machine, at the addresses that Ollama and llama.cpp use. For a person who
        asked for it."""
        return _waited(_looked(), LOOK_S + 1, "localhost")

    # what it is made of ----------------------------------------------------------------------------------------

    def _own(self, settings: Settings, *, named: bool = True) -> Endpoint:
        """The endpoint at an address of one's own. named: it must have a model."""
        base, model = settings.option(BASE).rstrip("/"), settings.option(MODEL)
        if not base.startswith(("http://", "https://")):
            raise NotConfigured(Message("engine.bad_base", name=BASE, base=repr(base)))
        if named and not model:
            raise NotConfigured(Message("llm.no_model", name=MODEL, server=label_of(base)))
        key = settings.secret(KEY)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return Endpoint("address", base, model, label_of(base), headers)

    def _of_provider(self, settings: Settings, owner: str, project: str) -> Endpoint:
        model = settings.option(MODEL) or DEFAULT_MODEL
        row = next((row for row in self._context.catalogue if row.provider == PROVIDER), None)
        if row is None or PROVIDER not in self._context.engines:
            raise NotConfigured(Message("llm.none"))
        account = self._context.accounts.choose(owner, row, project)
        api = self._chat_api(account)
        if api is None:
            raise NotConfigured(Message("llm.none"))
        label = self._context.engines[PROVIDER].info.label
        return Endpoint("alibaba", api.base, model, label, api.headers, api.price_list, account)

    def _chat_api(self, account: str = "") -> ChatApi | None:
        if PROVIDER not in self._context.engines:
            return None
        engine = self._context.accounts.engines.of_account(PROVIDER, account)
        return engine.chat_api() if isinstance(engine, Chats) and engine.missing() is None else None

    def _clean_key(self, key: str) -> str:
        if self._settings.is_given(KEY):
            raise Conflict(Message("connection.key_of_environment", name=KEY))
        return connection_values.clean_key(KEY, key)

    def _clean_base(self, text: str, *, local: bool) -> str:
        key = self._settings.current().secret(KEY)
        if key and key in text:
            raise CapabilityError(Message("connection.key_inside", name=BASE), field=BASE)
        return connection_values.clean_option(BASE, ENVIRONMENT[BASE], text, local=local)

    def _check_receiver(self, changes: Mapping[str, str], new_key: str | None) -> None:
        """Raise where a key that is there already would go to another host from now on."""
        base, current = changes.get(BASE), self._settings.current(ENVIRONMENT)
        if not base or not current.secret(KEY) or new_key is not None:
            return
        if connection_values.origin(current.option(BASE)) == connection_values.origin(base):
            return
        if self._settings.is_given(KEY):
            raise Conflict(Message("connection.address_with_environment_key", name=BASE, key=KEY))
        if not is_own_network(base):
            raise CapabilityError(Message("connection.address_needs_key", key=KEY), field="key")
        raise CapabilityError(Message("llm.remove_key_first", key=KEY), field="key")


def _clean_model(text: str) -> str:
    name = text.strip()
    if name and not MODEL_NAME.fullmatch(name):
        raise CapabilityError(Message("llm.model_characters", name=MODEL), field=MODEL)
    return name


async def _tested(endpoint: Endpoint, capabilities: CapabilityCache) -> tuple[tuple[str, ...], ModelTest]:
    chat, began = Chat(endpoint, capabilities), time.monotonic()
    models: tuple[str, ...] = ()
    try:
        try:
            models = tuple(await chat.models())
        except EngineError as error:
            if isinstance(error, Unauthorised):
                raise
        answer, began = Answer(), time.monotonic()
        async for _ in chat.ask(Question("Answer with one word.", "Say: ready", TEST_TOKENS), answer):
            pass
        seconds = round(time.monotonic() - began, 2)
        name = answer.model or endpoint.model
        return models, ModelTest(
            "works", Message("llm.works", model=term(name), seconds=f"{seconds:.1f}"), seconds, name
        )
    except StudioError as error:
        state = "refused" if isinstance(error, Unauthorised) else "failed"
        return models, ModelTest(state, of_error(error), round(time.monotonic() - began, 2))
    finally:
        await chat.close()


async def _listed(endpoint: Endpoint) -> tuple[str, ...]:
    chat = Chat(endpoint)
    try:
        return tuple(await chat.models())
    finally:
        await chat.close()


async def _looked() -> list[FoundModel]:
    async def look(label: str, base: str) -> FoundModel | None:
        chat = Chat(Endpoint("address", base, "", label_of(base)))
        try:
            async with asyncio.timeout(LOOK_S):
                return FoundModel(label, base, tuple(await chat.models()))
        except (StudioError, TimeoutError):
            return None
        finally:
            await chat.close()

    found = await asyncio.gather(*(look(label, base) for label, base in FOUND_AT))
    return [one for one in found if one]


def _waited(work: Coroutine[Any, Any, T], limit_s: float, label: str) -> T:
    """What the coroutine gives, on a loop and a thread of its own, for no longer than this."""
    result: Future[T] = Future()

    async def bounded() -> T:
        async with asyncio.timeout(limit_s):
            return await work

    def run() -> None:
        try:
            result.set_result(asyncio.run(bounded()))
        except Exception as error:  # whoever waits gets it
            result.set_exception(error)

    threading.Thread(target=run, name="language model", daemon=True).start()
    try:
        return result.result(limit_s + 1)
    except TimeoutError:
        raise Unavailable(Message("engine.answer_late", provider=term(label)), code="timeout") from None
