"""What the local cloud takes at most, where it is told so: AWS refuses what comes faster."""

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from local.answers import AwsError


@dataclass(slots=True)
class _Bucket:
    """As many calls as are left, and when that was."""

    left: float
    at: float


class Throttle:
    """Passes calls on; those of one key to one service only as fast as a file says.

    `{"per_second": 20, "burst": 40}`: read anew for each call. Without the file all pass.
    """

    def __init__(self, application: WSGIApplication, file: Path) -> None:
        self._application = application
        self._file = file
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or refuse it as AWS does."""
        key, service = _who(environ.get("HTTP_AUTHORIZATION", ""))
        if self._passes(f"{key}/{service}"):
            return self._application(environ, start_response)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return AwsError("Throttling", "Rate exceeded", 400).answer(service).send(start_response)

    def _passes(self, of: str) -> bool:
        try:
            rate = json.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            return True
        now = time.monotonic()
        with self._lock:
            bucket = self._buckets.setdefault(of, _Bucket(rate["burst"], now))
            filled = bucket.left + (now - bucket.at) * rate["per_second"]
            bucket.left, bucket.at = min(rate["burst"], filled), now
            if bucket.left < 1:
                return False
            bucket.left -= 1
            return True


def _who(authorization: str) -> tuple[str, str]:
    """Return the access key and the service that a request is signed for."""
    _, _, scope = authorization.partition("Credential=")
    parts = scope.partition(",")[0].split("/")
    return (parts[0], parts[3]) if len(parts) > 3 else ("", "sts")  # noqa: PLR2004 - key/date/region/service
