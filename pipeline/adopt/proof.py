"""The isolation rules over what is there, and over what adopting it comes to."""

from dataclasses import dataclass, replace

from access.arn import account_of
from access.prove import Answer, Proofs
from access.rule import ArnPattern, Rule
from access.verified import verified
from access.world import User, World
from iam_profiles.model import Profiles
from iam_profiles.names import Arn, IdentityClass
from iam_profiles.paths import class_pattern, state_account
from iam_profiles.world import rules
from iam_profiles.world import world as modelled
from pipeline.adopt.found import name_of
from pipeline.adopt.identities import carriers
from pipeline.adopt.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Proved:
    """Both proofs.

    Attributes:
        now: over the accounts as they are, with each identity as what it is declared to be.
        adopted: over what they are once the model is deployed, and everything else stays.
    """

    now: Proofs
    adopted: Proofs

    @property
    def opens(self) -> bool:
        """Whether adopting breaks, or may break, what holds today."""
        return self.now.answer is Answer.PROVED and self.adopted.answer is not Answer.PROVED


def prove(proposal: Proposal, live: World) -> Proved:
    """Prove each isolation rule over what is there, and over what it would become."""
    profiles = proposal.profiles
    asked = rules(profiles)
    now = tuple(_as_they_are(rule, profiles, live) for rule in asked)
    return Proved(verified(live, now), verified(adopted(proposal, live), asked))


def adopted(proposal: Proposal, live: World) -> World:
    """Return the accounts as they are once the model is deployed in them."""
    profiles = proposal.profiles
    state = str(state_account(profiles.organization).id)
    own = modelled(
        proposal.checked.documents.values(),
        aws_policies={
            Arn(arn): one.text
            for arn, one in live.policies.items()
            if one.text is not None and account_of(arn) == "aws"
        },
    )
    machines = {str(one.name) for one in profiles.service_users}
    users = {name_of(arn) for arn in own.users}
    groups = {name_of(arn) for arn in own.groups} | set(carriers(profiles, live, machines).values())

    def stays(arn: str, names: set[str]) -> bool:
        return account_of(arn) != state or name_of(arn) not in names

    kept = {arn: one for arn, one in live.users.items() if stays(arn, users)}
    held = {arn: one for arn, one in live.groups.items() if stays(arn, groups)}
    before = {name_of(arn): one for arn, one in live.users.items() if arn not in kept}

    def still(user: User) -> User:
        """A user in the groups that are not ours, too: nothing takes it out of those."""
        old = before.get(name_of(user.arn), user).groups
        return replace(user, groups=(*user.groups, *(one for one in old if one in held)))

    return replace(
        live,
        accounts={**own.accounts, **live.accounts},
        users={**kept, **{arn: still(user) for arn, user in own.users.items()}},
        groups={**held, **own.groups},
        roles={**live.roles, **own.roles},
        policies={**live.policies, **own.policies},
        resources={**live.resources, **own.resources},
        credentials=(*live.credentials, *own.credentials),
    )


def _as_they_are(rule: Rule, profiles: Profiles, live: World) -> Rule:
    """Return the rule of a class, from where its identities are today as well."""
    organization = profiles.organization
    starts = {str(one) for one in rule.from_}
    classes = {one for one in IdentityClass if class_pattern(organization, one) in starts}
    names = {str(one.name) for one in profiles.service_users if one.identity_class in classes}
    if IdentityClass.PEOPLE in classes:
        names |= {str(one.name) for one in profiles.people}
    state = str(state_account(organization).id)
    there = tuple(
        ArnPattern(arn)
        for arn in sorted(live.users)
        if account_of(arn) == state and name_of(arn) in names
    )
    return replace(rule, from_=(*rule.from_, *there), apart_from=(*rule.apart_from, *there))
