"""The rendered snapshots: what a reviewer reads is what is deployed."""

import json
from pathlib import Path

from iam_profiles.model import Quotas
from iam_profiles.names import AccountName
from iam_profiles.render import render_all
from iam_profiles.snapshots import snapshots
from tests.domain.example import EXAMPLE
from tests.domain.organisation import ROLE, organisation

RENDERED = Path(__file__).parents[2] / "rendered"


def test_the_committed_snapshots_are_those_of_the_example() -> None:
    committed = {
        path.relative_to(RENDERED).as_posix(): path.read_text(encoding="utf-8")
        for path in RENDERED.rglob("*")
        if path.is_file()
    }
    assert committed == snapshots(EXAMPLE), "run `make generate`"


def test_a_role_is_shown_once_and_filling_in_the_account_gives_each_deployed_document() -> None:
    files = snapshots(EXAMPLE)
    for documents in render_all(EXAMPLE).documents.values():
        for role in documents.roles:
            shown = json.loads(
                files[f"roles/{role.name}.json"].replace("{account}", documents.account.id)
            )["policies"]
            deployed = {policy.name: json.loads(policy.document) for policy in role.policies}
            assert shown == deployed


def test_trust_is_shown_for_every_account() -> None:
    files = snapshots(EXAMPLE)
    for account, documents in render_all(EXAMPLE).documents.items():
        for role in documents.roles:
            shown = json.loads(files[f"trust/{role.name}.json"])[account]
            assert shown == json.loads(role.trust)


def test_groups_and_boundaries_are_shown_as_the_state_account_has_them() -> None:
    files, state = snapshots(EXAMPLE), render_all(EXAMPLE).documents[AccountName("state")]
    for group in state.groups:
        shown = json.loads(files[f"groups/{group.name}.json"])
        assert shown["members"] == list(group.members)
        assert shown["policies"] == {
            policy.name: json.loads(policy.document) for policy in group.policies
        }
    for boundary in state.boundaries:
        text = files[f"boundaries/{boundary.name}.json"].replace("{account}", "111111111111")
        assert json.loads(text) == json.loads(boundary.document)


def test_the_matrix_is_a_table_that_ends_in_what_is_refused() -> None:
    lines = snapshots(organisation())["matrix.md"].splitlines()
    assert lines[2:] == [
        "| identity | class | role | state | sandbox | nonprod | prod |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        f"| ana | people | {ROLE} |  |  | with MFA |  |",
        f"| ci-nonprod | nonprod | {ROLE} |  | yes | yes |  |",
        f"| ci-prod | prod | {ROLE} | yes | yes | yes | yes |",
        f"| li | people | {ROLE} |  |  | with MFA |  |",
        "",
        "What is not listed is refused.",
    ]


def test_a_coarser_document_is_a_line_for_the_reviewer() -> None:
    crowd = tuple(f"person-{n:03}" for n in range(80))
    notes = json.loads(snapshots(organisation(people=crowd, quotas=Quotas()))["notes.json"])
    assert len(notes) == 1
    assert "people" in notes[0]


def test_who_reads_a_classes_keys_is_shown_as_it_is_deployed() -> None:
    files, state = snapshots(EXAMPLE), render_all(EXAMPLE).documents[AccountName("state")]
    for user in state.service_users:
        shown = json.loads(files[f"stores/{user.identity_class}.json"])
        assert shown["secret"] == json.loads(str(user.secret_policy))
    for key in state.store_keys:
        assert json.loads(files[f"stores/{key.identity_class}.json"])["key"] == json.loads(
            key.policy
        )
