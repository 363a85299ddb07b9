"""What there is to adopt, what came of it, and the report for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iam_profiles.documents import AccountDocuments, ManagedPolicy
from pipeline.adopt.counterparts import GROUP, POLICY, ROLE, USER, Counterparts
from pipeline.adopt.engine import Adopted, Import
from pipeline.adopt.proof import Proved
from pipeline.adopt.proposal import Proposal
from pipeline.findings import words_of

FORMAT: Final = "iam-profiles adopt 1"


@dataclass(frozen=True, slots=True)
class Adoption:
    """All of one run.

    Attributes:
        imports: `{account: what is there, is or would be declared, and is in no state}`.
        written: the files that were written.
        stacks: what came of the imports, if they were carried out.
    """

    proposal: Proposal
    imports: Mapping[str, tuple[Import, ...]]
    proved: Proved
    written: tuple[str, ...] = ()
    stacks: tuple[Adopted, ...] = field(default=())

    @property
    def nothing(self) -> bool:
        """Whether nothing is left to adopt."""
        return not (self.proposal.files or self.proposal.problems or any(self.imports.values()))


def existing(
    documents: AccountDocuments, there: Counterparts, managed: Iterable[tuple[str, str]]
) -> tuple[Import, ...]:
    """Return the roles, policies, groups and users of an account that are there already.

    Args:
        documents: what the model says of the account.
        there: the account as it is.
        managed: `(type, name)` of what the stack's state has.
    """
    known = set(managed)
    found = (
        Import(type_, name, id_)
        for type_, name, path in _things(documents)
        if (type_, name) not in known
        and (id_ := there.of(type_, {"name": name, "path": path})) is not None
    )
    return tuple(sorted(found, key=lambda one: (one.type, one.name)))


def json_report(one: Adoption) -> str:
    """Return the report in its documented form."""
    value: dict[str, Any] = {
        "format": FORMAT,
        "nothing_to_adopt": one.nothing,
        "counts": dict(one.proposal.counts),
        "files": dict(one.proposal.files),
        "problems": [str(problem) for problem in one.proposal.problems],
        "notices": [notice.json() for notice in one.proposal.notices],
        "imports": {
            account: [each.json() for each in imports] for account, imports in one.imports.items()
        },
        "proof": {
            "now": one.proved.now.json(),
            "adopted": one.proved.adopted.json(),
            "on_the_way": list(map(words_of, one.proved.on_the_way)),
        },
        "written": list(one.written),
        "stacks": [stack.json() for stack in one.stacks],
    }
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _things(documents: AccountDocuments) -> Iterator[tuple[str, str, str]]:
    """Yield type, name and path of what stands for itself."""
    for role in documents.roles:
        yield ROLE, str(role.name), role.path
    for reader in documents.readers:
        yield ROLE, str(reader.name), reader.path
    for policy in _policies(documents):
        yield POLICY, policy.name, policy.path
    for group in documents.groups:
        yield GROUP, str(group.name), group.path
    for user in (*documents.people, *documents.service_users):
        yield USER, str(user.name), user.path


def _policies(documents: AccountDocuments) -> Iterator[ManagedPolicy]:
    yield from documents.boundaries
    yield from (reader.policy for reader in documents.readers)
    for holder in (*documents.roles, *documents.groups):
        yield from holder.policies
