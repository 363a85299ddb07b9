"""All pages of all accounts, and what else is known of them, put together into one world."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from access.arn import Arn
from access.export.details import Managed, Page, page
from access.export.errors import ExportInvalidError, ExportProblem
from access.export.extras import Extras, extras
from access.export.text import Source, objects
from access.quiet import uncollected
from access.world import Account, Document, Grants, Group, Missing, Role, User, World


def world(
    details: Sequence[Source],
    *,
    resource_policies: Sequence[Source] = (),
    scps: Sequence[Source] = (),
    rcps: Sequence[Source] = (),
    credentials: Sequence[Source] = (),
) -> World:
    """Return the world that exports of accounts describe, with all they lack among its `missing`.

    Args:
        details: what `aws iam get-account-authorization-details` wrote, an account in one file or
            in several, each file of one account, its pages one after the other.
        resource_policies: `{ARN: policy}` of secrets, keys, parameters and buckets.
        scps: the organisation and its service control policies; see `extras`.
        rcps: likewise its resource control policies.
        credentials: which secret holds whose credential; see `extras`.

    Raises:
        ExportInvalidError: with every problem of every file.
    """
    with uncollected():
        return _world(details, resource_policies, scps, rcps, credentials)


def _world(
    details: Sequence[Source],
    resource_policies: Sequence[Source],
    scps: Sequence[Source],
    rcps: Sequence[Source],
    credentials: Sequence[Source],
) -> World:
    problems: list[ExportProblem] = []
    pages: list[Page] = []
    for source in details:
        try:
            pages += _pages(source)
        except ExportInvalidError as error:
            problems += error.problems
    more = Extras()
    try:
        more = extras(resource_policies, scps, rcps, credentials)
    except ExportInvalidError as error:
        problems += error.problems
    whole = _Whole()
    for account, its_pages in _by_account(pages).items():
        problems += whole.add(account, its_pages)
    problems += more.strangers(whole.users, whole.roles, whole.accounts)
    if not details:
        problems.append(ExportProblem("no file", "", "nothing to read", "name an export"))
    if problems:
        raise ExportInvalidError(problems)
    return whole.world(more)


def _pages(source: Source) -> Iterator[Page]:
    found = [page(raw, source.name) for raw in objects(source)]
    known = {source.account, *(one.account for one in found)}
    accounts = sorted(account for account in known if account)
    if len(accounts) != 1:
        text = " and ".join(f"`{account}`" for account in accounts[:2])
        told = f"accounts {text} in one file" if accounts else "no principal, so no account id"
        remedy = "give each account files of its own" if accounts else "export the whole account"
        raise ExportInvalidError((ExportProblem(source.name, "", told, remedy),))
    # A page without a principal is of the account that the rest of its file is of.
    yield from (replace(one, account=accounts[0]) for one in found)


def _by_account(pages: Iterable[Page]) -> Mapping[str, list[Page]]:
    found: dict[str, list[Page]] = defaultdict(list)
    for one in pages:
        found[one.account or ""].append(one)
    return dict(sorted(found.items()))


@dataclass(slots=True)
class _Whole:
    """Everything of all accounts, as it is put together."""

    accounts: set[str] = field(default_factory=set[str])
    users: dict[str, User] = field(default_factory=dict[str, User])
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    roles: dict[str, Role] = field(default_factory=dict[str, Role])
    managed: dict[str, Managed] = field(default_factory=dict[str, Managed])
    missing: list[Missing] = field(default_factory=list[Missing])

    def add(self, account: str, pages: Sequence[Page]) -> Iterator[ExportProblem]:
        """Add an account; yield what is wrong with it."""
        self.accounts.add(account)
        if not any(one.last for one in pages):
            file, found = pages[-1].file, f"the export of account `{account}` is cut off"
            yield ExportProblem(file, "IsTruncated", found, "add the pages that follow")
        yield from _twice(account, pages)
        names: dict[str, str] = {}
        for arn, name, grants in (group for one in pages for group in one.groups):
            self.groups[arn] = Group(arn, grants)
            names[name] = arn
        for one in pages:
            self.roles.update((role.arn, role) for role in one.roles)
            for member in one.users:
                groups = tuple(self._named(member.arn, name, names) for name in member.groups)
                self.users[member.arn] = User(
                    member.arn,
                    member.grants,
                    groups,
                    member.boundary,
                    member.tags,
                    member.unique_id,
                )
            for policy in one.policies:
                yield from self._policy(policy, one.file)

    def world(self, more: Extras) -> World:
        """Return the world, with what it lacks."""
        policies = {arn: policy.document for arn, policy in self.managed.items()}
        return World(
            accounts={account: more.accounts.get(account, Account()) for account in self.accounts},
            users=self.users,
            groups=self.groups,
            roles=self.roles,
            policies=policies,
            resources=more.resources,
            credentials=more.credentials,
            missing=(*self.missing, *self._lacking(policies)),
        )

    def _named(self, user: str, name: str, names: Mapping[str, str]) -> str:
        """Return a group's ARN; nothing is known of one that the export lacks."""
        if name in names:
            return names[name]
        of = Arn.parse(user)
        arn = f"arn:{of.partition}:iam::{of.account}:group/{name}"
        if arn not in self.groups:
            why = f"the export lacks group `{name}` of user `{user}`; export groups as well"
            self.groups[arn] = Group(arn, Grants((Document.missing(f"group `{arn}`", why),)))
            self.missing.append(Missing(arn, why))
        return arn

    def _policy(self, policy: Managed, file: str) -> Iterator[ExportProblem]:
        """Keep the newest version of a policy of AWS's: exports of different days differ."""
        there = self.managed.get(policy.arn)
        if there is None or policy.version > there.version:
            self.managed[policy.arn] = policy
        elif policy.version == there.version and policy.document.text != there.document.text:
            found = f"two texts of version `v{policy.version}` of `{policy.arn}`"
            yield ExportProblem(file, "Policies", found, "export the accounts again")

    def _lacking(self, policies: Mapping[str, Document]) -> Iterator[Missing]:
        users: dict[str, str] = {}
        for one in (*self.users.values(), *self.roles.values(), *self.groups.values()):
            bound = () if isinstance(one, Group) or one.boundary is None else (one.boundary,)
            for arn in (*one.grants.managed, *bound):
                if arn not in policies:
                    users.setdefault(arn, one.arn)
        for arn, user in sorted(users.items()):
            yield Missing(
                arn, f"the export lacks policy `{arn}` of `{user}`; export policies as well"
            )


def _twice(account: str, pages: Sequence[Page]) -> Iterator[ExportProblem]:
    """Yield what is in the pages of an account twice: one line for two files, one for each ARN."""
    files: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for one in pages:
        for kind, arn in _own(one):
            if arn not in files:
                files[arn] = one.file
            elif files[arn] == one.file:
                found = f"two {kind} with the ARN `{arn}`"
                yield ExportProblem(one.file, "", found, "export the account again")
            elif (files[arn], one.file) not in told:
                told.add((files[arn], one.file))
                found = f"account `{account}` twice: `{files[arn]}` has `{arn}` as well"
                yield ExportProblem(one.file, "", found, "give each page of an account once")


def _own(one: Page) -> Iterator[tuple[str, str]]:
    yield from (("users", user.arn) for user in one.users)
    yield from (("groups", arn) for arn, _, _ in one.groups)
    yield from (("roles", role.arn) for role in one.roles)
    own = (policy.arn for policy in one.policies if policy.account != "aws")
    yield from (("policies", arn) for arn in own)
