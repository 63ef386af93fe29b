"""What is doubtful in the words of a create form, for the list beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from studio.catalogue import Model, form_values, prompt_facts
from studio.catalogue.form_sizes import as_object
from studio.domain import JSON, Kind, Task
from studio.messages import Message
from studio.prompt.lint.lint import lint
from studio.prompt.lint.model import Facts, Finding
from studio.prompt.lint.remedies import for_page
from studio.prompt.markup import MarkKind

REFUSALS = ("lint.refused_choice", "lint.refused_mark")
TEXTS = ("prompt", "negative_prompt")


def part(form: JSON, model: Model, task: Task) -> JSON:
    """The findings of both texts of a form, positions as the page counts them."""
    texts = {name: str(form.get(name) or "") for name in TEXTS}
    return {"findings": for_page(_findings(form, texts, model, task), texts)}


def shortened(problems: list[JSON]) -> list[JSON]:
    """Refusals of marks in few words, since the findings below them say what can be done."""
    return [
        one | {"message": Message("lint.refused_here", words=message.values["words"])}
        if isinstance(message := one["message"], Message) and message.id in REFUSALS
        else one
        for one in problems
    ]


def _findings(form: JSON, texts: dict[str, str], model: Model, task: Task) -> Iterator[Finding]:
    if not form_values.takes_prompt(model):
        return
    body = form_values.to_request(form, model, task)
    facts = replace(
        prompt_facts.facts(model, task, body, _kinds(form)),
        can_vary=True,
        combinations=bool(form.get("combinations")),
        per_line=bool(form.get("per_line")),
    )
    if facts.per_line:
        facts = replace(facts, max_chars=None, words=None)  # of each line, which the form's own check tells
    yield from lint(texts["prompt"], facts)
    if model.negative_prompt:
        yield from negative_findings(texts["negative_prompt"], facts, frozenset(model.negative_prompt.marks))


def negative_findings(text: str, facts: Facts, reads: frozenset[MarkKind]) -> Iterator[Finding]:
    """The marks of other programs in a negative prompt; its words are no sentence that could be judged."""
    marks = Facts(literal=facts.literal, combinations=facts.combinations, can_vary=facts.can_vary, reads=reads)
    for finding in lint(text, marks):
        if finding.rule.startswith("foreign."):
            yield finding.model_copy(update={"field": "negative_prompt"})


def _kinds(form: JSON) -> dict[str, Kind]:
    """Kinds of the form's files, where the browser told them."""
    files = [
        as_object(file) for slot in as_object(form.get("media")).values() for file in slot if isinstance(file, dict)
    ]
    return {str(f["id"]): Kind(f["kind"]) for f in files if f.get("id") and f.get("kind") in set(Kind)}
