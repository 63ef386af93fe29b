"""What a message to the user says: our JSON, with a line of text as Slack and its like show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from studio.catalogue import Catalogue
from studio.domain import JSON, Run, now
from studio.errors import NotFound
from studio.jobs import model_holds
from studio.messages import Message, joined, term, worded
from studio.store.model_holds import ModelHold
from studio.store.notifications import BatchCount

Kind = Literal[
    "run.succeeded", "run.failed", "run.held", "batch.finished", "batch.held", "runs.finished", "model.held", "test"
]
PROMPT_CHARS = 120
MOST_IDS = 100


class MessageWriter:
    """Words messages in one language. public_url: where people open the studio; "" leaves links out."""

    def __init__(self, catalogue: Catalogue, *, language: str, public_url: str) -> None:
        self._catalogue, self._language, self._public_url = catalogue, language, public_url

    def run(self, run: Run) -> JSON:
        """One run that has ended, or is held."""
        model, usd = self._label_of(run.model), run.cost_usd if run.cost_usd is not None else run.estimate_usd
        prompt = shortened(run.request.prompt)
        sentence = Message(f"notify.run_{run.status}", prompt=prompt or model, model=model)
        why = run.error if run.status != "succeeded" else ""
        data = {
            "id": run.id,
            "status": run.status.value,
            "task": run.request.task.value,
            "model": run.model,
            "model_label": str(model),
            "prompt": prompt,
            "seed": run.seed,
            "cost_usd": run.cost_usd,
            "estimate_usd": run.estimate_usd,
            "error": why and worded(why, self._language),
            "held_reason": run.held_reason and run.held_reason.value,
            "batch": run.batch or None,
            "created_at": run.created_at.isoformat(),
            "finished_at": run.finished_at and run.finished_at.isoformat(),
            "assets": [
                {"id": a.id, "kind": a.kind.value, "mime": a.mime, "url": self._link(f"media/{a.id}")}
                for a in run.assets
            ],
            "url": self._link(f"?run={run.id}"),
        }
        return self._body(f"run.{run.status}", joined(sentence, why or "", _dollars(usd)), data)

    def batch(self, kind: Kind, count: BatchCount, ids: list[str], *, batch: str | None) -> JSON:
        """Several runs. ids: those that changed."""
        by_status: Mapping[str, int] = count.by_status
        counts = {s: by_status.get(s, 0) for s in ("succeeded", "failed", "held", "cancelled", "queued", "running")}
        sentence = Message(f"notify.{kind.replace('.', '_')}", n=sum(by_status.values()))
        parts = [Message(f"notify.n_{s}", n=counts[s]) for s in ("succeeded", "failed", "held") if counts[s]]
        data = counts | {"batch": batch, "runs": sum(by_status.values()), "cost_usd": round(count.cost_usd, 6)}
        data |= {"ids": ids[:MOST_IDS], "url": self._link("")}
        return self._body(kind, joined(sentence, *parts, _dollars(count.cost_usd or None)), data)

    def model_hold(self, hold: ModelHold) -> JSON:
        """A model whose waiting runs do not start, after failures in a row."""
        label = self._label_of(hold.model)
        sentence = model_holds.reason(hold, label)
        data = {"model": hold.model, "model_label": str(label), "failures": hold.failures}
        return self._body("model.held", sentence, data | {"url": self._link("")})

    def test(self) -> JSON:
        """What the button on the Settings page sends."""
        return self._body("test", Message("notify.test"), {"url": self._link("")})

    def _body(self, kind: str, sentence: str, data: JSON) -> JSON:
        text = worded(sentence, self._language)
        link = f" {data['url']}" if data.get("url") else ""
        return {"type": kind, "timestamp": now().isoformat(), "text": text + link, "data": data}

    def _link(self, path: str) -> str | None:
        return f"{self._public_url}/{path}" if self._public_url else None

    def _label_of(self, model_id: str) -> str:
        try:
            return term(self._catalogue.get(model_id).label)
        except NotFound:
            return model_id


def slack_text(text: str) -> str:
    """The text as Slack reads it: a prompt can call nobody and make no link of another name.

    Source: Slack, "Formatting text for app surfaces": &, < and > are the characters to escape.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(prompt: str) -> str:
    """The beginning of a prompt, on one line."""
    text = " ".join(prompt.split())
    return text if len(text) <= PROMPT_CHARS else text[: PROMPT_CHARS - 1].rstrip() + "…"


def _dollars(usd: float | None) -> str:
    if not usd:
        return ""
    return f"(${usd:.2f})" if usd >= 0.01 else f"(${usd:.4f})"
