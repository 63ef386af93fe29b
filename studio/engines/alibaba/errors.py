"""The provider's error codes as our error classes, in words that say what to do next.

Codes decide, not the HTTP status: the same code comes with a refused submit and inside a failed task (with status
200). Source: the provider's error-code page (2026-05-25).
"""

from __future__ import annotations

from studio.domain import JSON
from studio.engines import errors_http
from studio.engines.alibaba.regions import Place
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


def code_of(body: JSON) -> tuple[str, str]:
    """(code, message) of an error, wherever the provider put it; ("", "") when the body holds none."""
    for place in (body, table(body.get("output"))):
        if code := place.get("code"):
            return str(code)[:100], str(place.get("message") or place.get("msg") or "")
    return "", ""


def of_reply(reply: Reply, place: Place, model: str, *, lookup: bool = False) -> EngineError:
    """The error of an HTTP answer. lookup: it answered a submit that the task list can find; doubt is worth a look."""
    code, message = code_of(reply.body)
    if lookup and code in NO_ANSWER:
        return UnknownOutcome(f"{LABEL} answered with a fault ({code}).", code=code)
    unknown = lookup and reply.status >= 500
    slower = reply.status == 429 or (reply.status >= 500 and "timeout" in code.lower())
    if code and not unknown and (_is_billing(code) or not slower):
        return _of_code(code, message, place, model, reply.retry_after_s)
    error = errors_http.of_reply(reply, LABEL, call="submit" if lookup else "other", code=code)
    return Unauthorised(_key_words(place), code=error.code) if isinstance(error, Unauthorised) else error


def of_look(reply: Reply, place: Place) -> EngineError:
    """The error of a look at a task that is on file. No answer to a look says that the task is lost, so whatever does
    not concern the key or the account is passing, and looked at again."""
    error = of_reply(reply, place, "this task")
    if error.transient or isinstance(error, Unauthorised | OutOfCredit):
        return error
    word = error.code or str(reply.status)
    return Unavailable(f"{LABEL} gave no usable answer about the task ({word}).", code=word)


def of_task(body: JSON, place: Place, model: str) -> EngineError:
    """The error of a task that failed. It is never transient: looking at the same task again changes nothing."""
    code, message = code_of(body)
    if not code:
        message = str(table(body.get("output")).get("message") or body.get("message") or "")
        why = f": {plain(message)}" if message else ", without a reason"
        return EngineError(f"{LABEL} failed while it made this{why}. Nothing was billed; try again.", code="FAILED")
    found = _of_code(code, message, place, model, None)
    if isinstance(found, Refused):
        return found
    if isinstance(found, RateLimited | Unavailable):
        said = f"{LABEL} failed while it made this ({_why(code, message)}). Nothing was billed; try again."
        return EngineError(said, code=code)
    return EngineError(f"{found} Then press Retry.", code=code)


def of_nothing(code: str, message: str) -> EngineError:
    """The error of a task that ended well and brought nothing. code, message: of its first failed result."""
    if code in MODERATION:
        return Moderated(_moderation_words(code, _why(code, message)), code=code)
    return EngineError(f"Nothing came of it: {plain(message) or code or 'no reason given'}.", code=code)


def _of_code(code: str, message: str, place: Place, model: str, wait: float | None) -> EngineError:
    why = _why(code, message)
    if code in MODERATION:
        return Moderated(_moderation_words(code, why), code=code)
    if code in BILLING:
        said = f"The account at {LABEL} has an unpaid bill, no plan or no quota left ({why})."
        said += " Settle it in the console, then go on."
        return OutOfCredit(said, code=code)
    if code.startswith("AllocationQuota"):
        said = f"The free quota of {model} is used up, and the account stops there ({why})."
        return OutOfCredit(f"{said} Switch “stop when free quota ends” off in the console.", code=code)
    if code in KEY:
        return Unauthorised(_key_words(place), code=code)
    if code in WORKSPACE:
        return Unauthorised(f"The key may not use this workspace ({why}). Check ALIBABA_WORKSPACE.", code=code)
    if code in ADDRESS:
        said = f"{LABEL} does not take calls from this machine's address ({why}). Add it to the key's list of addresses"
        return Unauthorised(f"{said} in the console.", code=code)
    if code.startswith(SLOWER):
        return RateLimited(f"{LABEL} asks to slow down ({code}).", code=code, retry_after_s=wait)
    if code in NO_MODEL or "url error" in message:
        said = f"{LABEL} offers no {model} in {place.name} ({why}). Choose another model or ALIBABA_REGION."
        return Refused(said, code=code)
    if code.startswith(FETCH):
        said = f"{LABEL} could not fetch an input file ({why}). Try again; if it stays, upload the file anew."
        return Refused(said, code=code)
    if "AccessDenied" in code and "synchronous" not in message:
        return Unauthorised(f"The account may not use {model} ({why}). Enable it in the console.", code=code)
    if code.startswith((*SERVICE, *NO_ANSWER)):
        return Unavailable(f"{LABEL} has a fault ({why}).", code=code, retry_after_s=wait)
    if "synchronous" in message:
        said = f"{LABEL} does not take this kind of call in {place.name} ({why}). Leave ALIBABA_IMAGES at tasks."
        return Refused(said, code=code)
    return Refused(f"{LABEL} refused this ({why}). Change it before you try again.", code=code)


def _is_billing(code: str) -> bool:
    return code in BILLING or code.startswith("AllocationQuota")


def _moderation_words(code: str, why: str) -> str:
    if code == "IPInfringementSuspect":
        said = f"{LABEL} suspects protected content, such as a known figure or brand ({why})."
    else:
        said = f"{LABEL} judged the prompt, an input or the result unsafe ({why})."
    return f"{said} Change the words or files. If “Enhance prompt” is on, the rewritten text may be the cause."


def _key_words(place: Place) -> str:
    return (
        f"{LABEL} does not accept the key in {place.name}. A key works only in the region it was made in: set "
        "ALIBABA_REGION to beijing, singapore, virginia, frankfurt or tokyo, or correct DASHSCOPE_API_KEY."
    )


def _why(code: str, message: str) -> str:
    """Code and the provider's own words."""
    text = plain(message)
    return f"{code}: {text}" if text else code
