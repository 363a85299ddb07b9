"""The isolation rules over what is there, over what adopting it comes to, and on the way there."""

from dataclasses import dataclass, replace

from access.arn import account_of
from access.moves import Moves
from access.prove import Answer, Proofs
from access.verified import verified
from access.world import User, World
from iam_profiles.names import Arn
from iam_profiles.paths import state_account
from iam_profiles.world import parted, rules
from iam_profiles.world import world as modelled
from pipeline.adopt.found import name_of
from pipeline.adopt.identities import carriers
from pipeline.adopt.proposal import Proposal
from pipeline.together import Together
from policies.rollout import Broken


@dataclass(frozen=True, slots=True)
class Proved:
    """Both proofs.

    Attributes:
        now: over the accounts as they are, with each identity as what it is declared to be.
        adopted: over what they are once the model is deployed, and everything else stays.
        on_the_way: what somebody may reach between the two, and nobody reaches now: of all that is
            there, of which the stacks' states have but what was imported.
    """

    now: Proofs
    adopted: Proofs
    on_the_way: tuple[Broken, ...] = ()

    @property
    def opens(self) -> bool:
        """Whether adopting breaks, or may break, what holds today."""
        broken = self.now.answer is Answer.PROVED and self.adopted.answer is not Answer.PROVED
        return broken or bool(self.on_the_way)


def prove(proposal: Proposal, live: World) -> Proved:
    """Prove each isolation rule over what is there, over what it would become, and in between."""
    asked, after = rules(proposal.profiles), adopted(proposal, live)
    moves = Moves(live, after)
    found = Proved(verified(live, tuple(map(moves.followed, asked))), verified(after, asked))
    if found.adopted.answer is not Answer.PROVED:
        return found
    names = {str(one.id): str(one.name) for one in proposal.profiles.organization.accounts}
    before, planned = (
        {names[id_]: part for id_, part in parted(whole, tuple(names)).items()}
        for whole in (live, _tagged(after, live))
    )
    # The locks stay shut: who else trusts whom in the accounts is not for adopting to mend.
    way = Together(before, planned, "", asked, {})
    return replace(found, on_the_way=way.refused())


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


def _tagged(after: World, live: World) -> World:
    """Return the world with the tags that there are, whichever an update will set.

    No document of ours grants by tags, and those that are left do so by the tags of now.
    """
    tags = {(account_of(arn), name_of(arn)): one.tags for arn, one in live.users.items()}
    users = {
        arn: replace(one, tags=tags.get((account_of(arn), name_of(arn)), ()))
        for arn, one in after.users.items()
    }
    roles = {
        arn: replace(one, tags=live.roles[arn].tags) if arn in live.roles else one
        for arn, one in after.roles.items()
    }
    return replace(after, users=users, roles=roles)
