"""Statements made into managed policies, as many as they take."""

from collections.abc import Callable, Iterable

from iam_profiles.documents import ManagedPolicy
from iam_profiles.errors import Problem
from iam_profiles.findings import Findings
from iam_profiles.model import Organization
from iam_profiles.names import AccountId
from iam_profiles.paths import boundary_path, policy_arn, policy_path
from iam_profiles.quotas import Place
from iam_profiles.split import StatementTooLongError, pack
from iam_profiles.statements import PolicyStatement, document


def managed_policy(
    organization: Organization, account: AccountId, name: str, description: str, text: str
) -> ManagedPolicy:
    """Return a policy of ours; AWS cannot change a description, so it never depends on contents."""
    path = policy_path(organization)
    return ManagedPolicy(
        name, path, policy_arn(organization, account, path, name), description, text
    )


def boundary_policy(
    organization: Organization, account: AccountId, name: str, description: str, text: str
) -> ManagedPolicy:
    """Return a permissions boundary: a policy under a path of its own."""
    path = boundary_path(organization)
    return ManagedPolicy(
        name, path, policy_arn(organization, account, path, name), description, text
    )


def managed_policies(
    organization: Organization,
    account: AccountId,
    statements: Iterable[PolicyStatement],
    named: tuple[Callable[[int], str], str],
    report: tuple[Place, Findings],
) -> tuple[ManagedPolicy, ...]:
    """Return the statements as managed policies; `named` is (the name of part n, description)."""
    name, description = named
    place, findings = report
    limit = organization.quotas.managed_policy_characters
    try:
        packed = pack(statements, limit)
    except StatementTooLongError as error:
        sid = error.statement.sid
        findings.problems.append(
            Problem(
                file=place.file,
                line=0,
                field=place.field,
                found=f"statement `{sid}` takes {error.size:,} characters and cannot be divided, "
                f"the quota is {limit:,}",
                remedy="shorten its conditions",
            )
        )
        return ()
    return tuple(
        managed_policy(organization, account, name(part), description, document(held))
        for part, held in enumerate(packed, start=1)
    )
