"""What the provider's answers hold: files and words of a finished task, however the model spells them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from studio.domain import JSON, Kind, Output
from studio.errors import EngineError, UnknownOutcome


def outputs(output: JSON) -> tuple[Output, ...]:
    """Files and texts of a finished task or a direct answer, in reading order."""
    return tuple(_videos(output)) or tuple(_pieces(output)) or tuple(_old_images(output))


def _videos(output: JSON) -> Iterator[Output]:
    nested = output.get("results")
    places = (output.get("video_url"), output.get("output_video_url"))
    for url in (*places, nested.get("video_url") if isinstance(nested, dict) else None):
        if url:
            yield Output(kind=Kind.VIDEO, url=str(url))
            return


def _pieces(output: JSON) -> Iterator[Output]:
    """Images and texts of chat-like answers. Neighbouring pieces of text are one."""
    text = ""
    for choice in output.get("choices") or []:
        for piece in (choice.get("message") or {}).get("content") or []:
            if piece.get("text"):
                text += str(piece["text"])
            elif piece.get("image"):
                if text.strip():
                    yield Output(kind=Kind.TEXT, text=text)
                text = ""
                yield Output(kind=Kind.IMAGE, url=str(piece["image"]))
    if text.strip():
        yield Output(kind=Kind.TEXT, text=text)


def _old_images(output: JSON) -> Iterator[Output]:
    """Results of older image models, of which some may have failed."""
    results = output.get("results")
    for result in results if isinstance(results, list) else []:
        if result.get("url"):
            yield Output(kind=Kind.IMAGE, url=str(result["url"]))


def prompt_used(output: JSON) -> str | None:
    """A note with the prompt as a model rewrote it, where the task tells."""
    used = output.get("actual_prompt")
    return f"Prompt as improved: {used}" if used and used != output.get("orig_prompt") else None


async def gathered(events: AsyncIterator[tuple[str, JSON]]) -> JSON:
    """A streamed answer as the one it would have been: {"output", "usage", "request_id"}.

    Raises EngineError carrying the code when the stream reports an error, UnknownOutcome when it stops before its end:
    pictures may have been made and billed. The end is told by finish_reason; `finished` is true on every piece.
    """
    content: list[JSON] = []
    whole: JSON = {}
    async for name, data in events:
        if name == "error" or (data.get("code") and "output" not in data):
            raise StreamError(data)
        whole = {k: data[k] for k in ("usage", "request_id") if k in data} | {"done": False}
        for choice in (data.get("output") or {}).get("choices") or []:
            content += (choice.get("message") or {}).get("content") or []
            whole["done"] = choice.get("finish_reason") == "stop"
        if whole["done"]:
            message = {"role": "assistant", "content": content}
            return {**whole, "output": {"choices": [{"finish_reason": "stop", "message": message}]}}
    raise UnknownOutcome("The answer broke off before its end; pictures may have been made.")


class StreamError(EngineError):
    """The stream reported an error. body: as it came."""

    def __init__(self, body: JSON) -> None:
        super().__init__(str(body.get("message") or body.get("code")), code=str(body.get("code") or ""))
        self.body = body
