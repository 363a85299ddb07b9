"""A stack as data: the example's, declared as the components do, to be changed by a test."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from iam_profiles.documents import AccountDocuments, ManagedPolicy
from iam_profiles.load import load
from iam_profiles.model import Account, Profiles
from iam_profiles.names import AccountName
from iam_profiles.render import render
from policies.known_types import KMS_ALIAS, KMS_KEY, SECRET, STACK
from policies.registered import UNKNOWN, Provider, Registered, Resource, Value

ROOT = Path(__file__).parents[2]
UNKNOWN_INPUT = {"$unknown": True}
"""Stands for a value that the engine does not know at preview."""
OF = "$of"
"""`{OF: name}` stands for the id of the KMS key of this name, which is made with it."""

Declared = dict[str, Any]
Document = dict[str, Any]


@cache
def profiles() -> Profiles:
    """The example organisation."""
    return load(ROOT / "profiles")


@cache
def rendered(account: str) -> AccountDocuments:
    return render(profiles(), AccountName(account))


def token(name: str) -> str:
    """The type token of an IAM resource, or of whatever is written out in full."""
    return name if ":" in name else f"aws:iam/{name[0].lower()}{name[1:]}:{name}"


class World:
    """The resources of one stack: `{(type, name): inputs}`."""

    def __init__(self, account: str, model: Profiles | None = None) -> None:
        documents = render(model, AccountName(account)) if model else rendered(account)
        self.account: Account = documents.account
        self.stack = account
        self.pinned: str | None = self.account.id
        self.outputs: Declared = {}
        self.resources: dict[tuple[str, str], Declared] = {}
        self._declare(documents)

    def add(self, type_: str, logical: str, /, **inputs: object) -> None:
        self.resources[token(type_), logical] = inputs

    def remove(self, type_: str, name: str) -> None:
        del self.resources[token(type_), name]

    def change(self, type_: str, logical: str, /, **inputs: object) -> None:
        self.resources[token(type_), logical].update(inputs)

    def pin(self, account_id: str | None) -> None:
        """Let the AWS provider write to this account, or to any."""
        self.pinned = account_id

    def rewrite(self, type_: str, name: str, key: str, edit: Callable[[Document], None]) -> None:
        """Change a policy document in place."""
        inputs = self.resources[token(type_), name]
        document = json.loads(inputs[key])
        edit(document)
        inputs[key] = json.dumps(document)

    def urn(self, type_: str, name: str) -> str:
        return f"urn:pulumi:{self.stack}::iam-profiles::{token(type_)}::{name}"

    def registered(self) -> Registered:
        """The stack as a preview of it is judged."""
        provider = Provider(
            self.urn("pulumi:providers:aws", self.stack),
            "pulumi:providers:aws",
            _provider_inputs(self.pinned),
        )
        root = Resource(self.urn(STACK, self.stack), STACK, {}, _plain(self.outputs), None)
        declared = [
            Resource(
                self.urn(type_, name), type_, _plain(inputs), {}, provider, self._sources(inputs)
            )
            for (type_, name), inputs in self.resources.items()
        ]
        return Registered((root, *declared))

    def _sources(self, inputs: Declared) -> dict[str, tuple[str, ...]]:
        return {
            key: (self.urn(KMS_KEY, str(cast("Declared", value)[OF])),)
            for key, value in inputs.items()
            if isinstance(value, dict) and OF in value
        }

    def program(self) -> str:
        """The stack as `program.py` takes it."""
        resources = [[type_, name, inputs] for (type_, name), inputs in self.resources.items()]
        return json.dumps(
            {
                "stack": self.stack,
                "pinned": self.pinned,
                "outputs": self.outputs,
                "resources": resources,
            }
        )

    def _declare(self, documents: AccountDocuments) -> None:
        for boundary in documents.boundaries:
            self._policy(boundary)
        for issuer in documents.identity_providers:
            inputs = {"url": issuer.url, "clientIdLists": list(issuer.audiences)}
            self.add("OpenIdConnectProvider", issuer.name, **inputs)
        for role in documents.roles:
            for policy in role.policies:
                self._policy(policy)
            self.add(
                "Role",
                role.name,
                name=role.name,
                path=role.path,
                description=role.description,
                assumeRolePolicy=role.trust,
                maxSessionDuration=role.max_session_seconds,
                forceDetachPolicies=True,
            )
            arns = [*(policy.arn for policy in role.policies), *role.managed_policy_arns]
            self._exclusive("role", role.name, arns)
        for reader in documents.readers:
            self._policy(reader.policy)
            self.add(
                "Role",
                reader.name,
                name=reader.name,
                path=reader.path,
                assumeRolePolicy=reader.trust,
                permissionsBoundary=reader.boundary_arn,
            )
            self._exclusive("role", reader.name, [reader.policy.arn])
        for group in documents.groups:
            self.add("Group", group.name, name=group.name, path=group.path)
            for policy in group.policies:
                self._policy(policy)
                arn = policy.arn
                self.add("GroupPolicyAttachment", policy.name, group=group.name, policyArn=arn)
            self._exclusive("group", group.name, [policy.arn for policy in group.policies])
            self.add(
                "GroupMembership",
                group.name,
                name=group.name,
                group=group.name,
                users=list(group.members),
            )
        for user in (*documents.people, *documents.service_users):
            self.add(
                "User",
                user.name,
                name=user.name,
                path=user.path,
                permissionsBoundary=user.boundary_arn,
            )
            self._exclusive("user", user.name, [])
        self._secrets(documents)

    def _secrets(self, documents: AccountDocuments) -> None:
        for key in documents.store_keys:
            self.add(KMS_KEY, key.name, policy=key.policy, enableKeyRotation=True)
            self.add(KMS_ALIAS, key.name, name=key.alias, targetKeyId={OF: key.name})
        for machine in documents.service_users:
            locked = {"policy": machine.secret_policy, "kmsKeyId": machine.key_alias}
            stated = {key: value for key, value in locked.items() if value is not None}
            self.add(SECRET, machine.name, name=machine.secret_name, **stated)

    def _policy(self, policy: ManagedPolicy) -> None:
        self.add("Policy", policy.name, name=policy.name, path=policy.path, policy=policy.document)

    def _exclusive(self, kind: str, name: str, arns: list[Any]) -> None:
        holder = {f"{kind}Name": name}
        self.add(f"{kind.title()}PolicyAttachmentsExclusive", name, **holder, policyArns=arns)
        self.add(f"{kind.title()}PoliciesExclusive", name, **holder, policyNames=[])


def _provider_inputs(pinned: str | None) -> dict[str, Value]:
    """A provider takes its lists as JSON text."""
    pin = {} if pinned is None else {"allowedAccountIds": json.dumps([pinned])}
    return {"region": "eu-west-1", **pin}


def _plain(value: Any) -> Any:
    """JSON as `registered` hands it to the rules."""
    if value == UNKNOWN_INPUT or (isinstance(value, dict) and OF in value):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("Declared", value).items()}
    if isinstance(value, list):
        return tuple(_plain(item) for item in cast("list[Any]", value))
    return value
