"""A federated machine from the model to a session, by the real engine and the command itself."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import exits
from iam_profiles.load import load
from iam_profiles.render_directory import directory
from local.cloud import running
from tests.components.registered import changes, order, resources
from tests.engine import Project, client
from tests.issuer import Issuer, issuer, new_key, unsigned_sts
from tests.small import STORE

pytestmark = pytest.mark.engine

HOST = "token.actions.githubusercontent.com"
PROVIDER = ("OpenIdConnectProvider", HOST)
BUILD = "profiles/teams/build.yaml"
MACHINE = "  build-machine: {class: nonprod, rotate_after: 7d}\n"
TOKENS = "{repository: example/build, environment: nonprod, ref: refs/heads/main}"
CI = f"  build-ci: {{class: nonprod, federation: {{github: {TOKENS}}}}}\n"
GRANT = "  - {service_user: build-ci, role: BuildRole, on: [sandbox, nonprod]}\n"
SUB, AUD, REF = "repo:example/build:environment:nonprod", "sts.amazonaws.com", "refs/heads/main"
ROLE = ("--identity", "build-ci", "--account", "nonprod", "--role", "BuildRole")


@pytest.fixture
def ci(small: Project) -> Iterator[Issuer]:
    """The issuer, known to the cloud; the machine that it vouches for, in the model."""
    small.edit(BUILD, MACHINE, MACHINE + CI)
    small.edit(BUILD, "grants:\n", "grants:\n" + GRANT)
    with issuer(f"https://{HOST}") as found:
        found.known_to(small.home)
        yield found


@pytest.fixture
def deployed_ci(small: Project, ci: Issuer) -> Project:
    """The organisation with a federated machine, in nonprod and prod, by the pack's leave."""
    del ci
    for stack in ("nonprod", "prod"):
        small.up(stack, "--policy-pack", "policies").checked()
    text = directory(load(small.folder / "profiles")).to_json()
    (small.folder / "directory.json").write_text(text, "utf-8")
    return small


def providers(project: Project, account: str) -> dict[str, list[str]]:
    """`{ARN: audiences}` of the identity providers of an account."""
    iam = client(project.home, "iam", account)
    arns = [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    return {
        arn: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]
        for arn in arns
    }


