"""What a language model can be asked here: each kind of work, its fields, its question, and the check of its answer.

What somebody wrote is data. The answer is text or a list of shots, held against what was asked: what is gone or too
long is said, and never put right in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from studio.catalogue import Catalogue, Model
from studio.domain import Kind, Task
from studio.errors import CapabilityError, Refused
from studio.llm import fidelity, script_answer, system_prompts, tokens
from studio.llm.chat import Answer, Question
from studio.llm.system_prompts import Language, language_of
from studio.messages import Message, term
from studio.payload import Payload
from studio.prompt.script.model import Script
from studio.storyboard.limits import MAX_TEXT_CHARS
from studio.storyboard.model import Board

WritingKind = Literal["expand", "translate", "treatment", "shots", "script", "retake"]
MAX_SCRIPT_CHARS = 30_000
MAX_ANSWER_TOKENS = 16_000
MAX_SECONDS, MAX_COUNT = 3600, 100
SHOT_TOKENS = 350
LENGTH_TOLERANCE = 0.05
FENCE = "```"

UserText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS)]
Tongue = Literal["", "en", "zh"]


class Expand(Payload):
    """A prompt to make richer. model: the catalogue's id of the model it is for, "" for any. language: of the answer,
    "" for that of the text."""

    text: UserText
    model: str = Field("", max_length=200)
    task: Task = Task.TEXT_TO_VIDEO
    language: Tongue = ""


class Translate(Payload):
    """A text to translate."""

    text: UserText
    to: Literal["en", "zh"]


class Treatment(Payload):
    """An idea to make a story of, for a film of so many seconds."""

    idea: UserText
    seconds: float = Field(30, ge=2, le=MAX_SECONDS)
    language: Tongue = ""


class Shots(Payload):
    """A story to make shots of. count: how many, 0 for as many as fit."""

    text: UserText
    seconds: float = Field(30, ge=2, le=MAX_SECONDS)
    count: int = Field(0, ge=0, le=MAX_COUNT)
    language: Tongue = ""


class ReadScript(Payload):
    """A script of any form to read."""

    text: str = Field(min_length=1, max_length=MAX_SCRIPT_CHARS)


class Retake(Payload):
    """A prompt that is to follow a comment: that of a board's shot, or `text`, which a version of a review was made
    with on `model`."""

    board: str = Field("", max_length=64)
    shot: str = Field("", max_length=64)
    text: str = Field("", max_length=MAX_TEXT_CHARS)
    model: str = Field("", max_length=200)
    comment: UserText


BODIES: dict[WritingKind, type[Payload]] = {
    "expand": Expand,
    "translate": Translate,
    "treatment": Treatment,
    "shots": Shots,
    "script": ReadScript,
    "retake": Retake,
}


@dataclass(frozen=True)
class WritingTask:
    """One question with what its answer is held against. original: what must survive. max_chars: of the model that
    the answer is for. seconds: of the film. names, numbers: whether they must survive as they are written."""

    kind: WritingKind
    question: Question
    original: str = ""
    model: str = ""
    max_chars: int | None = None
    seconds: float | None = None
    names: bool = True
    numbers: bool = True

    @property
    def tokens_in(self) -> int:
        """Most tokens of the question."""
        texts = (self.question.system, self.question.user)
        return sum(tokens.at_most(text) + tokens.OVERHEAD for text in texts)


@dataclass(frozen=True)
class Outcome:
    """What came of it: text, or a script. warnings: sentences on what may be wrong with it."""

    text: str = ""
    script: Script | None = None
    warnings: tuple[str, ...] = ()


def build(body: Payload, catalogue: Catalogue, board: Callable[[str], Board]) -> WritingTask:
    """The work that a body asks for. Raises NotFound for a model or a board, CapabilityError for an empty text."""
    for name in ("comment",) if isinstance(body, Retake) else ("text", "idea"):
        if not getattr(body, name, "x").strip():
            raise CapabilityError(Message("writing.empty"), field=name)
    if isinstance(body, Expand):
        return _expand(body, catalogue.get(body.model) if body.model else None)
    if isinstance(body, Translate):
        size = min(MAX_ANSWER_TOKENS, 2 * tokens.at_most(body.text) + 200)
        question = Question(system_prompts.translate(body.to), body.text, size)
        return WritingTask("translate", question, body.text, names=False)
    if isinstance(body, Treatment):
        language = body.language or language_of(body.idea)
        question = Question(system_prompts.treatment(language, body.seconds), body.idea, 3000)
        return WritingTask("treatment", question, body.idea, numbers=False)
    if isinstance(body, Shots):
        return _shots(body)
    if isinstance(body, Retake):
        return _retake(body, catalogue, board)
    if isinstance(body, ReadScript):
        language = language_of(body.text)
        size = min(MAX_ANSWER_TOKENS, 2 * tokens.at_most(body.text) + 1500)
        question = Question(system_prompts.script(language), body.text, size, script_answer.schema())
        return WritingTask("script", question, body.text, numbers=False)
    raise TypeError(f"no work: {type(body).__name__}")


def _expand(body: Expand, row: Model | None) -> WritingTask:
    language = language_of(body.text)
    max_chars = row.prompt.max_chars if row else None
    if max_chars == 0:
        raise CapabilityError(Message("writing.no_prompt", model=term(row.label if row else "")), field="model")
    system = system_prompts.expand(
        language,
        task=body.task,
        sound=row is not None and row.audio != "never",
        answer=body.language or language,
        max_chars=max_chars,
    )
    size = min(2000, max(300, max_chars)) if max_chars else 1500
    size = max(size, min(MAX_ANSWER_TOKENS, 2 * tokens.at_most(body.text)))
    same = not body.language or body.language == language
    return WritingTask(
        "expand", Question(system, body.text, size), body.text, row.label if row else "", max_chars, names=same
    )


def _shots(body: Shots) -> WritingTask:
    language: Language = body.language or language_of(body.text)
    count = body.count or max(1, round(body.seconds / 3))
    size = min(MAX_ANSWER_TOKENS, 500 + SHOT_TOKENS * count)
    system = system_prompts.shots(language, body.seconds, body.count)
    question = Question(system, body.text, size, script_answer.schema())
    same = language == language_of(body.text)
    return WritingTask("shots", question, body.text, seconds=body.seconds, names=same, numbers=False)


def _retake(body: Retake, catalogue: Catalogue, board: Callable[[str], Board]) -> WritingTask:
    prompt, model = body.text, body.model
    if body.board:
        film = board(body.board)
        shot = film.shot(body.shot)
        prompt, model = shot.prompt, shot.model or film.model
    if not prompt.strip():
        raise CapabilityError(Message("writing.empty"), field="shot" if body.board else "text")
    row = next((one for one in catalogue if one.id == model), None)
    max_chars = row.prompt.max_chars if row else None
    video = row is None or any(task.makes is Kind.VIDEO for task in row.tasks)
    system = system_prompts.retake(language_of(prompt), video=video, max_chars=max_chars)
    user = f"Prompt:\n{prompt}\n\nComment:\n{body.comment}"
    size = min(MAX_ANSWER_TOKENS, 2 * tokens.at_most(prompt) + 600)
    return WritingTask("retake", Question(system, user, size), prompt, row.label if row else "", max_chars)


def outcome(work: WritingTask, answer: Answer) -> Outcome:
    """The answer as it can be used, with what may be wrong with it. Raises Refused for one that is no list of shots."""
    cut = (Message("writing.cut"),) if answer.finish == "length" else ()
    if work.question.schema is None:
        text = bare(answer.text) if work.kind != "translate" else answer.text
        return Outcome(text, warnings=(*cut, *_of_text(work, text)))
    try:
        script = script_answer.read(answer.text)
    except ValueError as error:
        said = Message("writing.cut_script") if cut else Message("writing.no_script", why=f"{error}"[:200])
        raise Refused(said, code="schema") from None
    if work.kind == "script":
        script = script_answer.placed(script, work.original)
    return Outcome(script=script, warnings=(*cut, *_of_script(work, script)))


def bare(text: str) -> str:
    """A prompt without what some models put around it: a Markdown fence, quotation marks around the whole."""
    text = text.strip()
    if text.startswith(FENCE) and text.endswith(FENCE) and len(text) > 2 * len(FENCE):
        inner = text[len(FENCE) : -len(FENCE)]
        first, newline, rest = inner.partition("\n")
        text = (rest if newline and len(first) < 20 and " " not in first else inner).strip()
    for opening, closing in (('"', '"'), ("“", "”")):
        inside = text[1:-1]
        if len(text) > 2 and text[0] == opening and text[-1] == closing and not {opening, closing} & set(inside):
            return inside.strip()
    return text


def _of_text(work: WritingTask, text: str) -> list[str]:
    found: list[str] = []
    if gone := fidelity.lost(work.original, text, names=work.names, numbers=work.numbers):
        found.append(Message("writing.lost", listed=", ".join(gone)))
    if new := fidelity.added(work.original, text):
        found.append(Message("writing.added", listed=", ".join(new)))
    if work.max_chars and len(text) > work.max_chars:
        found.append(Message("writing.too_long", count=len(text), model=term(work.model), most=work.max_chars))
    return found


def _of_script(work: WritingTask, script: Script) -> list[str]:
    found: list[str] = []
    said = script_answer.words_of(script)
    if gone := fidelity.lost(work.original, said, names=work.names, numbers=False):
        found.append(Message("writing.lost", listed=", ".join(gone)))
    if work.kind == "script":
        lines = [line.text for shot in script.shots for line in shot.dialogue]
        if new := fidelity.missing_lines(work.original, lines):
            found.append(Message("writing.not_in_text", listed=", ".join(map(fidelity.excerpt, new))))
    off = abs(script.length_s - work.seconds) if work.seconds else 0
    if work.seconds and off > max(1.0, LENGTH_TOLERANCE * work.seconds):
        found.append(Message("writing.length", length=f"{script.length_s:g}", seconds=f"{work.seconds:g}"))
    return found
