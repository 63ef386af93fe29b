"""Every error code of the provider's list, as class and words, refused at submit and inside a failed task.

The table is the list: the provider's error-code page (2026-05-25) with the codes that its compatible mode and its task
pages add. A code that is missing here is missing in the studio.
"""

from __future__ import annotations

import re

import pytest

from studio.engines.alibaba import errors
from studio.engines.alibaba.regions import Endpoint
from studio.engines.http import Reply
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

PLACE = Endpoint("https://dashscope.aliyuncs.com/api/v1", "beijing")

R, M, U, C, L, A, X = Refused, Moderated, Unauthorised, OutOfCredit, RateLimited, Unavailable, UnknownOutcome
LIST: list[tuple[int, str, type[EngineError], str, type[EngineError], str]] = [
    # status, code, class and words at submit, class and words in a task
    (400, "InvalidParameter", R, "refused the request", R, "refused the request"),
    (400, "invalid_parameter_error", R, "refused the request", R, "refused the request"),
    (400, "InvalidParameter.DataInspection", R, "fetch an input", R, "fetch an input"),
    (400, "InvalidParameter.UnsupportedFileFormat", R, "refused the request", R, "refused the request"),
    (400, "InvalidURL", R, "fetch an input", R, "fetch an input"),
    (400, "InvalidURL.ConnectionRefused", R, "fetch an input", R, "fetch an input"),
    (400, "InvalidURL.Timeout", R, "fetch an input", R, "fetch an input"),
    (400, "BadRequest.InputDownloadFailed", R, "fetch an input", R, "fetch an input"),
    (400, "BadRequest.EmptyInput", R, "refused the request", R, "refused the request"),
    (400, "BadRequest.EmptyParameters", R, "refused the request", R, "refused the request"),
    (400, "BadRequest.EmptyModel", R, "refused the request", R, "refused the request"),
    (400, "BadRequest.IllegalInput", R, "refused the request", R, "refused the request"),
    (400, "BadRequest.UnsupportedFileFormat", R, "refused the request", R, "refused the request"),
    (400, "BadRequest.TooLarge", R, "refused the request", R, "refused the request"),
    (400, "InvalidFile.Duration", R, "refused the request", R, "refused the request"),
    (400, "InvalidFile.NoHuman", R, "refused the request", R, "refused the request"),
    (400, "InvalidImage.ImageSize", R, "refused the request", R, "refused the request"),
    (400, "InvalidImageResolution", R, "refused the request", R, "refused the request"),
    (400, "DataInspectionFailed", M, "unsafe", M, "unsafe"),
    (400, "data_inspection_failed", M, "unsafe", M, "unsafe"),
    (400, "IPInfringementSuspect", M, "protected", M, "protected"),
    (400, "CustomRoleBlocked", R, "refused the request", R, "refused the request"),
    (400, "UnsupportedOperation", R, "refused the request", R, "refused the request"),
    (400, "Arrearage", C, "unpaid bill", EngineError, "unpaid bill"),
    (400, "ClientDisconnect", X, "returned an error", EngineError, "Nothing was billed"),
    (401, "InvalidApiKey", U, "ALIBABA_REGION", EngineError, "ALIBABA_REGION"),
    (401, "invalid_api_key", U, "ALIBABA_REGION", EngineError, "ALIBABA_REGION"),
    (401, "NOT AUTHORIZED", U, "ALIBABA_WORKSPACE", EngineError, "ALIBABA_WORKSPACE"),
    (403, "AccessDenied", U, "Enable the model", EngineError, "Enable the model"),
    (403, "AccessDenied.Unpurchased", U, "Enable the model", EngineError, "Enable the model"),
    (403, "Model.AccessDenied", U, "Enable the model", EngineError, "Enable the model"),
    (403, "Workspace.AccessDenied", U, "ALIBABA_WORKSPACE", EngineError, "ALIBABA_WORKSPACE"),
    (403, "access_denied", U, "this computer's address", EngineError, "this computer's address"),
    (403, "AllocationQuota.FreeTierOnly", C, "free quota", EngineError, "free quota"),
    (404, "ModelNotFound", R, "does not offer", R, "does not offer"),
    (404, "model_not_found", R, "does not offer", R, "does not offer"),
    (404, "Model.NotExist", R, "does not offer", R, "does not offer"),
    (404, "WorkSpaceNotFound", U, "ALIBABA_WORKSPACE", EngineError, "ALIBABA_WORKSPACE"),
    (404, "NotFound", R, "refused the request", R, "refused the request"),
    (409, "Conflict", R, "refused the request", R, "refused the request"),
    (429, "Throttling", L, "limiting requests", EngineError, "Nothing was billed"),
    (429, "Throttling.RateQuota", L, "limiting requests", EngineError, "Nothing was billed"),
    (429, "Throttling.BurstRate", L, "limiting requests", EngineError, "Nothing was billed"),
    (429, "Throttling.AllocationQuota", L, "limiting requests", EngineError, "Nothing was billed"),
    (429, "LimitRequests", L, "limiting requests", EngineError, "Nothing was billed"),
    (429, "limit_requests", L, "limiting requests", EngineError, "Nothing was billed"),
    (429, "TooManyRequests", L, "limiting requests", EngineError, "Nothing was billed"),
    (429, "a_word_of_tomorrow", L, "limiting requests", R, "refused the request"),
    (429, "insufficient_quota", C, "no quota left", EngineError, "no quota left"),
    (429, "CommodityNotPurchased", C, "no plan", EngineError, "no plan"),
    (429, "PrepaidBillOverdue", C, "unpaid bill", EngineError, "unpaid bill"),
    (429, "PostpaidBillOverdue", C, "unpaid bill", EngineError, "unpaid bill"),
    (500, "InternalError", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "InternalError.Timeout", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "InternalError.Algo", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "InternalError.Upload", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "InternalError.FileUpload", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "internal_error", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "SystemError", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "ModelServiceFailed", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "RequestTimeOut", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "RewriteFailed", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "InvokePluginFailed", X, "returned an error", EngineError, "Nothing was billed"),
    (500, "ModelServingError", X, "returned an error", EngineError, "Nothing was billed"),
    (503, "ModelServingError", X, "returned an error", EngineError, "Nothing was billed"),
    (503, "ModelUnavailable", X, "returned an error", EngineError, "Nothing was billed"),
]


