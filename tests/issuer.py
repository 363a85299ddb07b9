"""An OpenID Connect issuer on this machine: publishes its keys, and signs what a test asks for."""

import base64
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from local.cloud import running
from local.home import LocalHome

_DISCOVERY = "/.well-known/openid-configuration"
_BEARER = "the job's own bearer token"


def new_key() -> RSAPrivateKey:
    """Return a key that no issuer publishes."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Issuer:
    """A running issuer."""

    url: str
    """What its tokens say: an address that nothing on this machine answers at."""
    address: str
    """Where it listens."""
    key: RSAPrivateKey = field(repr=False)

    def token(
        self,
        *,
        key: RSAPrivateKey | None = None,
        lasts: timedelta = timedelta(minutes=5),
        alg: str = "RS256",
        **claims: Any,
    ) -> str:
        """Return a signed token; the claims given win over its own."""
        now = datetime.now(UTC)
        times = {"iat": int(now.timestamp()), "exp": int((now + lasts).timestamp())}
        parts = [{"alg": alg, "kid": "one", "typ": "JWT"}, {"iss": self.url, **times, **claims}]
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
        signature = (key or self.key).sign(signed.encode(), PKCS1v15(), SHA256())
        return f"{signed}.{_encoded(signature)}"

    def known_to(self, home: LocalHome) -> None:
        """Let a local cloud ask it for its keys."""
        there = home.issuers.exists()
        known: dict[str, str] = json.loads(home.issuers.read_text("utf-8")) if there else {}
        home.issuers.write_text(json.dumps({**known, self.url: self.address}), "utf-8")

    def github(self, sub: str) -> dict[str, str]:
        """Return the variables by which a job of GitHub's asks for a token."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.address}/token?sub={sub}",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": _BEARER,
        }


@contextmanager
def issuer(url: str) -> Generator[Issuer]:
    """Run an issuer until the end of the block."""
    key = new_key()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == _DISCOVERY:
                self._answer({"issuer": url, "jwks_uri": f"{found.address}/keys"})
            elif asked.path == "/keys":
                self._answer({"keys": [_jwk(key)]})
            elif self.headers.get("Authorization") == f"Bearer {_BEARER}":
                given = parse_qs(asked.query)
                value = found.token(sub=given["sub"][0], aud=given["audience"][0])
                self._answer({"value": value})
            else:
                self.send_error(401)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 -- as its base has it
            """Say nothing."""

        def _answer(self, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Issuer(url, f"http://127.0.0.1:{server.server_port}", key)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def unsigned_sts(home: LocalHome) -> Any:
    """Return a client of the running cloud that signs nothing."""
    return boto3.client(
        "sts",
        region_name="eu-west-1",
        endpoint_url=running(home).endpoint,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, proxies={}),
    )


def _jwk(key: RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    n, e = (_encoded(one.to_bytes((one.bit_length() + 7) // 8)) for one in (numbers.n, numbers.e))
    return {"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": n, "e": e}


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
