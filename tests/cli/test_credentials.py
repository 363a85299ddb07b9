"""`credentials status` and `credentials rotate`, on the deployed state account."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from cli import exits
from cli.main import cli, run
from tests.clouds import started
from tests.engine import REPOSITORY, Project, client, copy_project

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("key-commands")]

USERS = ("payments-nonprod", "payments-prod", "platform-nonprod", "platform-prod")
FIELDS = {
    "name", "class", "store", "rotate_after_seconds", "grace_seconds", "overdue", "foreign",
    "problems", "seen_at", "current", "keys", "next_due", "finishing", "lease",
}  # fmt: skip
"""As `docs/credentials.md` lists them."""

Said = tuple[int, str, str]
"""The exit status, standard output and standard error."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The state account alone, deployed to a cloud of its own: its keys are rotated here."""
    root = tmp_path_factory.mktemp("keys")
    with started(root / "cloud") as home:
        project = copy_project(root / "project", home)
        project.up("state").checked()
        yield project


@pytest.fixture
def credentials(
    state: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Runs `iam-profiles credentials …` against the deployed account."""
    for name, value in state.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)

    def command(*arguments: str) -> Said:
        code = run(["credentials", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def iam(state: Project) -> Any:
    return client(state.home, "iam", "state")


def keys_of(iam: Any, user: str) -> dict[str, str]:
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in listed}


def of(said: str, user: str) -> dict[str, Any]:
    """What the JSON says of one user."""
    return next(one for one in json.loads(said)["service_users"] if one["name"] == user)


def test_status_shows_each_user_s_key_and_store_and_is_content(
    credentials: Callable[..., Said], iam: Any
) -> None:
    code, said, _ = credentials("status")
    assert code == exits.DONE, said
    for user in USERS:
        (key,) = keys_of(iam, user)
        assert re.search(rf"{user} .*{key} .*current", said), said
        assert f"iam-profiles/{user.rpartition('-')[2]}/{user}" in said
    assert "secret_access_key" not in said


def test_status_as_json_has_the_documented_fields(credentials: Callable[..., Said]) -> None:
    code, said, _ = credentials("status", "payments-nonprod", "--format", "json")
    found = json.loads(said)
    assert code == exits.DONE
    assert found.keys() == {"account", "tolerance_seconds", "service_users", "federated"}
    assert [one["name"] for one in found["service_users"]] == ["payments-nonprod"]
    (user,) = found["service_users"]
    assert user.keys() == FIELDS
    (key,) = user["keys"]
    assert (key["standing"], key["active"], key["last_used_for"]) == ("current", True, "sts")
    assert (user["rotate_after_seconds"], user["grace_seconds"]) == (604800, 3600)
    document = (REPOSITORY / "docs" / "credentials.md").read_text("utf-8")
    for field in {*found, *user, *user["store"], *key, *user["lease"]}:
        assert f"`{field}`" in document, field


def test_a_key_that_somebody_deactivated_is_told_and_the_command_that_is_named_mends_it(
    credentials: Callable[..., Said], iam: Any
) -> None:
    user = "platform-prod"
    (key,) = keys_of(iam, user)
    iam.update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")
    code, said, _ = credentials("status")
    assert code == exits.NO
    assert f"the access key `{key}` of `{user}` is the current one, and was deactivated" in said
    refused, _, why = credentials("rotate", user)
    assert refused == exits.UNAVAILABLE
    assert f"replace it with `iam-profiles credentials rotate {user} --now`" in why
    code, said, _ = credentials("rotate", user, "--now")
    assert code == exits.DONE, said
    assert "rotated" in said
    (fresh,) = keys_of(iam, user)
    assert fresh != key
    assert credentials("status", user)[0] == exits.DONE


def test_keys_of_others_are_told_of_all_users_at_once_and_left_alone(
    credentials: Callable[..., Said], state: Project, iam: Any
) -> None:
    theirs: dict[str, str] = {}
    for user in ("payments-prod", "platform-nonprod"):
        key = iam.create_access_key(UserName=user)["AccessKey"]
        client(state.home, "sts", key=key).get_caller_identity()
        theirs[user] = key["AccessKeyId"]
    code, said, _ = credentials("status", "--format", "json")
    assert code == exits.NO
    assert {user: of(said, user)["foreign"] for user in theirs} == {
        user: [key] for user, key in theirs.items()
    }
    code, said, why = credentials("rotate", "--all", "--early")
    assert code == exits.UNAVAILABLE
    for user, key in theirs.items():
        assert re.search(rf"^{user}: .*`{key}` .*were left alone", why, re.MULTILINE), why
        assert keys_of(iam, user)[key] == "Active"
        iam.delete_access_key(UserName=user, AccessKeyId=key)
    assert said.count("rotated") == len(USERS) - len(theirs)
    assert credentials("status")[0] == exits.DONE


def test_a_rotation_shows_what_its_grace_leaves_to_do(
    credentials: Callable[..., Said], iam: Any
) -> None:
    user = "payments-prod"
    (old,) = keys_of(iam, user)
    code, said, _ = credentials("rotate", user, "--early")
    assert code == exits.DONE
    assert f"`{old}` works until the first run after" in said
    assert set(keys_of(iam, user).values()) == {"Active"}
    left = of(credentials("status", user, "--format", "json")[1], user)["finishing"]
    assert (left["id"], left["active"]) == (old, True)
    assert "to be rotated once the grace" in credentials("rotate", user, "--early")[1]
    assert "rotated:" in credentials("rotate", user, "--now")[1]
    assert len(keys_of(iam, user)) == 1
    assert old not in keys_of(iam, user)


def test_an_interrupted_wait_ends_in_good_order_and_says_what_goes_on(
    state: Project, iam: Any
) -> None:
    user = "platform-nonprod"
    command = [Path(sys.executable).with_name("iam-profiles"), "credentials", "rotate", user]
    process = subprocess.Popen(
        [*command, "--early", "--wait"],
        env=state.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert "works until" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said, why = process.communicate(timeout=60)
    assert process.returncode == exits.INTERRUPTED, why
    assert "interrupted" in said
    # It was told how urgent it is: what goes on does not replace the new key as well.
    assert why.splitlines()[-1].strip() == f"iam-profiles credentials rotate {user} --wait"
    assert set(keys_of(iam, user).values()) == {"Active"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rotate",), "name service users, or give `--all`"),
        (("rotate", "--all", "payments-prod"), "name service users, or give `--all`"),
        (("rotate", "--all", "--now", "--early"), "not both"),
        (
            ("rotate", "nobody", "noone"),
            "service user `nobody`, `noone`; use `payments-nonprod`",
        ),
        (("status", "nobody"), "no service user `nobody`"),
        (("status", "--tolerance", "1w"), "`1w` is no span; write such as `30m`"),
    ],
)
def test_a_wrong_usage_is_refused_with_what_to_do(
    credentials: Callable[..., Said], arguments: tuple[str, ...], said: str
) -> None:
    code, out, why = credentials(*arguments)
    assert (code, out) == (exits.USAGE, "")
    assert said in re.sub(r"\s+", " ", why)


FEDERATED = """
owners: ["@example/ci-leads"]
service_users:
  build-ci: {class: nonprod, federation: {github: {repository: example/build, environment: dev}}}
"""


def test_whoever_has_no_key_is_told_so_and_aws_is_not_asked(
    credentials: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    model = tmp_path / "profiles"
    shutil.copytree(REPOSITORY / "profiles", model)
    (model / "teams" / "ci.yaml").write_text(FEDERATED, "utf-8")
    where = ("--profiles", str(model))
    for command in ("rotate", "status"):
        code, out, why = credentials(command, "nobody", "build-ci", *where)
        assert (code, out) == (exits.USAGE, "")
        assert "no service user `nobody`; use `payments-nonprod`" in re.sub(r"\s+", " ", why)
    for urgency in ((), ("--now",), ("--wait",)):
        code, out, why = credentials("rotate", "build-ci", *urgency, *where)
        assert (code, why) == (exits.DONE, "")
        assert "build-ci  federated: it has no key, and nothing to rotate" in out
    code, out, _ = credentials("status", "build-ci", *where)
    assert code == exits.DONE
    issuer, sub = (
        "https://token.actions.githubusercontent.com",
        "repo:example/build:environment:dev",
    )
    assert re.search(rf"build-ci +aud sts\.amazonaws\.com *\n +{issuer} +sub {sub}\n", out), out
    told = json.loads(credentials("status", "build-ci", "--format", "json", *where)[1])
    assert told["service_users"] == []
    (machine,) = told["federated"]
    assert machine == {
        "name": "build-ci",
        "class": "nonprod",
        "issuer": issuer,
        "audience": "sts.amazonaws.com",
        "claims": {"sub": sub},
    }
    documented = (REPOSITORY / "docs" / "credentials.md").read_text("utf-8")
    assert all(f"`{field}`" in documented for field in machine)
    # Whoever has a key besides is looked at: that needs credentials.
    assert credentials("status", "build-ci", "payments-prod", *where)[0] == exits.UNAVAILABLE


def test_another_account_s_credentials_are_refused_before_anything_is_looked_at(
    credentials: Callable[..., Said],
    state: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = Path(state.environment["AWS_SHARED_CREDENTIALS_FILE"]).read_text("utf-8")
    swapped = config.replace("iam-profiles-state", "x").replace(
        "iam-profiles-prod", "iam-profiles-state"
    )
    (tmp_path / "credentials").write_text(swapped, "utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for command in (("status",), ("rotate", "--all")):
        code, out, why = credentials(*command)
        assert (code, out) == (exits.UNAVAILABLE, "")
        assert "are of account `444444444444`, not of `111111111111`" in why


NAMED = re.compile(r"`(iam-profiles [^`\n]*)`")


def named_commands() -> Iterator[tuple[str, str]]:
    """Each of our commands that a message of the code or a page of the docs names, and where."""
    for folder in ("credentials", "cli", "docs"):
        for path in (REPOSITORY / folder).rglob("*.*"):
            if path.suffix in {".py", ".md"} and "examples" not in path.parts:
                for found in NAMED.findall(path.read_text("utf-8")):
                    yield str(path.relative_to(REPOSITORY)), found


def test_every_command_that_a_message_names_exists_with_its_options() -> None:
    seen = 0
    for where, text in named_commands():
        # What stands right after an option is more of them.
        words = re.sub(r"\{[^}]*\}", "X", re.sub(r"(--\w+)\{[^}]*\}", r"\1", text)).split()[1:]
        command: click.Command = cli
        context = click.Context(cli)
        while words and isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            if found is None:
                break
            command, seen = found, seen + 1
        else:
            known = {name for option in command.params for name in option.opts}
            flags = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--"}
            assert flags <= known, (where, text, flags - known)
            continue
        pytest.fail(f"{where} names `{text}`, which is no command")
    assert seen > 10
