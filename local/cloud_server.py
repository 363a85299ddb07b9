"""The local cloud's process: `python -m local.cloud_server JSON`, run by `local.cloud.start`."""

import json
import logging
import os
import select
import signal
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local.authorization import Authorizer
from local.cache import write_atomically
from local.callers import Callers
from local.cloud import Cloud
from local.emulator import Emulator, admin_role_arn
from local.evaluator import Evaluator
from local.gate import Gate
from local.home import LocalHome
from local.sessions import Session, SessionKey
from local.sts import Sts
from local.throttle import Throttle
from local.tokens import Issuers
from local.web_identity import WebIdentities

_LOG = logging.getLogger(__name__)

_LOOPBACK = "127.0.0.1"
_ADMIN_DAYS = 365
"""The administrators' sessions last as long as the process, at most this."""


class _Handler(WSGIRequestHandler):
    """Keeps connections open, and logs no addresses or bodies."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log what failed, without its parameters."""
        del size
        if str(code)[:1] == "5":
            _LOG.error("%s answered with %s", self.command, code)


def main(arguments: str) -> None:
    """Serve until SIGTERM."""
    wanted = json.loads(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    home = LocalHome(Path(wanted["home"]))
    accounts: dict[str, str] = wanted["accounts"]
    region: str = wanted["region"]
    command: Sequence[str] = wanted["evaluator"]
    emulator = Emulator(accounts.values())
    callers = Callers(emulator, tuple(accounts.values()))
    evaluator = Evaluator(command) if command else None
    authorizer = Authorizer(evaluator)
    sts = Sts(emulator, callers, authorizer)
    tokens = WebIdentities(emulator, callers, authorizer, Issuers(home.issuers))
    gate = Gate(emulator, callers, sts, authorizer, tokens)
    server = _listen(wanted["port"], Throttle(gate, home.throttle))

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()  # which waits for the loop to end

    signal.signal(signal.SIGTERM, stop)
    admins = {name: _admin(emulator, account) for name, account in accounts.items()}
    for session in admins.values():
        callers.remember(session)
    cloud = Cloud(
        instance=str(uuid.uuid4()),
        pid=os.getpid(),
        born=psutil.Process().create_time(),
        port=server.port,
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        region=region,
        accounts=accounts,
        enforced=evaluator is not None,
    )
    if _is_orphan():
        sys.exit("whoever started this local cloud is gone")
    _write_profiles(home, cloud, admins)
    write_atomically(home.cloud_file, json.dumps(asdict(cloud), indent=2) + "\n", mode=0o600)
    server.serve_forever(poll_interval=0.05)
    if evaluator is not None:
        evaluator.close()


def _is_orphan() -> bool:
    """Tell whether nobody waits for this process: another start may be under way by now."""
    ended, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(ended)


def _listen(port: int, gate: Throttle) -> BaseWSGIServer:
    """Listen on this machine only, at `port` if that is free."""
    try:
        return make_server(_LOOPBACK, port, gate, threaded=True, request_handler=_Handler)
    except (OSError, SystemExit):
        return make_server(_LOOPBACK, 0, gate, threaded=True, request_handler=_Handler)


def _admin(emulator: Emulator, account: str) -> Session:
    arn = admin_role_arn(account)
    role = emulator.role(account, arn)
    if role is None:
        raise RuntimeError(f"`{arn}` is missing")
    now = datetime.now(UTC)
    expires = now + timedelta(days=_ADMIN_DAYS)
    return Session(account, arn, role.id, "iam-profiles", now, expires, SessionKey.new())


def _write_profiles(home: LocalHome, cloud: Cloud, admins: Mapping[str, Session]) -> None:
    """Write what the AWS CLI and boto3 read: one profile per account."""
    config: list[str] = []
    credentials: list[str] = []
    for name, session in admins.items():
        profile = f"iam-profiles-{name}"
        config += [f"[profile {profile}]", f"region = {cloud.region}"]
        config += [f"endpoint_url = {cloud.endpoint}", ""]
        credentials += [f"[{profile}]", f"aws_access_key_id = {session.key.id}"]
        credentials += [f"aws_secret_access_key = {session.key.secret}"]
        credentials += [f"aws_session_token = {session.key.token}", ""]
    write_atomically(home.aws_config, "\n".join(config), mode=0o600)
    write_atomically(home.aws_credentials, "\n".join(credentials), mode=0o600)


if __name__ == "__main__":
    main(sys.argv[1])
