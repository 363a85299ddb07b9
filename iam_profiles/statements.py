"""IAM policy documents as canonical text: the same statements always give the same characters."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Conditions: TypeAlias = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
"""`((operator, ((key, values), …)), …)`, as in the model."""

ASSUME: Final = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
"""Assuming a role as pipelines do: with a source identity and tags, so that the log tells who came.

All three are authorised on both ends, under the same conditions: they are one request."""

ASSUME_WITH_TOKEN: Final = ("sts:AssumeRoleWithWebIdentity",)
"""Assuming a role with an issuer's token. No tags and no source identity: those would come in the
token, as the issuer likes, and a token that brings some is refused.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
"""

ASSUME_ANYHOW: Final = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)
"""Every way into a role, spelt out: a trust policy may name STS's AssumeRole actions only."""


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """One statement of a rendered document; a trust policy's has a principal, others resources.

    INVARIANT: whoever makes one sorts its lists, by a text that does not depend on the account.
    """

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    principal: tuple[Literal["AWS", "Federated", "Service"], str] | Literal["*"] | None = None
    conditions: Conditions = ()

    def as_json(self) -> dict[str, Any]:
        """Return the statement in AWS's grammar, its lists in the order given."""
        statement: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
        }
        if self.resources:
            statement["Resource"] = list(self.resources)
        if isinstance(self.principal, tuple):
            statement["Principal"] = dict((self.principal,))
        elif self.principal is not None:
            statement["Principal"] = self.principal
        if self.conditions:
            statement["Condition"] = {
                operator: {key: list(values) for key, values in tests}
                for operator, tests in self.conditions
            }
        return statement


def document(statements: Iterable[PolicyStatement]) -> str:
    """Return a policy document: keys sorted, statements and lists in the order given, no spaces."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [statement.as_json() for statement in statements]},
        sort_keys=True,
        separators=(",", ":"),
    )


def characters(text: str) -> int:
    """Return a document's length as AWS counts it, without white space.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    return len("".join(text.split()))


def via_service(partition: str, region: str, service: str) -> tuple[str, tuple[str, ...]]:
    """Return the condition that a KMS key is used through an AWS service of this region.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return "kms:ViaService", (f"{service}.{region}.{domain}",)
