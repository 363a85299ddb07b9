"""AssumeRoleWithWebIdentity as AWS answers it: nobody signs the call, the token says who asks.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, cast

from local.answers import Answer, AwsError
from local.authorization import Authorizer, Context, Target
from local.callers import Caller, Callers
from local.emulator import LOCK, Document, Emulator
from local.sts import AssumeRole, assumed, check_duration, new_session, read_assume_role
from local.tokens import Claims, Issuers

ACTION: Final = "AssumeRoleWithWebIdentity"
_KEY: Final = "aws:RequestTag/"
_TAGS: Final = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY: Final = "https://aws.amazon.com/source_identity"
_SCHEME: Final = "https://"


@dataclass(frozen=True, slots=True)
class WebIdentities:
    """Answers the calls that carry an issuer's token."""

    emulator: Emulator
    callers: Callers
    authorizer: Authorizer
    issuers: Issuers

    def answer(self, parameters: Mapping[str, str]) -> Answer:
        """Return the session that the token is worth.

        Raises:
            AwsError: it is refused.
        """
        claims = self.issuers.verified(parameters.get("WebIdentityToken", ""), datetime.now(UTC))
        wanted = _wanted(parameters, claims)
        host = str(claims["iss"]).removeprefix(_SCHEME)
        with LOCK:
            audiences = self.emulator.audiences(wanted.account, host)
            role = self.emulator.role(wanted.account, wanted.role_arn)
            trust: Document = json.loads(role.assume_role_policy_document) if role else {}
        _check_audience(claims, audiences)
        caller = _caller(wanted, host)
        target = Target(wanted.role_arn, wanted.account, _in_known_keys(trust, host))
        context: Context = {"sts:RoleSessionName": wanted.session_name, **_context(claims)}
        for action in _actions(wanted):
            refused = self.authorizer.refusal(caller, action, target, context)
            if refused is not None:
                raise _not_authorized(action)
        if role is None:  # AWS does not say which roles there are
            raise _not_authorized(f"sts:{ACTION}")
        check_duration(caller, wanted, role)
        session = new_session(caller, wanted, role, None)
        self.callers.remember(session)
        more = {
            "SubjectFromWebIdentityToken": str(claims.get("sub", "")),
            "Provider": caller.arn,
            "Audience": ", ".join(_audiences(claims)),
        }
        return assumed(session, ACTION, more)


def _caller(wanted: AssumeRole, host: str) -> Caller:
    provider = f"arn:aws:iam::{wanted.account}:oidc-provider/{host}"
    return Caller(wanted.account, provider, provider, "", policies={}, boundary={}, context={})


def _wanted(parameters: Mapping[str, str], claims: Claims) -> AssumeRole:
    """Return what is asked for: tags and a source identity are the token's, not the call's.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
    """
    wanted = read_assume_role(parameters)
    if wanted.policy is not None or wanted.policy_arns:
        raise AwsError("AccessDenied", f"The local cloud takes no session policy for sts:{ACTION}")
    brought = claims.get(_TAGS)
    tags = cast("dict[str, Any]", brought if isinstance(brought, dict) else {})
    principal = cast("dict[str, list[str]]", tags.get("principal_tags") or {})
    source = claims.get(_SOURCE_IDENTITY)
    return replace(
        wanted,
        tags={key: values[0] for key, values in principal.items()},
        transitive=frozenset(cast("list[str]", tags.get("transitive_tag_keys") or [])),
        source_identity=source if isinstance(source, str) else None,
    )


def _actions(wanted: AssumeRole) -> list[str]:
    """Return what the trust has to allow: what the token brings along has to be let in too."""
    tagged = ["sts:TagSession"] if wanted.tags else []
    named = ["sts:SetSourceIdentity"] if wanted.source_identity is not None else []
    return [f"sts:{ACTION}", *tagged, *named]


def _not_authorized(action: str) -> AwsError:
    return AwsError("AccessDenied", f"Not authorized to perform {action}")


def _audiences(claims: Claims) -> list[str]:
    found = claims.get("aud")
    return [str(one) for one in cast("list[Any]", found if isinstance(found, list) else [found])]


def _check_audience(claims: Claims, audiences: list[str] | None) -> None:
    if audiences is None:
        message = f"No OpenIDConnect provider found in your account for {claims['iss']}"
        raise AwsError("InvalidIdentityToken", message, HTTPStatus.BAD_REQUEST)
    if not set(_audiences(claims)) & set(audiences):
        message = "Incorrect token audience"
        raise AwsError("InvalidIdentityToken", message, HTTPStatus.BAD_REQUEST)


def _context(claims: Claims) -> Context:
    found: Context = {
        _known(claim): value for claim, value in claims.items() if isinstance(value, str)
    }
    return {**found, _known("aud"): _audiences(claims)[0]}


def _in_known_keys(trust: Document, host: str) -> Document:
    """Return the trust policy with the issuer's condition keys as the evaluator knows some.

    Its list of keys has few issuers' own. A session of a web identity without tags has no request
    tags; so to the evaluator each claim is one, of the same type.
    """
    statements = trust.get("Statement", [])
    listed = cast("list[Any]", statements if isinstance(statements, list) else [statements])
    return {**trust, "Statement": [_renamed(one, host) for one in listed]}


def _renamed(statement: Mapping[str, Any], host: str) -> dict[str, Any]:
    tests: dict[str, dict[str, Any]] = statement.get("Condition", {})
    prefix = f"{host.lower()}:"
    renamed = {
        operator: {
            _known(key[len(prefix) :]) if key.lower().startswith(prefix) else key: values
            for key, values in keys.items()
        }
        for operator, keys in tests.items()
    }
    return {**statement, **({"Condition": renamed} if renamed else {})}


def _known(claim: str) -> str:
    return _KEY + claim.lower().replace("/", ".").replace(":", ".")
