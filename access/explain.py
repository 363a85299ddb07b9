"""From layers to a verdict, with the statements that make it what it is."""

from collections.abc import Callable, Iterator

from access.effort import limited
from access.errors import PatternTooComplexError
from access.layers import Layer, Layers
from access.match import Match
from access.principal import Grant, Kind
from access.region import Region
from access.verdict import Allowed, Denied, Reason, Undecided, Verdict


def verdict(layers: Callable[[], Layers]) -> Verdict:
    """Return whether anything of what is asked is allowed, and why.

    The layers are made in here, so that all the work that the question takes is counted.
    """
    try:
        with limited():
            return _verdict(layers())
    except PatternTooComplexError as error:
        return Undecided((Reason(str(error)),))


def _verdict(layers: Layers) -> Verdict:
    widest = layers.allowed(sure=False)
    if widest.is_empty():
        return Denied(tuple(_refusals(layers)))
    surely = layers.allowed(sure=True)
    if surely.is_empty():
        return Undecided(tuple(_doubts(layers)))
    return Allowed(tuple(_allowing(layers, surely)), surely.example())


def _allowing(layers: Layers, region: Region) -> Iterator[Reason]:
    for layer in layers:
        for match in layer.matches:
            counts = match.statement.effect == "Allow" and not match.unsupported
            if counts and not (match.may & region).is_empty():
                yield _reason(match, f"{match.title} allows it")
    if layers.ask.caller.kind is Kind.ROOT:
        yield Reason("the root user needs no policy in its own account")


def _doubts(layers: Layers) -> Iterator[Reason]:
    granted = layers.granted(sure=False)
    for layer in layers:
        for match in layer.matches:
            if match.unsupported and not (match.may & granted).is_empty():
                why = ", ".join(match.unsupported)
                yield _reason(match, f"{match.title} cannot be decided on: {why}")


def _refusals(layers: Layers) -> Iterator[Reason]:
    granted = layers.granted(sure=False)
    denied = layers.world if granted.is_empty() else granted
    for layer in layers:
        for match in layer.matches:
            if match.statement.effect == "Deny" and not (match.must & denied).is_empty():
                yield _reason(match, f"{match.title} denies it")
    if layers.refused:
        yield Reason("AWS STS takes no such call from a federated user")
    elif granted.is_empty():
        silent = [layer for layer in layers if _is_silent(layer, layers)]
        for layer in silent:
            yield Reason(f"no statement of {layer.title} allows it")
        if not silent:
            yield Reason("no request is allowed by all the policies that must allow it")


def _is_silent(layer: Layer, layers: Layers) -> bool:
    return layer.allows(layers.world, tuple(Grant), sure=False).is_empty()


def _reason(match: Match, text: str) -> Reason:
    return Reason(text, match.policy, match.statement.name)
