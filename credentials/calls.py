"""Call AWS such that no error, and no frame of its traceback, holds what was sent or answered."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)
from botocore.parsers import ResponseParserError

from credentials.errors import ServiceError

P = ParamSpec("P")
R = TypeVar("R")

_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_UNSIGNED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_SERVER_FAULT = 500


def call(operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call one API operation.

    Raises:
        ServiceError: With AWS's code. AWS's own exception is not its context, and the parameters
            are gone from this frame: both may hold a secret.
    """
    try:
        return operation(*args, **kwargs)
    except ClientError as error:
        failure = _refusal(error)
    except BotoCoreError as error:
        failure = _silence(_name(operation), error)
    except ResponseParserError:
        # Its text quotes the answer, which may have been to hand out a key.
        failure = ServiceError(
            _name(operation),
            "ResponseParserError",
            "see whether a proxy answers in place of AWS, and run this again",
            in_doubt=True,
        )
    finally:
        kwargs.clear()
    raise failure


def _name(operation: Callable[..., object]) -> str:
    return getattr(operation, "__name__", "the call")


def _refusal(error: ClientError) -> ServiceError:
    details = error.response.get("Error", {})
    code = details.get("Code", "Unknown")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    operation = error.operation_name
    if code in _REFUSED:
        # The one message worth showing: it names the permission. Others may echo what was sent.
        return ServiceError(
            operation,
            code,
            "give the session this permission and run this again",
            detail=details.get("Message", ""),
        )
    if code in _UNSIGNED:
        return ServiceError(operation, code, "sign in again, or set the clock, and run this again")
    return ServiceError(operation, code, "run this again", in_doubt=status >= _SERVER_FAULT)


def _silence(operation: str, error: BotoCoreError) -> ServiceError:
    unsent = isinstance(error, EndpointConnectionError | ConnectTimeoutError)
    cut_off = isinstance(error, HTTPClientError) and not unsent
    remedy = (
        "check the network and the endpoint, and run this again"
        if unsent or cut_off
        else "check the AWS profile, its region and its credentials, and run this again"
    )
    return ServiceError(operation, type(error).__name__, remedy, in_doubt=cut_off)
