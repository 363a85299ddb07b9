"""STS as AWS answers it: AssumeRole is decided by the policies that are deployed.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import cast
from xml.sax.saxutils import escape

from moto.iam.models import Role

from local import totp
from local.answers import Answer, AwsError, sts_result
from local.authorization import Authorizer, Context, Target
from local.callers import Caller, Callers
from local.emulator import LOCK, Document, Emulator
from local.sessions import Session, SessionKey

_ROLE_ARN = re.compile(r"arn:aws:iam::(?P<account>\d{12}):role/[\w+=,.@/-]{1,576}", re.ASCII)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_HOUR = 3600
_SECONDS = range(900, 12 * _HOUR + 1)
_MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class AssumeRole:
    """What a caller asks for."""

    role_arn: str
    account: str
    session_name: str
    seconds: int
    external_id: str | None
    source_identity: str | None
    tags: Mapping[str, str]
    transitive: frozenset[str]
    policy: str | None
    policy_arns: tuple[str, ...]
    serial: str | None
    token_code: str | None


class Sts:
    """Answers the STS calls of authenticated callers."""

    def __init__(self, emulator: Emulator, callers: Callers, authorizer: Authorizer) -> None:
        self._emulator = emulator
        self._callers = callers
        self._authorizer = authorizer

    def answer(self, caller: Caller, parameters: Mapping[str, str]) -> Answer:
        """Return the answer to one call.

        Raises:
            AwsError: it is refused.
        """
        action = parameters.get("Action", "")
        if action == "GetCallerIdentity":
            named = {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}
            return sts_result(action, _xml(named))
        if action == "AssumeRole":
            return self._assume_role(caller, read_assume_role(parameters))
        raise AwsError(
            "AccessDenied", f"The local cloud does not offer sts:{action}; use sts:AssumeRole"
        )

    def _assume_role(self, caller: Caller, wanted: AssumeRole) -> Answer:
        mfa = self._mfa_context(caller, wanted)
        with LOCK:
            role = self._emulator.role(wanted.account, wanted.role_arn)
            trust: Document = json.loads(role.assume_role_policy_document) if role else {}
            tags = {tag["Key"]: tag["Value"] for tag in role.tags} if role else {}
        if role is None:  # AWS does not say which roles there are
            raise _denied(caller, "sts:AssumeRole", wanted)
        session = new_session(caller, wanted, role, self._session_policy(wanted))
        target = Target(wanted.role_arn, wanted.account, trust, tags)
        context = {**mfa, **_request_context(wanted, session)}
        for action in _actions(session):
            if self._authorizer.refusal(caller, action, target, context) is not None:
                raise _denied(caller, action, wanted)
        check_duration(caller, wanted, role)
        self._callers.remember(session)
        return assumed(session)

    def _mfa_context(self, caller: Caller, wanted: AssumeRole) -> Context:
        """Return that MFA was used, if it was: a long-term key without it lacks the keys."""
        if wanted.serial is None and wanted.token_code is None:
            return {}
        with LOCK:
            seed = (
                self._emulator.mfa_seed(caller.user, wanted.serial)
                if caller.user is not None and wanted.serial is not None
                else None
            )
        if seed is None:
            raise AwsError(
                "AccessDenied",
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify "
                "your MFA serial number is valid and associated with this user.",
            )
        if not totp.is_valid(seed, wanted.token_code or "", datetime.now(UTC)):
            raise AwsError(
                "AccessDenied",
                "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
            )
        return {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}

    def _session_policy(self, wanted: AssumeRole) -> str | None:
        """Return the session's policies as one: each statement may allow, none has to."""
        with LOCK:
            documents = [
                self._emulator.managed_policy(wanted.account, arn) for arn in wanted.policy_arns
            ]
        if wanted.policy is not None:
            documents.append(_parsed(wanted.policy))
        if not documents:
            return None
        statements: list[object] = []
        for document in documents:
            found = document.get("Statement", [])
            statements += found if isinstance(found, list) else [found]
        return json.dumps({"Version": "2012-10-17", "Statement": statements})


