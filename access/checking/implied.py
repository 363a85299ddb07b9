"""What facts imply by themselves is in the set."""

from collections.abc import Iterator

from access.catalogue.step import Gain
from access.checking.closed import Closed
from access.checking.reading import admitted
from access.evidence import Put

_BY_PROVIDER = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")


def implied(closed: Closed) -> Iterator[str]:
    """Yield whom facts give without any call being allowed, and who is not in the set."""
    yield from made(closed)
    yield from stored(closed)
    yield from vouched(closed)


def made(closed: Closed) -> Iterator[str]:
    """Yield roles whose trust policy is the caller's to write, and users under a new name."""
    for gain in (Gain.RETRUST, Gain.MINT, Gain.RENAME):
        for label in closed.all(gain):
            # A minted user is had by its credentials: the step that makes them is its own.
            had = gain is not Gain.MINT or ":user/" not in label
            if had and not closed.holds(Gain.CONTROL, label):
                yield f"`{label}` can be assumed, and is not in the set"


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
