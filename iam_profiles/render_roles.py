"""The role set of one account: permissions the same everywhere, and a trust that is not."""

from functools import partial

from iam_profiles.documents import ManagedPolicy, RoleDocuments
from iam_profiles.findings import Findings, Note
from iam_profiles.matrix import Matrix
from iam_profiles.model import Account, Organization, Profiles, Role
from iam_profiles.names import AccountId
from iam_profiles.paths import aws_policy_arn, class_pattern, role_arn, role_path, role_policy_name
from iam_profiles.placeholders import permissions
from iam_profiles.quotas import place_of_role
from iam_profiles.render_policies import managed_policies
from iam_profiles.render_trust import Admission, trust


def roles(
    profiles: Profiles, access: Matrix, account: Account, findings: Findings
) -> tuple[RoleDocuments, ...]:
    """Return the role set as the account has it."""
    return tuple(
        _role(profiles.organization, access, role, account, findings) for role in profiles.roles
    )


def role_policies(
    organization: Organization, role: Role, account: AccountId, findings: Findings
) -> tuple[ManagedPolicy, ...]:
    """Return the role's permissions as managed policies; they depend on the account's id alone.

    INVARIANT: ids are equally long, so that statements are split alike in every account.
    """
    return managed_policies(
        organization,
        account,
        permissions(organization, role, account),
        (partial(role_policy_name, role.name), f"Permissions of {role.name}"),
        (place_of_role(role.name), findings),
    )


def _role(
    organization: Organization, access: Matrix, role: Role, account: Account, findings: Findings
) -> RoleDocuments:
    trusted = trust(organization, role, account, access.admitted(role.name, account))
    findings.notes.extend(
        _note(organization, role, account, admission) for admission in trusted.by_class
    )
    return RoleDocuments(
        name=role.name,
        path=role_path(organization),
        arn=role_arn(organization, account.id, role.name),
        description=role.purpose,
        max_session_seconds=int(role.session.total_seconds()),
        trust=trusted.document,
        policies=role_policies(organization, role, account.id, findings),
        managed_policy_arns=tuple(
            aws_policy_arn(organization, name) for name in role.managed_policies
        ),
        renamed_from=role.renamed_from,
    )


def _note(organization: Organization, role: Role, account: Account, admission: Admission) -> Note:
    pattern = class_pattern(organization, admission.identity_class)
    return Note(
        account.name,
        f"role {role.name}",
        f"the trust policy lets in class `{admission.identity_class}` as a whole (`{pattern}`), as "
        f"{len(admission.users)} names would not fit; the group policies still name who may come",
    )
