"""What facts imply by themselves is in the set."""

from collections.abc import Iterator

from access.catalogue.step import Gain
from access.checking.admitted import admitted
from access.checking.closed import Closed
from access.checking.reading import account_of
from access.evidence import Put
from access.facts import Fact
from access.label import bare, bound, given, taken_apart, under
from access.world import User

_BY_PROVIDER = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")


def made(closed: Closed) -> Iterator[str]:
    """Yield roles whose trust policy is the caller's to write, and users under a new name."""
    for gain in (Gain.RETRUST, Gain.MINT, Gain.RENAME):
        for label in closed.all(gain):
            # A minted user is had by its credentials: the step that makes them is its own.
            had = gain is not Gain.MINT or ":user/" not in label
            if had and not closed.holds(Gain.CONTROL, label):
                yield f"`{label}` can be assumed, and is not in the set"


def rebound(closed: Closed) -> Iterator[str]:
    """Yield who is controlled, and is not in the set under another boundary it may be put under."""
    for label in closed.all(Gain.BIND):
        states = closed.evidence.keys.labels(bare(label))
        had = any(Fact(Gain.CONTROL, one) in closed.facts for one in states)
        if had and not closed.holds(Gain.CONTROL, label):
            yield f"`{label}` is who is controlled already, and is not in the set"


def renamed(closed: Closed) -> Iterator[str]:
    """Yield what was given to users that were made, and is not in the set under a new name."""
    new = closed.all(Gain.RENAME)
    bounds = {account_of(one): {user.boundary for user in _users_of(closed, one)} for one in new}
    made = [one for gain in (Gain.MINT, Gain.BIND, Gain.RENAME) for one in closed.all(gain)]
    made = [one for one in made if ":user/" in one]
    for one in made:
        bounds.setdefault(account_of(one), set()).add(bound(one))
    for name in new:
        for boundary in bounds[account_of(name)] - {None}:
            if bound(name) is None and not closed.holds(Gain.RENAME, under(name, boundary)):
                yield f"`{name}` may be under `{boundary}`, and that is not in the set"
    for fact in closed.facts if new else ():
        if fact.gain not in (Gain.GRANT, Gain.ATTACH, Gain.UNBIND):
            continue
        attached = fact.gain is Gain.ATTACH
        label, policy = taken_apart(fact.of) if attached else (fact.of, "")
        if ":user/" not in label or label in closed.world.users:
            continue
        for name in new:
            of = given(name, policy) if attached else name
            same = account_of(name) == account_of(label) and bound(name) == bound(label)
            if same and not closed.holds(fact.gain, of):
                yield f"`{name}` may be `{label}`, and has not what that has"


def _users_of(closed: Closed, label: str) -> Iterator[User]:
    for user in closed.world.users.values():
        if account_of(user.arn) == account_of(label):
            yield user


def stored(closed: Closed) -> Iterator[str]:
    """Yield whose credential can be read."""
    for credential in closed.world.credentials:
        parts = (credential.secret, *([credential.key] if credential.key else []))
        read = all(closed.holds(Gain.CONTROL, part) for part in parts)
        if read and not closed.holds(Gain.CONTROL, credential.principal):
            yield f"the key of `{credential.principal}` can be read, and it is not in the set"


def vouched(closed: Closed) -> Iterator[str]:
    """Yield whose sessions an identity provider hands out that is in the set."""
    providers = [one for one in closed.places.providers if closed.holds(Gain.VOUCH, one)]
    for role in closed.outside if providers else ():
        found = admitted(closed.world.roles[role].trust.text)
        for provider in providers:
            # INVARIANT: a trust policy lets in the providers that it names, or that it lets in
            # everybody for; a pin on `aws:PrincipalArn` is false of all of them.
            if not found.anybody and provider not in found.providers:
                continue
            for action in _BY_PROVIDER:
                if closed.may(Put(provider, action, role, (), trust=True, as_kind="federated")):
                    yield f"`{provider}` can vouch for sessions of `{role}`"
