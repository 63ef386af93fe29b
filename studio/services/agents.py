"""Agents that the user built at a provider, as models: loaded on request, kept as rows in a file of the user's.

The provider says what an agent is called and launched with, not what it makes: a new row makes clips until the user
writes otherwise. Rows that are there stay as they are, for they may have been edited.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass

from studio.catalogue.row_checks import PARAM_NAME
from studio.domain import Request
from studio.engines.base import Agent, Agents
from studio.errors import EngineError, NotConfigured, NotFound, Unavailable
from studio.messages import Message, term
from studio.services.context import Context
from studio.services.replaceable_engines import ReplaceableEngines
from studio.services.user_files import UserFiles

TIMEOUT_S = 60.0
TAKEN = frozenset(Request.model_fields)


@dataclass(frozen=True)
class LoadedAgents:
    """What came of it. file: where the rows are. added: labels of new models. known: how many were there before."""

    file: str
    added: tuple[str, ...]
    known: int


class AgentModels:
    """Safe from any thread. `load` waits for the provider."""

    def __init__(self, context: Context, engines: ReplaceableEngines, files: UserFiles) -> None:
        self._context, self._engines, self._files = context, engines, files

    def providers(self) -> list[tuple[str, str]]:
        """Name and label of the providers that have agents and are ready."""
        found = [(name, self._engines[name]) for name in self._engines]
        return [(name, e.info.label) for name, e in found if isinstance(e, Agents) and e.missing() is None]

    def load(self, provider: str) -> LoadedAgents:
        """Ask the provider for its agents, and keep those that are new. Free of charge. Raises StudioError."""
        engine = self._engines.get(provider)
        if not isinstance(engine, Agents):
            raise NotFound(Message("agents.none_there", provider=provider[:40]))
        if missing := engine.missing():
            raise NotConfigured(missing)
        agents = self._asked(provider, engine.info.label)
        name = f"{provider}-agents"
        opened = self._files.open_or_new("models", name, f'provider = "{provider}"\n')
        new = [agent for agent in agents if not _is_kept(agent, opened.text)]
        taken = set(re.findall(r'^name = "([^"]+)"', opened.text, re.MULTILINE))
        taken |= {m.id.partition("/")[2] for m in self._context.catalogue if m.provider == provider}
        parts = [opened.text.rstrip("\n"), *(row(agent, taken) for agent in new)]
        if new:
            text = "\n\n".join(parts) + "\n"
            self._files.save("models", name, text, revision=opened.revision, with_problems=True)
        return LoadedAgents(f"models/{name}.toml", tuple(a.name for a in new), len(agents) - len(new))

    def _asked(self, provider: str, label: str) -> list[Agent]:
        """The agents, asked for by a fresh engine on a loop of its own, as connections are tested."""
        result: Future[list[Agent]] = Future()

        async def ask() -> list[Agent]:
            engine = self._engines.build(provider)
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    return await engine.agents() if isinstance(engine, Agents) else []
            finally:
                await engine.close()

        def work() -> None:
            try:
                result.set_result(asyncio.run(ask()))
            except Exception as error:
                result.set_exception(error)

        threading.Thread(target=work, name=f"agents of {provider}", daemon=True).start()
        try:
            return result.result(TIMEOUT_S + 1)
        except EngineError:
            raise
        except Exception as error:
            raise Unavailable(Message("engine.answer_late", provider=term(label)), code=type(error).__name__) from None


def row(agent: Agent, taken: set[str]) -> str:
    """A model of this agent as TOML: a field for each variable. taken: names of other rows; its own is added."""
    title = agent.name if agent.workflow in ("", "Main") else f"{agent.name}: {agent.workflow}"
    name = _name(title, taken)
    fields = dict(_fields(agent.variables))
    lines = [
        "[[model]]",
        f'name = "{name}"',
        f"label = {_text(title)}",
        'family = "agents"',
        'tasks = ["text-to-video"]   # what it makes: text-to-video or text-to-image',
        f"prompt = {{ {'required = true' if 'prompt' in fields.values() else 'max_chars = 0'} }}",
        "engine = {}",
        "",
        "[model.request]",
        f"appId = {{ value = {_text(agent.id)} }}",
        *([f"workflow = {{ value = {_text(agent.workflow)} }}"] if agent.workflow else []),
        *(f'"variables.{variable}" = "{field}"' for variable, field in fields.items()),
    ]
    for variable, field in fields.items():
        if field != "prompt":
            lines += ["", f"[model.params.{field}]", 'type = "text"', f"label = {_text(variable)}", "max_chars = 2000"]
    return "\n".join(lines)


def _fields(variables: Iterable[str]) -> Iterable[tuple[str, str]]:
    """(variable, our name): the prompt for one of that name, else a parameter of its own."""
    used: set[str] = set()
    for variable in variables:
        name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", variable).lower()).strip("_")
        if name != "prompt" or name in used:
            name = name if PARAM_NAME.fullmatch(name) and name not in TAKEN else f"var_{name}"[:40].rstrip("_")
        while name in used:
            name = f"{name[:36]}_{len(used)}"
        used.add(name)
        yield variable, name


def _name(title: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "agent"
    name, number = f"agent-{base}", 2
    while name in taken:
        name, number = f"agent-{base}-{number}", number + 1
    taken.add(name)
    return name


def _is_kept(agent: Agent, text: str) -> bool:
    """Whether the file has a row of this agent and workflow."""
    place = rf"appId = \{{ value = {re.escape(_text(agent.id))} \}}\n"
    after = rf"workflow = \{{ value = {re.escape(_text(agent.workflow))} \}}" if agent.workflow else "(?!workflow)"
    return re.search(place + after, text) is not None


def _text(value: str) -> str:
    """A text of one line as TOML writes it; what could be markup is left out, since no row may have it."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in value.replace("<", "")).split())
    return json.dumps(plain, ensure_ascii=False)
