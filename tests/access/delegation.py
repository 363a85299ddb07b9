"""Worlds in which IAM is delegated within a boundary: AWS's own example, and the usual pattern."""

from typing import Any

from access.world import Document, Role, User, World
from tests.access.small_world import ROOT, STATE, N, R, allow, deny, doc, role, user, world

POLICY = f"arn:aws:iam::{STATE}:policy"
BOUNDARY, DELEGATED = f"{POLICY}/XCompanyBoundaries", f"{POLICY}/DelegatedUserBoundary"
ZHANG, MARIA = (f"arn:aws:iam::{STATE}:user/{name}" for name in ("Zhang", "Maria"))
ADMINISTRATOR = f"arn:aws:iam::{STATE}:role/Administrator"
APPS = f"arn:aws:iam::{STATE}:role/apps/*"
TRUSTED = f"arn:aws:iam::{STATE}:role/apps/deploy"
SAFE = f"{POLICY}/apps/read"
EVERYTHING = allow("*")

Statements = list[dict[str, Any]]


def bounded(boundary: str | list[str] = BOUNDARY, operator: str = "StringEquals") -> dict[str, Any]:
    """Return the condition that a boundary is attached."""
    return {operator: {"iam:PermissionsBoundary": boundary}}


def attaching(policies: str | list[str], operator: str = "ArnEquals") -> dict[str, Any]:
    """Return the condition that only such policies are attached."""
    return {operator: {"iam:PolicyARN": policies}}


def x_company() -> dict[str, Statements]:
    """Return the boundaries of AWS's example, by statement.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    actions = ["Attach", "Delete", "Detach", "Put"]
    kept = [f"iam:{verb}UserPolicy" for verb in actions]
    own = "arn:aws:iam::*:user/${aws:username}"
    return {
        BOUNDARY: [
            allow(["s3:*", "cloudwatch:*", "ec2:*", "dynamodb:*"]),
            allow(["iam:ListUsers", "iam:GetAccountPasswordPolicy"]),
            allow(["iam:*AccessKey*", "iam:ChangePassword", "iam:GetUser"], own),
            allow(["iam:*ServiceSpecificCredential*", "iam:*SigningCertificate*"], own),
            deny("s3:*", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]),
        ],
        DELEGATED: [
            allow([*kept, "iam:CreateUser", "iam:PutUserPermissionsBoundary"], **bounded()),
            {
                "Effect": "Allow",
                "Action": [
                    *("cloudwatch:*", "iam:CreateAccessKey", "iam:CreateGroup"),
                    *("iam:CreateLoginProfile", "iam:CreatePolicy", "iam:DeleteGroup"),
                    *("iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteUser"),
                    *("iam:SetDefaultPolicyVersion", "iam:UpdateGroup"),
                    *("iam:UpdateLoginProfile", "iam:UpdateUser", "iam:List*", "iam:Get*"),
                ],
                "NotResource": MARIA,
            },
            deny(
                [
                    *("iam:CreatePolicyVersion", "iam:DeletePolicy"),
                    *("iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"),
                ],
                [BOUNDARY, DELEGATED],
            ),
            deny("iam:DeleteUserPermissionsBoundary"),
        ],
    }


def of_zhang(statements: dict[str, Statements] | None = None, *more: User | Role) -> World:
    """Return AWS's example: Zhang delegated to make users, Maria the administrator."""
    found = x_company() if statements is None else statements
    granted = [allow("iam:*"), allow("s3:ListBucket", "arn:aws:s3:::ZhangBucket")]
    return world(
        user(ZHANG, granted, boundary=DELEGATED),
        user(MARIA, EVERYTHING),
        user(f"arn:aws:iam::{STATE}:user/Ana", allow("s3:*")),
        role(R, ROOT),
        *more,
        policies={arn: doc(one, arn.rpartition("/")[2]) for arn, one in found.items()},
    )


WITHIN = [allow(["s3:*", "iam:*"]), deny("iam:*")]
"""A boundary that allows something, and nothing of IAM."""


def delegate(
    *statements: dict[str, Any], policies: dict[str, Document] | None = None, **rest: Any
) -> World:
    """Return a world in which N may do this, and whoever administers the account reaches R."""
    own = {BOUNDARY: doc(WITHIN, "boundary"), SAFE: doc(allow("s3:*"), "read")}
    return world(
        user(N, list(statements)),
        *rest.pop("more", ()),
        role(ADMINISTRATOR, [], EVERYTHING),
        role(R, ROOT),
        policies={**own, **(policies or {})},
        **rest,
    )


CREATE = ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"]
CREATE_BOUNDED = allow(CREATE, **bounded())
"""The usual pattern: roles only within a boundary."""
