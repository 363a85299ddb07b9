"""Answers in AWS's own shapes: XML for IAM, S3 and STS, JSON for Secrets Manager."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from uuid import uuid4
from wsgiref.types import StartResponse
from xml.sax.saxutils import escape

_NAMESPACES = {
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
}

_JSON_CODES = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}
"""What JSON services call the same errors."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    content_type: str
    body: bytes

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Give it to a WSGI server."""
        status = f"{self.status} {HTTPStatus(self.status).phrase}"
        length = str(len(self.body))
        start_response(status, [("Content-Type", self.content_type), ("Content-Length", length)])
        return [self.body]


class AwsError(Exception):
    """A request is refused, with AWS's code and wording."""

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    def answer(self, service: str) -> Answer:
        """Return it in the shape that `service` gives its errors."""
        if service == "s3":
            told = f"<Code>{self.code}</Code><Message>{escape(self.message)}</Message>"
            return Answer(self.status, "application/xml", f"<Error>{told}</Error>".encode())
        if service not in _NAMESPACES:
            code = _JSON_CODES.get(self.code, self.code)
            body = json.dumps({"__type": code, "message": self.message})
            return Answer(HTTPStatus.BAD_REQUEST, "application/x-amz-json-1.1", body.encode())
        fault = (
            f"<Type>Sender</Type><Code>{self.code}</Code><Message>{escape(self.message)}</Message>"
        )
        request = f"<RequestId>{uuid4()}</RequestId>"
        content = f"<Error>{fault}</Error>{request}"
        body = f'<ErrorResponse xmlns="{_NAMESPACES[service]}">{content}</ErrorResponse>'
        return Answer(self.status, "text/xml", body.encode())


def sts_result(action: str, content: str) -> Answer:
    """Return an STS result; `content` is XML already."""
    result = f"<{action}Result>{content}</{action}Result>"
    meta = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    body = f'<{action}Response xmlns="{_NAMESPACES["sts"]}">{result}{meta}</{action}Response>'
    return Answer(HTTPStatus.OK, "text/xml", body.encode())
