"""What the provider's answers hold: files and words of a finished task, however the model spells them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from studio.domain import JSON, Kind, Output
from studio.engines.strict_json import rows, table
from studio.errors import EngineError, UnknownOutcome
from studio.messages import Message


def outputs(output: JSON) -> tuple[Output, ...]:
    """Files and texts of a finished task or a direct answer, in reading order."""
    return tuple(_videos(output)) or tuple(_pieces(output)) or tuple(_legacy_images(output))


def _videos(output: JSON) -> Iterator[Output]:
    nested = table(output.get("results"))
    for url in (output.get("video_url"), output.get("output_video_url"), nested.get("video_url")):
        if url and isinstance(url, str):
            yield Output(kind=Kind.VIDEO, url=url)
            return


def _pieces(output: JSON) -> Iterator[Output]:
    """Images and texts of chat-like answers. Neighbouring pieces of text are one."""
    text = ""
    for choice in rows(output.get("choices")):
        for piece in rows(table(choice.get("message")).get("content")):
            if piece.get("text"):
                text += str(piece["text"])
            elif (url := piece.get("image")) and isinstance(url, str):
                if text.strip():
                    yield Output(kind=Kind.TEXT, text=text)
                text = ""
                yield Output(kind=Kind.IMAGE, url=url)
    if text.strip():
        yield Output(kind=Kind.TEXT, text=text)


def _legacy_images(output: JSON) -> Iterator[Output]:
    """Results of older image models, of which some may have failed."""
    for result in rows(output.get("results")):
        if (url := result.get("url")) and isinstance(url, str):
            yield Output(kind=Kind.IMAGE, url=url)


def prompt_used(output: JSON) -> str | None:
    """A note with the prompt as a model rewrote it, where the task or, with older models, a result tells."""
    told = next((r for r in (output, *rows(output.get("results"))) if r.get("actual_prompt")), {})
    used, given = told.get("actual_prompt"), told.get("orig_prompt") or output.get("orig_prompt")
    return Message("alibaba.prompt_improved", prompt=used) if isinstance(used, str) and used != given else None


def failed_result(output: JSON) -> tuple[str, str]:
    """(code, message) of the first result that failed; ("", "") where none tells."""
    told = next((r for r in rows(output.get("results")) if r.get("message") or r.get("code")), {})
    return str(told.get("code") or ""), str(told.get("message") or "")


async def joined_events(events: AsyncIterator[tuple[str, JSON]]) -> JSON:
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
        for choice in rows(table(data.get("output")).get("choices")):
            content += rows(table(choice.get("message")).get("content"))
            whole["done"] = choice.get("finish_reason") == "stop"
        if whole["done"]:
            message = {"role": "assistant", "content": content}
            return {**whole, "output": {"choices": [{"finish_reason": "stop", "message": message}]}}
    raise UnknownOutcome(Message("engine.answer_broke_off"))


class StreamError(EngineError):
    """The stream reported an error. body: as it came."""

    def __init__(self, body: JSON) -> None:
        super().__init__(str(body.get("message") or body.get("code")), code=str(body.get("code") or ""))
        self.body = body
