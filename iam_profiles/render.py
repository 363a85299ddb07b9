"""The model rendered into each account's IAM documents: plain strings, known at preview."""

from collections.abc import Mapping
from dataclasses import dataclass

from iam_profiles.documents import AccountDocuments
from iam_profiles.errors import AccountUnknownError, Problem, ProfilesInvalidError
from iam_profiles.findings import Findings, Note
from iam_profiles.matrix import Matrix, matrix
from iam_profiles.model import Account, Profiles
from iam_profiles.names import AccountName
from iam_profiles.quotas import quota_problems
from iam_profiles.render_boundaries import boundaries
from iam_profiles.render_federation import identity_providers
from iam_profiles.render_groups import groups
from iam_profiles.render_readers import reader_boundaries, readers
from iam_profiles.render_roles import roles
from iam_profiles.render_stores import store_keys
from iam_profiles.render_users import people, service_users


@dataclass(frozen=True, slots=True)
class Rendered:
    """Every account's documents, and what a reviewer should know of how they were made to fit."""

    documents: Mapping[AccountName, AccountDocuments]
    notes: tuple[Note, ...]


def render(profiles: Profiles, account: AccountName) -> AccountDocuments:
    """Return the documents of one account.

    Raises:
        AccountUnknownError: the organisation has no such account.
        ProfilesInvalidError: something does not fit AWS's quotas; all of it is listed.
    """
    known = {entry.name: entry for entry in profiles.organization.accounts}
    if account not in known:
        raise AccountUnknownError(account, known)
    findings = Findings()
    documents = _render(profiles, matrix(profiles), known[account], findings)
    _refuse(findings.problems)
    return documents


def render_all(profiles: Profiles) -> Rendered:
    """Return the documents of every account, and the notes on them.

    Raises:
        ProfilesInvalidError: something does not fit AWS's quotas; all accounts' is listed.
    """
    access, findings = matrix(profiles), Findings()
    documents = {
        account.name: _render(profiles, access, account, findings)
        for account in profiles.organization.accounts
    }
    _refuse(findings.problems)
    return Rendered(documents, tuple(sorted(findings.notes)))


def notes(profiles: Profiles) -> tuple[Note, ...]:
    """Return where documents had to name a class or any account, as their list would not fit.

    Raises:
        ProfilesInvalidError: as `render_all` does.
    """
    return render_all(profiles).notes


def _render(
    profiles: Profiles, access: Matrix, account: Account, findings: Findings
) -> AccountDocuments:
    in_state = account.tier == "state"
    documents = AccountDocuments(
        account=account,
        partition=profiles.organization.partition,
        region=profiles.organization.region,
        boundaries=(
            *boundaries(profiles.organization, account, findings),
            *(reader_boundaries(profiles) if in_state else ()),
        ),
        roles=roles(profiles, access, account, findings),
        groups=groups(profiles, findings) if in_state else (),
        service_users=service_users(profiles) if in_state else (),
        people=people(profiles) if in_state else (),
        store_keys=store_keys(profiles) if in_state else (),
        readers=readers(profiles) if in_state else (),
        identity_providers=identity_providers(profiles, access, account),
    )
    findings.problems.extend(quota_problems(profiles, documents))
    return documents


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ProfilesInvalidError(problems)
