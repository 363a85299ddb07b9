"""What is rendered, laid out for review: a change of `profiles/` shows as a change of documents."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from iam_profiles.documents import AccountDocuments, ManagedPolicy, RoleDocuments
from iam_profiles.findings import Findings
from iam_profiles.matrix import Matrix, matrix
from iam_profiles.model import Organization, Profiles, Role
from iam_profiles.names import AccountId, AccountName
from iam_profiles.paths import WORKLOAD_BOUNDARY, state_account
from iam_profiles.render import render_all
from iam_profiles.render_boundaries import workload_boundary
from iam_profiles.render_directory import directory
from iam_profiles.render_roles import role_policies

# As long as an account id, so that statements are split as they are for a real one.
_ANY_ACCOUNT: Final = AccountId("<account-id>")


def snapshots(profiles: Profiles) -> dict[str, str]:
    """Return the files under `rendered/`, `{relative path: text}`.

    What is the same in every account is shown once, with `{account}` for the account's own id:
    `roles/<Role>.json`, `boundaries/boundary-workloads.json`. A role's trust, which is not, is one
    file, `trust/<Role>.json`, `{account: document}`. `directory.json` is what pipelines read at run
    time. The rest is the state account's; `stores/<class>.json` says who reads a class's keys.

    Raises:
        ProfilesInvalidError: as `render_all` does.
    """
    rendered, organization = render_all(profiles), profiles.organization
    state = rendered.documents[state_account(organization).name]
    by_role = {role.name: role for role in profiles.roles}
    files: dict[str, Any] = {
        "notes.json": [str(note) for note in rendered.notes],
        "users.json": {"service_users": _users(state), "people": _list(state.people)},
        **_stores(state),
    }
    for role in state.roles:
        files[f"roles/{role.name}.json"] = _role(organization, by_role[role.name], role)
        files[f"trust/{role.name}.json"] = _trusts(rendered.documents, role)
    for group in state.groups:
        files[f"groups/{group.name}.json"] = {
            "path": group.path,
            "members": group.members,
            "policies": _policies(group.policies),
        }
    for boundary in state.boundaries:
        files[f"boundaries/{boundary.name}.json"] = json.loads(boundary.document)
    files[f"boundaries/{WORKLOAD_BOUNDARY}.json"] = json.loads(
        _anywhere(workload_boundary(organization, _ANY_ACCOUNT))
    )
    texts = {path: _pretty(content) for path, content in sorted(files.items())}
    run_time = directory(profiles).to_json()
    return {"matrix.md": _table(matrix(profiles)), "directory.json": run_time, **texts}


def _users(state: AccountDocuments) -> list[dict[str, Any]]:
    """Return the service users without what is the same for all of their class."""
    return [
        {name: value for name, value in user.items() if name != "secret_policy"}
        for user in _list(state.service_users)
    ]


def _stores(state: AccountDocuments) -> dict[str, Any]:
    """Return the policies of each class's secrets and of its KMS key, where it has them."""
    secrets = {user.identity_class: user.secret_policy for user in state.service_users}
    keys = {one.identity_class: one.policy for one in state.store_keys}
    texts = {one: {"secret": secrets.get(one), "key": keys.get(one)} for one in {**secrets, **keys}}
    return {
        f"stores/{one}.json": {kind: json.loads(text) for kind, text in said.items() if text}
        for one, said in texts.items()
        if any(said.values())
    }


def _role(organization: Organization, role: Role, documents: RoleDocuments) -> dict[str, Any]:
    policies = role_policies(organization, role, _ANY_ACCOUNT, Findings())
    return {
        "path": documents.path,
        "description": documents.description,
        "max_session_seconds": documents.max_session_seconds,
        "policies": _policies(policies),
        "aws_managed_policies": documents.managed_policy_arns,
    }


def _trusts(
    documents: Mapping[AccountName, AccountDocuments], role: RoleDocuments
) -> dict[str, Any]:
    return {
        account: json.loads(entry.trust)
        for account, rendered in documents.items()
        for entry in rendered.roles
        if entry.name == role.name
    }


def _policies(policies: tuple[ManagedPolicy, ...]) -> dict[str, Any]:
    return {policy.name: json.loads(_anywhere(policy.document)) for policy in policies}


def _table(access: Matrix) -> str:
    heads = ["identity", "class", "role", *(account.name for account in access.accounts)]
    lines = ["# Who may assume which role where", "", *_row(heads), *_row(["---"] * len(heads))]
    for identity in access.identities:
        for role in access.roles:
            ways = [access.ways(identity, role, account) for account in access.accounts]
            if any(ways):
                cells = ["; ".join(dict.fromkeys(map(str, found))) for found in ways]
                lines += _row([identity.name, identity.identity_class, role, *cells])
    return "\n".join([*lines, "", "What is not listed is refused.", ""])


def _row(cells: list[str]) -> list[str]:
    return [f"| {' | '.join(cells)} |"]


def _anywhere(document: str) -> str:
    return document.replace(_ANY_ACCOUNT, "{account}")


def _list(entries: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [asdict(entry) for entry in entries]


def _pretty(content: object) -> str:
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