def get(project: Project, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Ask for a session as a job does, which has no credentials of AWS at all."""
    hidden = ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    environment = {key: text for key, text in project.environment.items() if key not in hidden}
    return subprocess.run(
        [
            Path(sys.executable).with_name("iam-profiles"),
            *("credentials", "get", *arguments),
            *("--directory", str(project.folder / "directory.json")),
        ],
        env={**environment, "AWS_ENDPOINT_URL": running(project.home).endpoint, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_provider_is_there_before_the_trust_and_only_where_it_is_needed(
    small: Project, ci: Issuer
) -> None:
    del ci
    ran = small.up("nonprod", "--policy-pack", "policies").checked()
    created = order(ran, "create")
    assert created.index(PROVIDER) < created.index(("Role", "BuildRole"))
    arn = f"arn:aws:iam::333333333333:oidc-provider/{HOST}"
    assert providers(small, "nonprod") == {arn: [AUD]}
    small.up("prod", "--policy-pack", "policies").checked()
    assert providers(small, "prod") == {}
    assert [one for one in resources(small, "prod") if "Federation" in one["type"]] == []
    assert changes(small.preview("nonprod")) == {}


def test_a_job_gets_a_session_with_its_own_token_and_any_other_is_refused(
    deployed_ci: Project, ci: Issuer, tmp_path: Path
) -> None:
    file = tmp_path / "token"

    def tried(**claims: Any) -> "subprocess.CompletedProcess[str]":
        wanted: dict[str, Any] = {"sub": SUB, "aud": AUD, "ref": REF, **claims}
        token = ci.token(**wanted)
        file.write_text(f"{token}\n", "utf-8")
        done = get(
            deployed_ci, *ROLE, "--token-file", str(file), GITHUB_ACTIONS="1", GITHUB_RUN_ID="7"
        )
        assert token not in done.stderr
        return done

    done = tried()
    assert done.returncode == 0, done.stderr
    session = json.loads(done.stdout)
    key = {name: session[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    who = client(deployed_ci.home, "sts", key=key).get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::333333333333:assumed-role/BuildRole/github-7"
    others: list[tuple[dict[str, Any], str]] = [
        ({"sub": "repo:example/build:environment:prod"}, "AccessDenied"),
        ({"sub": "repo:example/*"}, "AccessDenied"),
        ({"ref": "refs/heads/next"}, "AccessDenied"),
        ({"aud": "https://github.com/example"}, "InvalidIdentityToken"),
        ({"lasts": timedelta(seconds=-1)}, "ExpiredTokenException"),
        ({"key": new_key()}, "InvalidIdentityToken"),
    ]
    for claims, code in others:
        refused = tried(**claims)
        assert (refused.returncode, refused.stdout) == (exits.UNAVAILABLE, ""), refused.stderr
        assert f"role/PlatformRoles/BuildRole` with `{code}`" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_production_takes_no_token_of_the_class(deployed_ci: Project, ci: Issuer) -> None:
    sts = unsigned_sts(deployed_ci.home)
    with pytest.raises(sts.exceptions.InvalidIdentityTokenException):
        sts.assume_role_with_web_identity(
            RoleArn="arn:aws:iam::444444444444:role/PlatformRoles/BuildRole",
            RoleSessionName="run",
            WebIdentityToken=ci.token(sub=SUB, aud=AUD, ref=REF),
        )


def test_a_machine_that_goes_takes_the_trust_and_the_provider_along(deployed_ci: Project) -> None:
    deployed_ci.edit(BUILD, CI, "")
    deployed_ci.edit(BUILD, GRANT, "")
    ran = deployed_ci.up("nonprod", "--policy-pack", "policies").checked()
    assert changes(ran)[PROVIDER] == "delete"
    assert providers(deployed_ci, "nonprod") == {}
    role = client(deployed_ci.home, "iam", "nonprod").get_role(RoleName="BuildRole")["Role"]
    assert "Federated" not in json.dumps(role["AssumeRolePolicyDocument"])


KEYED = ("--identity", "build-machine", "--account", "nonprod", "--role", "BuildRole")
READ_BY = "{github: {repository: example/build, ref: refs/heads/deploy}}"
READER = MACHINE.replace("7d}", f"7d, reader: {READ_BY}}}")
DEPLOY = "repo:example/build:ref:refs/heads/deploy"


def test_a_job_reads_its_own_key_by_its_token_and_no_other_does(
    small: Project, ci: Issuer, tmp_path: Path
) -> None:
    small.edit(BUILD, MACHINE, READER)
    for stack in ("state", "nonprod"):
        small.up(stack, "--policy-pack", "policies").checked()
    text = directory(load(small.folder / "profiles")).to_json()
    (small.folder / "directory.json").write_text(text, "utf-8")
    file = tmp_path / "token"
    file.write_text(ci.token(sub=DEPLOY, aud=AUD), "utf-8")
    done = get(small, *KEYED, "--token-file", str(file), IAM_PROFILES_RUN="run-8")
    assert done.returncode == 0, done.stderr
    session = json.loads(done.stdout)
    key = {name: session[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    who = client(small.home, "sts", key=key).get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::333333333333:assumed-role/BuildRole/run-8"
    # As a job of GitHub's does, without a file; and a job of another branch does not.
    assert get(small, *KEYED, **ci.github(DEPLOY)).returncode == 0
    refused = get(small, *KEYED, **ci.github("repo:example/build:ref:refs/heads/next"))
    assert (refused.returncode, refused.stdout) == (exits.UNAVAILABLE, "")
    assert "role/PlatformReaders/nonprod/build-machine` with `AccessDenied`" in refused.stderr
    # A token that GitHub does not give is not replaced by an administrator's credentials.
    there = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    ambient = {name: small.environment[name] for name in there}
    ambient["AWS_PROFILE"] = "iam-profiles-state"
    asked = {**ci.github(DEPLOY), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another"}
    refused = get(small, *KEYED, **asked, **ambient)
    assert (refused.returncode, refused.stdout) == (exits.UNAVAILABLE, "")
    assert "GitHub gives the job none: give the job `permissions: {id-token: w" in refused.stderr
    assert get(small, *KEYED, "--ambient", **asked, **ambient).returncode == 0


PARAMETERS = "secrets_store: {kind: aws-ssm-parameter-store, kms_key: alias/aws/ssm}"


def test_a_reader_of_parameters_lists_its_own_identitys_path_and_nothing_else(
    small: Project, ci: Issuer, tmp_path: Path
) -> None:
    small.edit("profiles/organization.yaml", STORE, PARAMETERS)
    small.edit(BUILD, MACHINE, READER)
    small.up("nonprod").checked()
    small.up("state", "--policy-pack", "policies").checked()
    text = directory(load(small.folder / "profiles")).to_json()
    (small.folder / "directory.json").write_text(text, "utf-8")
    file = tmp_path / "token"
    file.write_text(ci.token(sub=DEPLOY, aud=AUD), "utf-8")
    done = get(small, *KEYED, "--token-file", str(file))
    assert done.returncode == 0, done.stderr

    session = reading(small, ci)
    ssm = client(small.home, "ssm", key=session)
    own = "/iam-profiles/nonprod/build-machine"
    assert ssm.get_parameters_by_path(Path=own, WithDecryption=True)["Parameters"]
    others = ("/iam-profiles/nonprod/other", "/iam-profiles/nonprod", "/iam-profiles", "/")
    for path in others:
        with pytest.raises(ssm.exceptions.ClientError, match="AccessDenied"):
            ssm.get_parameters_by_path(Path=path, Recursive=True)
    (newest,) = ssm.get_parameters_by_path(Path=own, MaxResults=1)["Parameters"]
    for call in ("get_parameter", "get_parameter_history", "delete_parameter"):
        with pytest.raises(ssm.exceptions.ClientError, match="AccessDenied"):
            getattr(ssm, call)(Name=newest["Name"])
    assert changes(small.preview("state")) == {}


def reading(project: Project, ci: Issuer) -> dict[str, str]:
    """The session of the reader, by the token of the job that is its."""
    answer = unsigned_sts(project.home).assume_role_with_web_identity(
        RoleArn="arn:aws:iam::111111111111:role/PlatformReaders/nonprod/build-machine",
        RoleSessionName="run",
        WebIdentityToken=ci.token(sub=DEPLOY, aud=AUD),
    )
    return answer["Credentials"]


def test_a_reader_opens_its_own_identitys_secret_and_nothing_else(
    small: Project, ci: Issuer
) -> None:
    small.edit(BUILD, MACHINE, READER)
    small.up("state").checked()
    other = client(small.home, "secretsmanager", "state")
    other.create_secret(Name="iam-profiles/nonprod/other", SecretString="theirs")
    secrets = client(small.home, "secretsmanager", key=reading(small, ci))
    assert secrets.get_secret_value(SecretId="iam-profiles/nonprod/build-machine")["SecretString"]
    for call, name in (
        ("get_secret_value", "iam-profiles/nonprod/other"),
        ("describe_secret", "iam-profiles/nonprod/build-machine"),
    ):
        with pytest.raises(secrets.exceptions.ClientError, match="AccessDenied"):
            getattr(secrets, call)(SecretId=name)
    assert changes(small.preview("state")) == {}
