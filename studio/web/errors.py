"""Every failure of a request as an HTTP status and one sentence: the one place where exceptions become answers.

What the studio refuses keeps its own sentence. What nobody foresaw gets a general one, and one line in the log that
says where it happened; a traceback is written only when the log is set to debug.
"""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from studio.errors import (
    BudgetError,
    CapabilityError,
    Conflict,
    LimitReached,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RateLimited,
    StorageUnavailable,
    StudioError,
)
from studio.field_errors import legible, place, sentence
from studio.messages import Message, answer, of_error
from studio.web.language import PageJSON, answer_language, language_of
from studio.web.storage_status import storage_status

log = logging.getLogger(__name__)

STATUS_OF: dict[type[Exception], int] = {
    NotFound: 404,
    NotSignedIn: 401,
    NotAllowed: 403,
    LimitReached: 429,
    Conflict: 409,
    CapabilityError: 422,
    BudgetError: 409,
    RateLimited: 429,
}
UNEXPECTED = "http.unexpected"
INPUT_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (UnicodeError, "value.broken_text"),
    (OverflowError, "value.large_number"),
    (RecursionError, "value.too_deep"),
)
"""What Python itself says of values that no field limit caught, and the id of our sentence."""
HTTP_MESSAGES = {
    400: "http.unreadable",
    404: "http.not_found",
    405: "http.wrong_method",
    413: "http.too_large",
}
SOURCE_ROOT = str(Path(__file__).parents[1])


def status_and_message(error: BaseException, request_name: str = "") -> tuple[int, str]:
    """Status and sentence of an error. request_name: what was asked, for the log line of an unexpected one."""
    expected = _expected(error)
    status, message = expected or (500, Message(UNEXPECTED))
    if expected is None:
        log.error("%s", _log_line(error, request_name))
        log.debug("the whole of it:", exc_info=error)
    return status, message if isinstance(message, Message) else legible(message)


def _expected(error: BaseException) -> tuple[int, str] | None:
    if isinstance(error, StorageUnavailable):
        return storage_status(error.reason), of_error(error)
    if isinstance(error, StudioError):
        return next((c for kind, c in STATUS_OF.items() if isinstance(error, kind)), 400), of_error(error)
    if isinstance(error, RequestValidationError):
        first: dict[str, Any] = dict(error.errors()[0])
        return 422, sentence(first | {"loc": first["loc"][1:]})
    if isinstance(error, ValidationError):
        return 422, sentence(dict(error.errors(include_url=False)[0]))
    if isinstance(error, HTTPException):
        return error.status_code, _http_message(error.status_code)
    return next(((422, Message(id_)) for kind, id_ in INPUT_ERRORS if isinstance(error, kind)), None)


def _field(error: BaseException) -> dict[str, str]:
    """The field that is wrong, where the error knows it."""
    if isinstance(error, RequestValidationError):
        return {"field": place(error.errors()[0]["loc"][1:])}
    name = error.field if isinstance(error, CapabilityError) else ""
    return {"field": name} if name else {}


def _http_message(status: int) -> Message:
    return Message(HTTP_MESSAGES[status]) if status in HTTP_MESSAGES else Message("http.refused", status=status)


def _log_line(error: BaseException, request_name: str) -> str:
    """What happened and where, on one line: the last place in our own code, else the last of all."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((f for f in reversed(frames) if f.filename.startswith(SOURCE_ROOT)), frames[-1] if frames else None)
    location = f" at {Path(frame.filename).name}:{frame.lineno}" if frame else ""
    message = " ".join(legible(str(error)).split())[:200]
    return f"{legible(request_name)[:200] or 'a request'}: {type(error).__name__}: {message}{location}"


class SentenceRoute(APIRoute):
    """A route whose failures are answered as {"error", "error_id", "error_values"} with a fitting status.

    The page's language chooses the words of `error`; programs get English.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        # a response model would copy the answer and turn its messages into plain text
        options |= {"response_model": None, "response_class": PageJSON}
        super().__init__(path, _answering(endpoint, options.get("status_code") or 200), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route with its errors put into words, in the language of the page that asks."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            with answer_language(language_of(request)):
                try:
                    return await inner(request)
                except ClientDisconnect:  # nobody is left to read an answer
                    return Response(status_code=400)
                except Exception as error:  # the top of a request: whatever failed becomes its answer
                    status, message = status_and_message(error, f"{request.method} {request.url.path}")
                    return PageJSON(answer(message) | {"error": message} | _field(error), status)

        return handler


def _answering(endpoint: Callable[..., Any], status: int) -> Callable[..., Any]:
    """The endpoint with its answer as a response: encoded once, and in its own thread. FastAPI would copy it value by
    value first, and do both on the event loop, where every other request waits."""
    if inspect.iscoroutinefunction(endpoint):

        @wraps(endpoint)
        async def answering(*args: Any, **values: Any) -> Response:
            return _as_response(await endpoint(*args, **values), status)

        return answering

    @wraps(endpoint)
    def answer_in_thread(*args: Any, **values: Any) -> Response:
        return _as_response(endpoint(*args, **values), status)

    return answer_in_thread


def _as_response(content: Any, status: int) -> Response:
    return content if isinstance(content, Response) else PageJSON(content, status)


async def _gradio_answer(request: Request, error: Exception) -> Response:
    """The same for Gradio's routes. FastAPI's own answer repeats the value, which may be none that JSON can hold."""
    status, message = status_and_message(error, f"{request.method} {request.url.path}")
    return JSONResponse(answer(message) | {"detail": message}, status)


HANDLERS = dict.fromkeys((RequestValidationError, StudioError, *(kind for kind, _ in INPUT_ERRORS)), _gradio_answer)
"""For the server's `exception_handlers`; what nobody foresaw there is `security.failed`."""
