"""Every action on identities: a step, harmless for a reason, or unclassified and so not trusted."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from access.catalogue.files import CatalogueError, only, read
from access.catalogue.load import steps
from access.catalogue.step import Gain, Target

SERVICES = frozenset({"iam", "identitystore", "organizations", "sso", "sso-directory", "sts"})
"""The services whose every action is classified: they decide who can do what."""


@cache
def harmless() -> Mapping[str, str]:
    """Return the writing actions on identities that spread no control: `{action: reason}`.

    Raises:
        CatalogueError: an action is listed twice, or is a step as well.
    """
    return _reasons("harmless.json")


@cache
def passive() -> Mapping[str, str]:
    """Return the actions that pass a role and yet give none of its control: `{action: reason}`.

    Raises:
        CatalogueError: an action is listed twice, or is a step as well.
    """
    return _reasons("passive.json")


@cache
def passive_services() -> Mapping[str, str]:
    """Return the services that use a role and run nothing of the caller's as it: `{service: why}`.

    Nor do they read, as the role, what the caller names. What is not listed counts as doubtful.

    Raises:
        CatalogueError: a service is listed twice, runs code in a step, or has no source of its own.
    """
    found: dict[str, str] = {}
    sources: set[str] = set()
    for index, entry in enumerate(read("passive_services.json")):
        where = f"passive_services.json: [{index}]"
        only(entry, frozenset({"reason", "source", "service"}), where)
        service, source = entry["service"], entry["source"]
        if service in found or service in _running() or not entry["reason"]:
            raise CatalogueError(f"{where}: `{service}` has two meanings or none; keep one")
        if source in sources or not source.startswith("https://"):
            raise CatalogueError(f"{where}: `{service}` has no source of its own; give its page")
        found[service] = entry["reason"]
        sources.add(source)
    return found


@lru_cache(maxsize=1 << 12)
def readable(store: str) -> bool:
    """Whether a step reads what is stored under an ARN; if none does, nobody knows what does."""
    return any(
        step.target is Target.STORE and step.gain is Gain.CONTROL and step.concerns(store)
        for step in steps()
    )


def strange(service: str) -> bool:
    """Whether nobody knows what a service does with a role that is passed to it."""
    return service not in _running() and service not in passive_services()


@cache
def _running() -> frozenset[str]:
    return frozenset(service for step in steps() for service in step.services)


def _reasons(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    needed = {need.action for step in steps() for need in step.needs}
    for index, group in enumerate(read(name)):
        where = f"{name}: [{index}]"
        only(group, frozenset({"reason", "actions"}), where)
        for action in group["actions"]:
            if action in found or action in needed or not group["reason"]:
                raise CatalogueError(f"{where}: `{action}` has two meanings or none; keep one")
            found[action] = group["reason"]
    return found


def unclassified(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return those action patterns of `SERVICES` that may stand for an action not known here.

    A pattern that matches some known action stands for those; one that matches none names an action
    newer than the catalogue, and nobody knows what it gives.
    """
    return tuple(sorted({pattern for pattern in patterns if _is_unclassified(pattern.lower())}))


@cache
def _is_unclassified(pattern: str) -> bool:
    service, _, name = pattern.partition(":")
    if service not in SERVICES:
        return False
    form = re.compile(_expression(name))
    return not any(form.fullmatch(known) for known in _known()[service])


def _expression(name: str) -> str:
    # Runs of wildcards are put together: `**` and `*?*` would make the search explode.
    runs = re.split(r"([*?]+)", name)
    return "".join(
        "." * run.count("?") + (".*" if "*" in run else "")
        if set(run) <= {"*", "?"}
        else re.escape(run)
        for run in runs
    )


@cache
def _known() -> Mapping[str, frozenset[str]]:
    reads = {f"{service}:{name}" for service, names in read("reads.json").items() for name in names}
    needed = {need.action for step in steps() for need in step.needs}
    found: dict[str, set[str]] = {service: set() for service in SERVICES}
    for action in {*reads, *needed, *harmless()}:
        service, _, name = action.partition(":")
        found.setdefault(service, set()).add(name.lower())
    return {service: frozenset(names) for service, names in found.items()}
