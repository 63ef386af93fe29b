"""The provider's error codes as our error classes, in words that say what to do next.

Codes decide, not the HTTP status: the same code comes with a refused submit and inside a failed task (with status
200). Source: the provider's error-code page (2026-05-25).
"""

from __future__ import annotations

from studio.domain import JSON
from studio.engines import errors_http
from studio.engines.alibaba.regions import Endpoint
from studio.engines.errors_http import plain
from studio.engines.http import Reply
from studio.engines.strict_json import table
from studio.errors import (
    EngineError,
    Moderated,
    OutOfCredit,
    RateLimited,
    Refused,
    Unauthorised,
    Unavailable,
    UnknownOutcome,
)
from studio.messages import Message, joined, of_error, term

LABEL = "Alibaba Model Studio"
BILLING = ("CommodityNotPurchased", "PrepaidBillOverdue", "PostpaidBillOverdue", "Arrearage", "insufficient_quota")
KEY = ("InvalidApiKey", "invalid_api_key")
FETCH = ("InvalidParameter.DataInspection", "InvalidURL", "BadRequest.InputDownloadFailed")
MODERATION = ("DataInspectionFailed", "IPInfringementSuspect", "data_inspection_failed")
NO_MODEL = ("ModelNotFound", "Model.NotExist", "model_not_found")
WORKSPACE = ("Workspace.AccessDenied", "WorkSpaceNotFound", "NOT AUTHORIZED")
ADDRESS = ("access_denied", "ip_not_allowed")
SLOWER = ("Throttling", "LimitRequests", "limit_requests", "TooManyRequests", "rate_limit")
SERVICE = (
    *("InternalError", "internal_error", "SystemError", "ModelServiceFailed", "RequestTimeOut", "RewriteFailed"),
    *("ModelServingError", "ModelUnavailable", "InvokePluginFailed", "ResponseTimeout"),
)
NO_ANSWER = ("ClientDisconnect",)
"""The provider says that the caller went away. Whether the job was taken is not known."""


def error_code(body: JSON) -> tuple[str, str]:
    """(code, message) of an error, wherever the provider put it; ("", "") when the body holds none."""
    for part in (body, table(body.get("output"))):
        if code := part.get("code"):
            return str(code)[:100], str(part.get("message") or part.get("msg") or "")
    return "", ""


def reply_error(reply: Reply, endpoint: Endpoint, model: str, *, lookup: bool = False) -> EngineError:
    """The error of an HTTP answer. lookup: it answered a submit that the task list can find; doubt is worth a look."""
    code, message = error_code(reply.body)
    if lookup and code in NO_ANSWER:
        return UnknownOutcome(Message("engine.fault_answer", provider=term(LABEL), why=code), code=code)
    unknown = lookup and reply.status >= 500
    slower = reply.status == 429 or (reply.status >= 500 and "timeout" in code.lower())
    if code and not unknown and (_is_billing(code) or not slower):
        return _error_of_code(code, message, endpoint, model, reply.retry_after_s)
    error = errors_http.of_reply(reply, LABEL, call="submit" if lookup else "other", code=code)
    return Unauthorised(_key_words(endpoint), code=error.code) if isinstance(error, Unauthorised) else error


def poll_error(reply: Reply, endpoint: Endpoint) -> EngineError:
    """The error of a look at a task that is on file. No answer to a look says that the task is lost, so whatever does
    not concern the key or the account is passing, and looked at again."""
    error = reply_error(reply, endpoint, "this task")
    if error.transient or isinstance(error, Unauthorised | OutOfCredit):
        return error
    word = error.code or str(reply.status)
    return Unavailable(Message("engine.no_usable_answer", provider=term(LABEL), word=word), code=word)


def task_error(body: JSON, endpoint: Endpoint, model: str) -> EngineError:
    """The error of a task that failed. It is never transient: looking at the same task again changes nothing."""
    code, message = error_code(body)
    if not code:
        message = str(table(body.get("output")).get("message") or body.get("message") or "")
        said = Message("engine.failed_without_reason", provider=term(LABEL))
        if message:
            said = Message("engine.failed_saying", provider=term(LABEL), message=plain(message))
        return EngineError(said, code="FAILED")
    found = _error_of_code(code, message, endpoint, model, None)
    if isinstance(found, Refused):
        return found
    if isinstance(found, RateLimited | Unavailable):
        said = Message("engine.failed_making", provider=term(LABEL), why=_why(code, message))
        return EngineError(said, code=code)
    return EngineError(joined(of_error(found), Message("engine.then_retry")), code=code)


def empty_result_error(code: str, message: str) -> EngineError:
    """The error of a task that ended well and brought nothing. code, message: of its first failed result."""
    if code in MODERATION:
        return Moderated(_moderation_words(code, _why(code, message)), code=code)
    return EngineError(
        Message("engine.nothing_came", why=plain(message) or code or Message("engine.no_reason")), code=code
    )


def _error_of_code(code: str, message: str, endpoint: Endpoint, model: str, wait: float | None) -> EngineError:
    why = _why(code, message)
    if code in MODERATION:
        return Moderated(_moderation_words(code, why), code=code)
    if code in BILLING:
        said = Message("alibaba.unpaid", provider=term(LABEL), why=why)
        return OutOfCredit(said, code=code)
    if code.startswith("AllocationQuota"):
        said = Message("alibaba.free_quota", model=model, why=why)
        return OutOfCredit(said, code=code)
    if code in KEY:
        return Unauthorised(_key_words(endpoint), code=code)
    if code in WORKSPACE:
        return Unauthorised(Message("alibaba.workspace", why=why), code=code)
    if code in ADDRESS:
        said = Message("alibaba.address", provider=term(LABEL), why=why)
        return Unauthorised(said, code=code)
    if code.startswith(SLOWER):
        return RateLimited(Message("engine.slow_down", provider=term(LABEL), why=code), code=code, retry_after_s=wait)
    if code in NO_MODEL or "url error" in message:
        said = Message("alibaba.no_model", provider=term(LABEL), model=model, region=endpoint.name, why=why)
        return Refused(said, code=code)
    if code.startswith(FETCH):
        said = Message("alibaba.fetch_failed", provider=term(LABEL), why=why)
        return Refused(said, code=code)
    if "AccessDenied" in code and "synchronous" not in message:
        return Unauthorised(Message("alibaba.model_denied", model=model, why=why), code=code)
    if code.startswith((*SERVICE, *NO_ANSWER)):
        return Unavailable(Message("engine.has_fault", provider=term(LABEL), why=why), code=code, retry_after_s=wait)
    if "synchronous" in message:
        said = Message("alibaba.no_sync", provider=term(LABEL), region=endpoint.name, why=why)
        return Refused(said, code=code)
    return Refused(Message("engine.refused", provider=term(LABEL), why=why), code=code)


def _is_billing(code: str) -> bool:
    return code in BILLING or code.startswith("AllocationQuota")


def _moderation_words(code: str, why: str) -> str:
    if code == "IPInfringementSuspect":
        said = Message("alibaba.protected", provider=term(LABEL), why=why)
    else:
        said = Message("alibaba.unsafe", provider=term(LABEL), why=why)
    return joined(said, Message("alibaba.change_words"))


def _key_words(endpoint: Endpoint) -> str:
    return Message("alibaba.key_region", provider=term(LABEL), region=endpoint.name)


def _why(code: str, message: str) -> str:
    """Code and the provider's own words."""
    text = plain(message)
    return f"{code}: {text}" if text else code
