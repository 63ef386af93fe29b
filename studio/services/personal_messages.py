"""What a message to one person says on a device, or by a service of theirs.

A push service and the lock screen see nothing of a prompt unless the person allows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.domain import JSON
from studio.messages import ENGLISH, Message, joined, worded
from studio.services import review_messages

ASKED = "approval.asked"
BODY_CHARS = 300
PATHS = {"queue": "?tab=queue", "studio": "./"}


@dataclass(frozen=True)
class PersonalChoices:
    """What one person is told. approvals: runs of others that wait for their decision. prompts: messages may quote
    prompts and comments. drafts: also runs of the draft engine. mentions, answers, retakes, statuses: of reviews."""

    succeeded: bool = True
    failed: bool = True
    held: bool = True
    approvals: bool = True
    mentions: bool = True
    answers: bool = True
    retakes: bool = True
    statuses: bool = True
    drafts: bool = False
    prompts: bool = False
    language: str = ENGLISH


def title_of(body: JSON) -> Message:
    """One line: what happened."""
    if review_messages.is_ours(body):
        return review_messages.title_of(body)
    return Message(f"push.{body['type'].replace('.', '_')}", n=body["data"].get("runs") or 1)


def text_of(body: JSON, choices: PersonalChoices) -> str:
    """What it is about: model, price, and why, where that is the studio's own sentence."""
    data = body["data"]
    if review_messages.is_ours(body):
        return _cut(joined(*review_messages.sentences(body, quoted=choices.prompts)), choices)
    parts: list[str] = []
    if data.get("prompt") and choices.prompts:
        parts.append(f"“{data['prompt']}”")
    if body["type"] == ASKED:
        values = {"n": data["runs"], "model": data["model_label"]}
        parts.append(
            Message("push.asks", who=data["who"], **values) if data["who"] else Message("push.asks_here", **values)
        )
    elif data.get("model_label"):
        parts.append(data["model_label"])
    if data.get("error") and (choices.prompts or body["type"] == ASKED):
        parts.append(data["error"])
    if usd := data.get("usd") or data.get("cost_usd") or data.get("estimate_usd"):
        parts.append(f"${usd:.2f}" if usd >= 0.01 else f"${usd:.4f}")
    return _cut(joined(*parts), choices) if parts else ""


def _cut(sentences: Message, choices: PersonalChoices) -> str:
    text = worded(sentences, choices.language)
    return text if len(text) <= BODY_CHARS else text[: BODY_CHARS - 1] + "…"


def path_of(body: JSON) -> str:
    """Where a press on it leads, relative to the studio."""
    if review_messages.is_ours(body):
        return review_messages.path_of(body)
    data = body["data"]
    return f"?run={data['id']}" if data.get("id") else PATHS["queue"] if data.get("batch") else PATHS["studio"]


def payload(body: JSON, choices: PersonalChoices, link: str | None) -> JSON:
    """As the service worker shows it. link: to the decision page, with its token, where this person is asked."""

    def words(message: str) -> str:
        return worded(message, choices.language)

    data = body["data"]
    shown: JSON = {
        "title": words(title_of(body)), "body": text_of(body, choices), "url": link or path_of(body),
        "tag": str(data.get("tag") or data.get("id") or data.get("question") or data.get("batch") or "studio"),
        "lang": choices.language,
    }  # fmt: skip
    if link:
        shown["actions"] = [
            {"action": "approve", "title": words(Message("push.approve"))},
            {"action": "reject", "title": words(Message("push.reject"))},
        ]
    return shown
