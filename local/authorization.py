"""Put a request to the evaluator, with the policies as they are deployed in the emulator."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from local.callers import Caller
from local.emulator import Document
from local.evaluator import Evaluator, NoVerdictError

_LOG = logging.getLogger(__name__)

Context = dict[str, str | list[str]]
_UNKNOWN = '"kms:EncryptionContext:'
_KNOWN = '"aws:PrincipalTag/kms:EncryptionContext:'
"""The evaluator leaves out keys whose names hold a variable, but for those of tags."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about, and the policy that it carries itself."""

    arn: str
    account: str
    policy: Document | None = None
    tags: Mapping[str, str] | None = None


class Authorizer:
    """Decides requests; without an evaluator nothing is decided, and everything passes."""

    def __init__(self, evaluator: Evaluator | None) -> None:
        self._evaluator = evaluator

    def refusal(self, caller: Caller, action: str, target: Target, request: Context) -> str | None:
        """Return why the caller may not do this, or None if it may.

        Whatever keeps the evaluator from an answer is a refusal too.
        """
        if self._evaluator is None:
            return None
        try:
            verdict = self._evaluator.decide(_simulation(caller, action, target, request))
        except NoVerdictError as error:
            _LOG.error("no verdict on %s by %s: %s", action, caller.arn, error)
            return f"the local evaluator gave no verdict: {error}"
        if verdict.allowed:
            return None
        denied = verdict.result == "ExplicitlyDenied"
        return "a policy denies it" if denied else "no policy allows it"


def _simulation(caller: Caller, action: str, target: Target, request: Context) -> dict[str, object]:
    simulation: dict[str, object] = {
        "request": {
            # A session is put as itself: the evaluator knows its role by the name that both have.
            "principal": caller.arn,
            "action": action,
            "resource": {"resource": target.arn, "accountId": target.account},
            "contextVariables": {**caller.context, **_now(), **_resource(target), **request},
        },
        "identityPolicies": _named(caller.policies),
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }
    if caller.boundary:
        simulation["permissionBoundaryPolicies"] = _named(caller.boundary)
    if caller.session_policy is not None:
        simulation["sessionPolicy"] = caller.session_policy
    if target.policy is not None:
        simulation["resourcePolicy"] = target.policy
    return json.loads(json.dumps(simulation).replace(_UNKNOWN, _KNOWN))


def _named(policies: Mapping[str, Document]) -> list[dict[str, object]]:
    return [{"name": name, "policy": document} for name, document in policies.items()]


def _now() -> Context:
    now = datetime.now(UTC)
    return {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        # AWS has no other endpoints than encrypted ones; this one stands for them.
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
    }


def _resource(target: Target) -> Context:
    tags = {f"aws:ResourceTag/{name}": value for name, value in (target.tags or {}).items()}
    return {"aws:ResourceAccount": target.account, **tags}
