"""The directory that pipelines read: complete, without secrets, clear about what it lacks."""

import json

import pytest

from iam_profiles.directory import Directory, DirectoryError
from iam_profiles.matrix import matrix
from iam_profiles.names import IdentityClass
from iam_profiles.paths import role_arn
from iam_profiles.render_directory import directory
from tests.domain.example import EXAMPLE


@pytest.fixture(scope="module")
def example() -> Directory:
    return directory(EXAMPLE)


def test_the_directory_grants_exactly_what_the_matrix_does(example: Directory) -> None:
    cells = [
        cell
        for cell in matrix(EXAMPLE).cells()
        if cell.identity.identity_class is not IdentityClass.PEOPLE
    ]
    assert len(cells) > 50
    for cell in cells:
        name, account = cell.identity.name, cell.account.name
        if cell.ways:
            found = example.find(name, account, cell.role)
            assert found.identity == name
            assert found.role == role_arn(EXAMPLE.organization, cell.account.id, cell.role)
        else:
            with pytest.raises(DirectoryError, match="is not granted"):
                example.find(name, account, cell.role)


def test_what_is_written_is_read_again(example: Directory) -> None:
    assert Directory.from_json(example.to_json(), "a copy") == example


def test_a_class_stands_for_the_one_service_user_of_it_that_is_granted_the_role(
    example: Directory,
) -> None:
    assert example.find("nonprod", "sandbox", "PlatformVPCRole").identity == "platform-nonprod"
    assert example.find("prod", "prod", "PaymentsDeployRole").identity == "payments-prod"


def test_a_class_with_several_that_are_granted_the_role_is_refused_by_their_names(
    example: Directory,
) -> None:
    fields = json.loads(example.to_json())
    users = fields["identities"]
    users["payments-nonprod"]["grants"]["PlatformVPCRole"] = ["sandbox"]
    doubled = Directory.from_json(json.dumps(fields), "doubled")
    with pytest.raises(DirectoryError, match=r"several of class `nonprod`.*`payments-nonprod`"):
        doubled.find("nonprod", "sandbox", "PlatformVPCRole")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ("nobody", "prod", "AuditRole"),
            "no service user `nobody`; use one of `payments-nonprod`",
        ),
        (("nonprod", "mars", "AuditRole"), "no account `mars`; use one of"),
        (("nonprod", "prod", "NoRole"), "no role `NoRole`; use one of `AuditRole`"),
        (("payments-nonprod", "prod", "PaymentsDeployRole"), "it is granted nothing there"),
        (
            ("payments-nonprod", "nonprod", "AuditRole"),
            "is not granted `AuditRole` in `nonprod`; there it is granted `PaymentsDeployRole`",
        ),
        (("mira", "prod", "AuditRole"), "no service user `mira`"),
    ],
)
def test_what_is_not_there_is_refused_with_what_there_is(
    example: Directory, asked: tuple[str, str, str], said: str
) -> None:
    with pytest.raises(DirectoryError, match=said):
        example.find(*asked)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"identities": {}, "accounts": {}}', '{"identities": 3}']
)
def test_what_is_no_directory_is_refused_with_where_to_find_one(text: str) -> None:
    with pytest.raises(DirectoryError, match=r"`x\.json` is no directory of ours.*rendered/"):
        Directory.from_json(text, "x.json")