def well_written(error: EngineError) -> bool:
    """One or more sentences, each with one full stop, without holes."""
    return bool(re.fullmatch(r"[A-Z“].*[^.。 ]\.", str(error))) and ".." not in str(error) and "()" not in str(error)


@pytest.mark.parametrize(("status", "code", "kind", "words", "in_task", "task_words"), LIST, ids=lambda v: str(v))
def test_every_code_of_the_list_has_class_and_words(
    status: int, code: str, kind: type[EngineError], words: str, in_task: type[EngineError], task_words: str
) -> None:
    body = {"code": code, "message": "The provider's own words."}
    refused = errors.reply_error(Reply(status, {}, body, True), PLACE, "wan2.6-t2v", lookup=True)
    assert (type(refused), words in str(refused), well_written(refused)) == (kind, True, True), str(refused)
    failed = errors.task_error({"output": {"task_status": "FAILED", **body}}, PLACE, "wan2.6-t2v")
    assert (type(failed), task_words in str(failed), well_written(failed)) == (in_task, True, True), str(failed)
    assert not failed.transient
    if kind in (Refused, Unauthorised, OutOfCredit) and words != "ALIBABA_REGION":
        assert "The provider's own words" in str(refused)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"task_status": "FAILED"}, "gave no reason. Nothing was billed"),
        ({"task_status": "FAILED", "message": "out of luck。"}, "out of luck. Nothing was billed"),
        ({"task_status": "FAILED", "code": ["x"], "message": {"a": 1}}, "refused the request"),
    ],
)
def test_a_task_that_failed_without_a_usable_code_is_a_fault_of_the_service(body: object, words: str) -> None:
    error = errors.task_error({"output": body}, PLACE, "wan2.6-t2v")
    assert (words in str(error), well_written(error)) == (True, True), str(error)


@pytest.mark.parametrize("status", [400, 404, 418, 500, 502])
def test_no_answer_to_a_look_ends_a_task_that_is_on_file(status: int) -> None:
    for body in ({}, {"code": "InvalidParameter", "message": "no"}, {"code": "ModelNotFound"}):
        assert errors.poll_error(Reply(status, {}, body, bool(body)), PLACE).transient


def test_the_key_and_the_account_still_count_at_a_look() -> None:
    for code, kind in (("InvalidApiKey", Unauthorised), ("Arrearage", OutOfCredit)):
        assert type(errors.poll_error(Reply(401, {}, {"code": code}, True), PLACE)) is kind
