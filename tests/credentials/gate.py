"""A gate before the cloud: passes calls on, and does something before or after a chosen one."""

import threading
from collections.abc import Callable  # noqa: TC003 - ruff overlooks the use in an attribute
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length"})


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller that was killed."""


class Gate:
    """Forwards to the cloud's endpoint; `calls` are the operations seen, in order.

    Attributes:
        before: Called with the operation's name and its body before it is passed on; may return
            a status and a body, and then it is not.
        after: Likewise when it was answered and before the answer is passed back.
    """

    def __init__(self, endpoint: str) -> None:
        self.before: Callable[[str, bytes], tuple[int, bytes] | None] = lambda _called, _body: None
        self.after: Callable[[str, bytes], None] = lambda _called, _body: None
        self.calls: list[str] = []
        self._target = str(urlsplit(endpoint).netloc)
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                gate.forward(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Say nothing."""

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def forward(self, request: BaseHTTPRequestHandler) -> None:
        """Pass one call on and its answer back."""
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        called = _operation(request, body)
        self.calls.append(called)
        instead = self.before(called, body)
        status, headers, content = (
            self._ask(request, body) if instead is None else (instead[0], [], instead[1])
        )
        self.after(called, body)
        request.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _ask(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = HTTPConnection(self._target, timeout=30)
        try:
            connection.request("POST", request.path, body, dict(request.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


def _operation(request: BaseHTTPRequestHandler, body: bytes) -> str:
    if target := request.headers.get("X-Amz-Target"):
        return target.rsplit(".", 1)[1]
    return parse_qs(body.decode()).get("Action", [""])[0]
