"""In front of the emulator: every request is authenticated, and what moto does not decide is."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from io import BytesIO
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

from local import signature, web_identity
from local.answers import AwsError
from local.authorization import Authorizer
from local.callers import Caller, Callers
from local.calls import complete, read_call
from local.emulator import LOCK, Emulator
from local.owned import Put, is_others, key_of, object_calls
from local.signature import SignedRequest
from local.sts import Sts
from local.web_identity import WebIdentities

_OFFERED = {"iam", "kms", "s3", "secretsmanager", "ssm", "sts"}


class Gate:
    """The WSGI application that the local cloud serves."""

    def __init__(
        self,
        emulator: Emulator,
        callers: Callers,
        sts: Sts,
        authorizer: Authorizer,
        web_identities: WebIdentities,
    ) -> None:
        self._emulator = emulator
        self._callers = callers
        self._sts = sts
        self._authorizer = authorizer
        self._web_identities = web_identities

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        signed = signature.read(
            environ["REQUEST_METHOD"],
            f"http://{environ.get('HTTP_HOST', '')}{environ['REQUEST_URI']}",
            _headers(environ),
            body,
        )
        service = signed.service if signed else "sts"
        try:
            # An object's body is data, whatever it looks like.
            parameters = _parameters(environ, b"" if service == "s3" else body)
            if signed is None and parameters.get("Action") == web_identity.ACTION:
                return self._web_identities.answer(parameters).send(start_response)
            request = _offered(signed)
            caller = self._callers.authenticate(request)
            if service == "sts":
                return self._sts.answer(caller, parameters).send(start_response)
            account = self._authorize(caller, request, parameters)
            if not caller.is_admin:
                body = complete(caller, parameters, body)
                environ["CONTENT_LENGTH"] = str(len(body))
        except AwsError as error:
            return error.answer(service).send(start_response)
        environ["wsgi.input"] = BytesIO(body)
        return self._emulator.serve(environ, start_response, account)

    def _authorize(
        self, caller: Caller, request: SignedRequest, parameters: Mapping[str, str]
    ) -> str:
        """Let a call pass only if the policies allow it; return whose backend answers it.

        An administrator may do everything with what is its own account's, but for a bucket whose
        policy says otherwise.

        Raises:
            AwsError: they do not.
        """
        with LOCK:
            puts, account = self._read(caller, request, parameters)
        for put in puts:
            context = {"aws:RequestedRegion": request.region, **put.context}
            why = self._authorizer.refusal(caller, put.action, put.target, context)
            if why is not None:
                said = f"User: {caller.arn} is not authorized to perform: {put.action}"
                raise AwsError(
                    "AccessDenied", f"{said} on resource: {put.target.arn} because {why}"
                )
        return account

    def _read(
        self, caller: Caller, request: SignedRequest, parameters: Mapping[str, str]
    ) -> tuple[list[Put], str]:
        """Return what a call needs to be allowed, and the account that it is answered for."""
        own = caller.account
        if request.service == "s3":
            needed = not caller.is_admin or is_others(own, request)
            return list(object_calls(own, request)) if needed else [], own
        if request.service == "kms":
            found = key_of(own, request.region, request.body)
            if found is None:  # the emulator says so
                return [], own
            key, context = found
            action, _ = read_call(self._emulator, caller, request, parameters)
            passes = caller.is_admin and key.account == own
            return [] if passes else [Put(action, key, context)], key.account
        if caller.is_admin:
            return [], own
        action, target = read_call(self._emulator, caller, request, parameters)
        return [Put(action, target, {})], own


def _offered(request: SignedRequest | None) -> SignedRequest:
    """Return the request if it is signed, and for a service that there is.

    Raises:
        AwsError: it is not.
    """
    if request is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token")
    if request.service not in _OFFERED:
        offered = ", ".join(sorted(_OFFERED))
        message = f"The local cloud does not offer {request.service}, only {offered}"
        raise AwsError("UnknownService", message, HTTPStatus.BAD_REQUEST)
    return request


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the headers as they were sent, names in lower case."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return headers


def _parameters(environ: WSGIEnvironment, body: bytes) -> Mapping[str, str]:
    text = body.decode("utf-8", "replace") or environ.get("QUERY_STRING", "")
    return dict(parse_qsl(text, keep_blank_values=True))
