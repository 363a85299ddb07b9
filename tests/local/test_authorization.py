"""Whoever is not the administrator may do what its policies say, in every service."""

from tests.engine import client
from tests.local.world import World, allow, root, trust


def test_an_identity_without_policies_may_read_no_secret(world: World, name: str) -> None:
    world.user(name)
    admin = client(world.home, "secretsmanager", "state")
    admin.create_secret(Name=name, SecretString="x")
    key = world.key(name)
    assert world.error(key, "secretsmanager", "get_secret_value", SecretId=name) == (
        "AccessDeniedException"
    )
    assert world.error(key, "iam", "list_users") == "AccessDenied"


def test_a_secret_is_read_by_who_is_allowed_that_one(world: World, name: str) -> None:
    admin = client(world.home, "secretsmanager", "state")
    mine = admin.create_secret(Name=f"{name}/mine", SecretString="x")["ARN"]
    admin.create_secret(Name=f"{name}/other", SecretString="x")
    world.user(name, allow("secretsmanager:GetSecretValue", mine))
    key = world.key(name)
    secrets = client(world.home, "secretsmanager", key=key)
    assert secrets.get_secret_value(SecretId=f"{name}/mine")["SecretString"] == "x"
    assert secrets.get_secret_value(SecretId=mine)["SecretString"] == "x"
    other = f"{name}/other"
    assert world.error(key, "secretsmanager", "get_secret_value", SecretId=other) == (
        "AccessDeniedException"
    )


def test_a_person_manages_exactly_their_own_mfa_device(world: World, name: str) -> None:
    own = "arn:aws:iam::111111111111:{kind}/{name}"
    world.user(
        name,
        allow("iam:CreateVirtualMFADevice", own.format(kind="mfa", name="${aws:username}")),
        allow("iam:ListMFADevices", own.format(kind="user/t", name="${aws:username}")),
    )
    other = f"{name}-other"
    world.user(other)
    key = world.key(name)
    assert world.error(key, "iam", "create_virtual_mfa_device", VirtualMFADeviceName=name) is None
    assert (
        world.error(key, "iam", "create_virtual_mfa_device", VirtualMFADeviceName=other)
        == "AccessDenied"
    )
    assert world.error(key, "iam", "list_mfa_devices") is None
    assert world.error(key, "iam", "list_mfa_devices", UserName=other) == "AccessDenied"


def test_a_user_whose_arn_ends_like_the_administrator_s_is_none(world: World) -> None:
    iam = client(world.home, "iam", "state")
    name = "OrganizationAccountAccessRole"
    iam.create_user(UserName=name, Path="/x:role/")
    assert world.error(world.key(name), "iam", "list_users") == "AccessDenied"


def test_a_session_may_do_what_its_role_may(world: World, name: str) -> None:
    world.user(name, allow("sts:AssumeRole"))
    role = world.role("nonprod", name, trust(root("state")))
    world.allow_role("nonprod", name, allow("iam:GetRole", role))
    session = world.assume(world.key(name), role)
    assert world.error(session, "iam", "get_role", RoleName=name) is None
    assert world.error(session, "iam", "delete_role", RoleName=name) == "AccessDenied"
