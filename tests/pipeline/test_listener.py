"""The engine's events become progress, violations, errors and counts."""

import pytest
from pulumi.automation.events import EngineEvent

from pipeline.job import Outcome, Violation
from pipeline.listener import Listener

URN = "urn:pulumi:prod::iam-profiles::aws:iam/role:Role::AuditRole"


def event(**parts: object) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, **parts})


def resource(operation: str) -> dict[str, object]:
    metadata = {"op": operation, "urn": URN, "type": "aws:iam/role:Role", "provider": "p"}
    return {"metadata": metadata}


def test_a_resource_that_is_done_is_counted_and_named() -> None:
    told: list[tuple[int, str]] = []
    listener = Listener(lambda done, name: told.append((done, name)))
    listener(event(resOutputsEvent=resource("create")))
    listener(event(resourcePreEvent=resource("same")))
    assert told == [(1, "AuditRole"), (2, "AuditRole")]


def test_a_resource_that_is_only_begun_is_not_counted() -> None:
    listener = Listener()
    listener(event(resourcePreEvent=resource("create")))
    assert listener.done == 0


@pytest.mark.parametrize(("level", "mandatory"), [("mandatory", True), ("advisory", False)])
def test_a_policy_event_is_a_violation_with_its_level(level: str, *, mandatory: bool) -> None:
    listener = Listener()
    listener(
        event(
            policyEvent={
                "message": " a stranger may assume it \n",
                "color": "never",
                "policyName": "prod_isolation",
                "policyPackName": "iam-profiles",
                "policyPackVersion": "1",
                "policyPackVersionTag": "1",
                "enforcementLevel": level,
                "resourceUrn": URN,
            }
        )
    )
    expected = Violation("prod_isolation", URN, "a stranger may assume it", mandatory)
    assert listener.violations == [expected]


def test_an_error_is_kept_without_the_engines_colour_directives() -> None:
    listener = Listener()
    message = "<{%reset%}>the account is <{%bold%}>wrong<{%reset%}>\n"
    for severity in ("info", "warning", "error"):
        diagnostic = {"message": message, "color": "raw", "severity": severity}
        listener(event(diagnosticEvent=diagnostic))
    assert listener.errors == ["the account is wrong"]


@pytest.mark.parametrize(
    ("changes", "changed"),
    [({"same": 3}, False), ({"same": 3, "update": 0}, False), ({"same": 3, "update": 1}, True)],
)
def test_an_outcome_is_changed_when_anything_but_same_is_counted(
    changes: dict[str, int], *, changed: bool
) -> None:
    outcome = Outcome(
        "prod", "preview", ok=True, changes=changes, violations=(), errors=(), seconds=0.1
    )
    assert outcome.changed is changed
