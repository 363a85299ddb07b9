"""What a stack's state and an engine's run say, by type and name instead of by URN."""

from typing import Any

from tests.engine import Project, Ran


def name_of(urn: str) -> tuple[str, str]:
    """(type without its package and module, logical name) of a URN."""
    kind, _, name = urn.rpartition("::")
    return kind.rpartition(":")[2], name


def resources(project: Project, stack: str) -> list[dict[str, Any]]:
    """Every resource of a stack's state."""
    return project.export(stack)["deployment"]["resources"]


def urn(project: Project, stack: str, kind: str, name: str) -> str:
    """The URN of a stack's one resource of that type and name."""
    urns = [resource["urn"] for resource in resources(project, stack)]
    (found,) = (one for one in urns if name_of(one) == (kind, name))
    return found


def changes(ran: Ran) -> dict[tuple[str, str], str]:
    """{(type, name): operation} of all that a run would change, or did."""
    return {name_of(urn): op for urn, op in ran.steps.items() if op not in {"same", "refresh"}}


def order(ran: Ran, operation: str) -> list[tuple[str, str]]:
    """(type, name) of what that operation was done to, in the order in which it was done."""
    steps = (event.get("resourcePreEvent", {}).get("metadata") for event in ran.events)
    return [name_of(step["urn"]) for step in steps if step and step["op"] == operation]