def read_assume_role(parameters: Mapping[str, str]) -> AssumeRole:
    """Return a call's parameters, checked.

    Raises:
        AwsError: one is missing or malformed.
    """
    role = _ROLE_ARN.fullmatch(parameters.get("RoleArn", ""))
    name = parameters.get("RoleSessionName", "")
    seconds = parameters.get("DurationSeconds", str(_HOUR))
    source = parameters.get("SourceIdentity")
    tags = dict(
        zip(
            _members(parameters, "Tags", ".Key"),
            _members(parameters, "Tags", ".Value"),
            strict=False,
        )
    )
    checks = {
        "roleArn": role is not None,
        "roleSessionName": _SESSION_NAME.fullmatch(name) is not None,
        "durationSeconds": seconds.isdigit() and int(seconds) in _SECONDS,
        "sourceIdentity": source is None or _SESSION_NAME.fullmatch(source) is not None,
        "tags": len(tags) <= _MOST_TAGS,
    }
    wrong = [field for field, right in checks.items() if not right]
    if wrong or role is None:
        raise _invalid(f"Value at '{wrong[0]}' failed to satisfy constraint")
    return AssumeRole(
        role_arn=role[0],
        account=role["account"],
        session_name=name,
        seconds=int(seconds),
        external_id=parameters.get("ExternalId"),
        source_identity=source,
        tags=tags,
        transitive=frozenset(_members(parameters, "TransitiveTagKeys", "")),
        policy=parameters.get("Policy"),
        policy_arns=tuple(_members(parameters, "PolicyArns", ".arn")),
        serial=parameters.get("SerialNumber"),
        token_code=parameters.get("TokenCode"),
    )


def _members(parameters: Mapping[str, str], name: str, part: str) -> list[str]:
    """Return a list parameter's members, which the query protocol numbers from 1."""
    found: list[str] = []
    while (key := f"{name}.member.{len(found) + 1}{part}") in parameters:
        found.append(parameters[key])
    return found


def new_session(caller: Caller, wanted: AssumeRole, role: Role, policy: str | None) -> Session:
    """Return the session that is asked for, with what a chained one inherits."""
    before = caller.session
    inherited = {key: before.tags[key] for key in before.transitive} if before else {}
    source = before.source_identity if before else None
    if source is not None and wanted.source_identity not in {None, source}:
        raise _denied(caller, "sts:SetSourceIdentity", wanted)
    if overridden := inherited.keys() & wanted.tags.keys():
        raise _invalid(f"One of the specified transitive tag keys can't be set: {min(overridden)}")
    now = datetime.now(UTC)
    return Session(
        account=wanted.account,
        role_arn=role.arn,
        role_id=role.id,
        name=wanted.session_name,
        issued=now,
        expires=now + timedelta(seconds=wanted.seconds),
        key=SessionKey.new(),
        policy=policy,
        tags={**inherited, **wanted.tags},
        transitive=wanted.transitive | (before.transitive if before else frozenset[str]()),
        source_identity=source or wanted.source_identity,
    )


def _actions(session: Session) -> list[str]:
    """Return what has to be allowed, by the caller's policies and by the role's trust."""
    tagged = ["sts:TagSession"] if session.tags else []
    named = ["sts:SetSourceIdentity"] if session.source_identity is not None else []
    return ["sts:AssumeRole", *tagged, *named]


def _request_context(wanted: AssumeRole, session: Session) -> Context:
    context: Context = {"sts:RoleSessionName": session.name}
    if wanted.external_id is not None:
        context["sts:ExternalId"] = wanted.external_id
    if session.source_identity is not None:
        context["sts:SourceIdentity"] = session.source_identity
    if session.tags:
        context["aws:TagKeys"] = sorted(session.tags)
        context |= {f"aws:RequestTag/{key}": value for key, value in session.tags.items()}
    if session.transitive:
        context["sts:TransitiveTagKeys"] = sorted(session.transitive)
    return context


def check_duration(caller: Caller, wanted: AssumeRole, role: Role) -> None:
    """Refuse a session that is longer than the role, or a chain of roles, allows."""
    if wanted.seconds > int(role.max_session_duration or _HOUR):
        raise _invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if caller.session is not None and wanted.seconds > _HOUR:
        raise _invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining."
        )


def _parsed(policy: str) -> Document:
    try:
        document = json.loads(policy)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise AwsError(
            "MalformedPolicyDocument", "This policy contains invalid Json", HTTPStatus.BAD_REQUEST
        )
    return cast("Document", document)


def assumed(
    session: Session, action: str = "AssumeRole", more: Mapping[str, str] | None = None
) -> Answer:
    """Return the answer that gives out a session, and `more` beside it."""
    credentials = {
        "AccessKeyId": session.key.id,
        "SecretAccessKey": session.key.secret,
        "SessionToken": session.key.token,
        "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    user = {"AssumedRoleId": session.user_id, "Arn": session.arn}
    content = f"<Credentials>{_xml(credentials)}</Credentials>"
    content += f"<AssumedRoleUser>{_xml(user)}</AssumedRoleUser>"
    if session.source_identity is not None:
        content += _xml({"SourceIdentity": session.source_identity})
    return sts_result(action, content + _xml(more or {}))


def _xml(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _denied(caller: Caller, action: str, wanted: AssumeRole) -> AwsError:
    message = f"User: {caller.arn} is not authorized to perform: {action}"
    return AwsError("AccessDenied", f"{message} on resource: {wanted.role_arn}")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message, HTTPStatus.BAD_REQUEST)
