"""The proof that nobody whom the isolation rules keep out of an account gets at its stack's state.

Whoever writes a stack's state says what the engine believes to be there, and who reads it knows
all that is. So its objects count as credentials of the account's deploying role: the isolation
rules are proved with the reading of them among the steps. Writing is no step of the catalogue; it
is asked of every principal of the less protected accounts, where those who are kept out stay by the
rules, and of those themselves.

The roles of those accounts are given all of the bucket first: who deploys an account administers
its IAM, and may allow its roles anything. What shuts them out is the bucket's policy alone, twice:
by what it allows and by what it denies, and each suffices without the other. The key shuts out
whoever is none of the bucket's own, not one account from another: all encrypt under it, and nobody
gets at what it encrypts but through the bucket.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from access.arn import Arn
from access.catalogue import Step, steps
from access.inquiry import Inquiry
from access.prove import Proof, Refuted
from access.verdict import Denied
from access.verified import verified
from access.world import Credential, Document, Role, World
from iam_profiles.model import Profiles
from iam_profiles.paths import class_pattern, reader_roles_pattern
from iam_profiles.render import render_all
from iam_profiles.statements import PolicyStatement, document
from iam_profiles.world import rules, world
from pipeline.init.policies import READ, WRITE
from pipeline.init.shares import Shares
from pipeline.init.site import Site


def ways_in(profiles: Profiles, site: Site, shares: Shares, bucket: str) -> tuple[str, ...]:
    """Return every way to a state that ought to be shut, in words; `bucket` is the bucket's policy.

    What cannot be decided counts as a way.
    """
    rendered = world(render_all(profiles).documents.values())
    opened, inside = _opened(rendered, site, _below(rendered, shares)), _inside(rendered, profiles)
    # What opens a lock only allows more: what holds with one open holds with both shut.
    locks = {
        "what the bucket's policy allows is too much": _without(bucket, "Deny"),
        "what the bucket's policy denies is too little": _with_everything(bucket, site, shares),
    }
    return tuple(
        f"{name}: {way}"
        for name, policy in locks.items()
        for one in [_with_state(opened, site, shares, policy)]
        for way in (*_read(one, profiles), *_touched(one, site, shares, inside))
    )


def _with_state(rendered: World, site: Site, shares: Shares, bucket: str) -> World:
    """Return the accounts with the bucket, and each state as its deployer's credential."""
    credentials = tuple(
        Credential(f"{site.arn}/{pattern}", keeper, account=site.account)
        for share in shares.all
        if share.barred
        for stack, keeper in zip(share.own, share.keepers, strict=True)
        for pattern in site.objects(stack)
        if keeper in rendered.roles
    )
    return replace(
        rendered,
        resources={
            **rendered.resources,
            site.arn: Document("the state bucket's policy", bucket),
        },
        credentials=(*rendered.credentials, *credentials),
    )


def _read(one: World, profiles: Profiles) -> Iterator[str]:
    """Yield why the isolation rules are not proved."""
    for result in verified(one, rules(profiles), catalogue=_steps()).results:
        if isinstance(result, Refuted):
            steps = ", then ".join(f"{hop.title} (`{hop.gained.of}`)" for hop in result.path)
            yield f"`{result.path[0].caller}` comes there by {steps}"
        elif not isinstance(result, Proof):
            yield f"{result.rule} is not decided"


def _touched(one: World, site: Site, shares: Shares, inside: frozenset[str]) -> Iterator[str]:
    """Yield who is kept out of an account, or acts below it, and may read or write its state."""
    inquiry = Inquiry(one)
    for share in shares.all:
        below = {account for kept in shares.kept_out(share) for account in kept.accounts}
        barred = inside if share.barred else frozenset[str]()
        for who in sorted((*one.users, *one.roles)):
            if Arn.parse(who).account not in below and who not in barred:
                continue
            for stack in share.own:
                for pattern in site.objects(stack):
                    for action in (*READ, *WRITE):
                        verdict = inquiry.can(who, action, f"{site.arn}/{pattern}")
                        if not isinstance(verdict, Denied):
                            yield f"`{who}` may {action} `{pattern}`: {verdict}"


def _below(rendered: World, shares: Shares) -> frozenset[str]:
    """Return the principals of accounts that are less protected than some other."""
    lower = {
        account
        for share in shares.all
        for kept in shares.kept_out(share)
        for account in kept.accounts
    }
    return frozenset(
        who for who in (*rendered.users, *rendered.roles) if Arn.parse(who).account in lower
    )


def _inside(rendered: World, profiles: Profiles) -> frozenset[str]:
    """Return who lives in the bucket's own account, and is of a class that is kept out of some."""
    organization = profiles.organization
    patterns = [
        pattern(organization, rule.identity_class)
        for rule in organization.isolation
        for pattern in (class_pattern, reader_roles_pattern)
    ]
    return frozenset(
        who
        for who in (*rendered.users, *rendered.roles)
        if any(fnmatchcase(who, pattern) for pattern in patterns)
    )


def _opened(rendered: World, site: Site, whom: frozenset[str]) -> World:
    """Return the world in which these roles may do all with the bucket."""
    everything = PolicyStatement("Everything", "Allow", ("s3:*",), (site.arn, f"{site.arn}/*"))
    more = Document("the roles' permissions, opened", document([everything]))

    def opened(one: Role) -> Role:
        if one.arn not in whom:
            return one
        grants = replace(one.grants, inline=(*one.grants.inline, more))
        return replace(one, grants=grants, boundary=None)

    return replace(rendered, roles={arn: opened(role) for arn, role in rendered.roles.items()})


def _without(bucket: str, effect: str) -> str:
    """Return the policy without its statements of this effect."""
    policy = json.loads(bucket)
    kept = [one for one in policy["Statement"] if one["Effect"] != effect]
    return json.dumps({**policy, "Statement": kept})


def _with_everything(bucket: str, site: Site, shares: Shares) -> str:
    """Return what the policy denies, and that it leaves all else to each account's own policies."""
    policy = json.loads(_without(bucket, "Allow"))
    more = (
        PolicyStatement(
            sid=f"Anybody{account}",
            effect="Allow",
            actions=("s3:*",),
            resources=(site.arn, f"{site.arn}/*"),
            principal=("AWS", f"arn:{site.partition}:iam::{account}:root"),
        )
        for share in shares.all
        for account in share.accounts
    )
    return json.dumps(
        {**policy, "Statement": [*policy["Statement"], *(one.as_json() for one in more)]}
    )


def _steps() -> tuple[Step, ...]:
    """Return the catalogue, in which an access point is its own account's to open.

    Of another account's access point the bucket's own policy decides, as it does without one.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
    """
    return tuple(
        replace(step, cross_account=False) if step.id == "s3-put-access-point-policy" else step
        for step in steps()
    )
