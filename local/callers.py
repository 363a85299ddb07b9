"""Who makes a request: an IAM user or a role session, and what AWS knows of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from moto.iam.models import User, mark_account_as_visited

from local.answers import AwsError
from local.emulator import LOCK, Document, Emulator, admin_role_arn
from local.moto_gaps import boundary_arn
from local.sessions import Session
from local.signature import SignedRequest, is_genuine


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal, as the evaluator is told of it."""

    account: str
    arn: str
    """As AWS names it in messages: a user's ARN, or a session's."""
    principal: str
    """`aws:PrincipalArn`: for a session, its role's ARN."""
    user_id: str
    policies: Mapping[str, Document]
    boundary: Mapping[str, Document]
    context: Mapping[str, str | list[str]]
    session_policy: Document | None = None
    user: User | None = None
    session: Session | None = None

    @property
    def is_admin(self) -> bool:
        """Whether it is one of the sessions that the local cloud made for itself."""
        admin = admin_role_arn(self.account)
        return self.session is not None and self.principal == admin


class Callers:
    """Finds out who signed a request."""

    def __init__(self, emulator: Emulator, accounts: tuple[str, ...]) -> None:
        self._emulator = emulator
        self._accounts = accounts
        self._sessions: dict[str, Session] = {}

    def remember(self, session: Session) -> None:
        """Let a session's key be used from now on."""
        self._sessions[session.key.id] = session

    def authenticate(self, request: SignedRequest) -> Caller:
        """Return who made the request.

        Raises:
            AwsError: nobody's key, a deleted, inactive or expired one, or a wrong signature.
        """
        now = datetime.now(UTC)
        session = self._sessions.get(request.key)
        if session is not None:
            _check(request, session.key.secret, session.key.token, now)
            if now >= session.expires:
                raise AwsError(
                    "ExpiredToken", "The security token included in the request is expired"
                )
            return self._of_session(session)
        with LOCK:
            for account in self._accounts:
                found = self._emulator.long_term_key(account, request.key)
                if found is not None:
                    user, key = found
                    _check(request, key.secret_access_key, None, now)
                    mark_account_as_visited(
                        account, key.access_key_id, request.service, request.region
                    )
                    return self._of_user(account, user)
        raise AwsError(
            "InvalidClientTokenId", "The security token included in the request is invalid."
        )

    def _of_user(self, account: str, user: User) -> Caller:
        boundary = boundary_arn(user)
        tags = self._emulator.user_tags(user)
        return Caller(
            account=account,
            arn=user.arn,
            principal=user.arn,
            user_id=user.id,
            policies=self._emulator.user_policies(user),
            boundary=self._boundary(account, boundary),
            context={
                **_about(account, user.arn, user.id, "User", tags),
                "aws:username": user.name,
            },
            user=user,
        )

    def _of_session(self, session: Session) -> Caller:
        with LOCK:
            role = self._emulator.role(session.account, session.role_arn)
            alive = role is not None and role.id == session.role_id
            policies = self._emulator.role_policies(role) if role and alive else {}
            boundary = role.permissions_boundary_arn if role and alive else None
            bounded = self._boundary(session.account, boundary)
            tags = {tag["Key"]: tag["Value"] for tag in role.tags} if role and alive else {}
        kind, issued = "AssumedRole", session.issued.strftime("%Y-%m-%dT%H:%M:%SZ")
        context = {
            **_about(
                session.account, session.role_arn, session.user_id, kind, {**tags, **session.tags}
            ),
            "aws:TokenIssueTime": issued,
            # A role session carries no MFA on: what it was assumed with is not in its context.
            "aws:MultiFactorAuthPresent": "false",
        }
        if session.source_identity is not None:
            context["aws:SourceIdentity"] = session.source_identity
        return Caller(
            account=session.account,
            arn=session.arn,
            principal=session.role_arn,
            user_id=session.user_id,
            policies=policies,
            boundary=bounded,
            context=context,
            session_policy=json.loads(session.policy) if session.policy else None,
            session=session,
        )

    def _boundary(self, account: str, arn: str | None) -> dict[str, Document]:
        return {arn: self._emulator.managed_policy(account, arn)} if arn else {}


def _check(request: SignedRequest, secret: str, token: str | None, now: datetime) -> None:
    if not is_genuine(request, secret, token, now):
        raise AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )


def _about(
    account: str, principal: str, user_id: str, kind: str, tags: Mapping[str, str]
) -> dict[str, str | list[str]]:
    about: dict[str, str | list[str]] = {
        "aws:PrincipalArn": principal,
        "aws:PrincipalAccount": account,
        "aws:PrincipalType": kind,
        "aws:userid": user_id,
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
    }
    return about | {f"aws:PrincipalTag/{name}": value for name, value in tags.items()}
