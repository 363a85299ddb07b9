"""Whether the readers of stored keys are the model's: whom they trust, and what they carry."""

from collections.abc import Iterator
from typing import Final

from iam_profiles.documents import ReaderDocuments
from iam_profiles.model import Account, Profiles
from iam_profiles.names import IdentityClass
from iam_profiles.paths import reader_path
from iam_profiles.render_readers import readers as rendered
from policies.finding import Finding
from policies.iam import Holder, Iam, same_document, unsealed
from policies.iam_view import view
from policies.known_types import Kind
from policies.registered import Registered

_REMEDY: Final = "register it as the model renders it; a reader is declared in profiles/teams/"


def readers(stack: Registered, profiles: Profiles, account: Account) -> Iterator[Finding]:
    """Find readers that are nobody's, or may do other than to read their own identity's key."""
    organization = profiles.organization
    iam = view(stack, organization.partition, account.id)
    declared = {
        str(one.arn): one for one in (rendered(profiles) if account.tier == "state" else ())
    }
    paths = tuple(reader_path(organization, one) for one in IdentityClass)
    for role in iam.of_kind(Kind.ROLE):
        if role.arn in declared:
            yield from unsealed(role)
            for found in _unlike(role, declared[role.arn], iam):
                yield Finding(role.urn, f"reader `{role.name}`: {found}", _REMEDY)
        elif role.path.startswith(paths):
            yield Finding(role.urn, f"role `{role.name}` is the reader of nobody", "remove it")
    for arn in sorted(declared.keys() - {role.arn for role in iam.of_kind(Kind.ROLE)}):
        yield Finding(None, f"reader `{arn}` is not registered", _REMEDY)


def _unlike(role: Holder, wanted: ReaderDocuments, iam: Iam) -> Iterator[str]:
    if not same_document(role.resource.inputs.get("assumeRolePolicy"), wanted.trust):
        yield "it trusts others than the model says"
    if role.resource.text("permissionsBoundary") != wanted.boundary_arn:
        yield f"it does not have the boundary `{wanted.boundary_arn}`"
    if [(one.name, one.inline) for one in role.carried] != [(wanted.policy.arn, False)]:
        yield f"it carries other than `{wanted.policy.arn}` alone"
    stated = iam.policies.get(wanted.policy.arn, ())
    texts = [one.inputs.get("policy") for one in stated]
    if len(texts) != 1 or not same_document(texts[0], wanted.policy.document):
        yield "its policy says something else, or is unknown"
