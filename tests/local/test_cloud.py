"""The local cloud's process is started, found, stopped and emptied, whatever happened to it."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import local.cloud as local_cloud
from local.cloud import Cloud
from local.env import CLEARED, child_environment, environment
from local.errors import CloudError, CloudNotRunningError
from local.home import LocalHome
from local.progress import Silent
from tests.engine import ACCOUNTS, REGION, client


def _start(home: LocalHome) -> Cloud:
    return local_cloud.start(home, ACCOUNTS, REGION, Silent())


def _kill(found: Cloud) -> None:
    process = psutil.Process(found.pid)
    process.kill()
    process.wait(timeout=5)


def test_starting_it_again_finds_it(fresh_cloud: LocalHome) -> None:
    assert _start(fresh_cloud) == local_cloud.status(fresh_cloud)


def test_every_account_has_an_administrator_who_is_no_iam_user(fresh_cloud: LocalHome) -> None:
    for name, account in ACCOUNTS.items():
        identity = client(fresh_cloud, "sts", name).get_caller_identity()
        assert identity["Account"] == account
        assert ":assumed-role/OrganizationAccountAccessRole/" in identity["Arn"]
        assert client(fresh_cloud, "iam", name).list_users()["Users"] == []


def test_accounts_do_not_see_each_other(fresh_cloud: LocalHome) -> None:
    client(fresh_cloud, "iam", "state").create_user(UserName="somebody")
    client(fresh_cloud, "secretsmanager", "state").create_secret(Name="s", SecretString="x")
    assert client(fresh_cloud, "iam", "prod").list_users()["Users"] == []
    assert client(fresh_cloud, "secretsmanager", "prod").list_secrets()["SecretList"] == []


def test_stopping_it_ends_the_process_and_its_credentials(fresh_cloud: LocalHome) -> None:
    found = local_cloud.running(fresh_cloud)
    assert local_cloud.stop(fresh_cloud)
    assert not psutil.pid_exists(found.pid) or local_cloud.status(fresh_cloud) is None
    assert not fresh_cloud.aws_credentials.exists()
    assert not local_cloud.stop(fresh_cloud)


def test_after_kill_9_it_is_not_running_and_starts_anew(fresh_cloud: LocalHome) -> None:
    before = local_cloud.running(fresh_cloud)
    _kill(before)
    assert local_cloud.status(fresh_cloud) is None
    with pytest.raises(CloudNotRunningError, match="iam-profiles local start"):
        environment(fresh_cloud)
    after = _start(fresh_cloud)
    assert after.instance != before.instance


def test_a_new_one_listens_where_the_one_before_did(fresh_cloud: LocalHome) -> None:
    before = local_cloud.running(fresh_cloud)
    _kill(before)
    assert _start(fresh_cloud).port == before.port


def test_it_takes_another_port_where_that_one_is_taken(fresh_cloud: LocalHome) -> None:
    before = local_cloud.running(fresh_cloud)
    _kill(before)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", before.port))
        taken.listen()
        after = _start(fresh_cloud)
    assert after.port != before.port
    assert client(fresh_cloud, "sts", "state").get_caller_identity()["Account"]


def test_a_process_that_took_its_pid_is_not_taken_for_it(fresh_cloud: LocalHome) -> None:
    local_cloud.stop(fresh_cloud)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        stale = Cloud("old", other.pid, 1.0, 1, "", REGION, ACCOUNTS, enforced=True)
        fields = {name: getattr(stale, name) for name in Cloud.__slots__}
        fresh_cloud.cloud_file.write_text(json.dumps(fields), encoding="utf-8")
        assert local_cloud.status(fresh_cloud) is None
        assert not local_cloud.stop(fresh_cloud)
        assert other.poll() is None
        other.communicate(b"\n")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x"}', "\x00"])
def test_a_broken_file_says_that_nothing_runs(tmp_path: Path, text: str) -> None:
    home = LocalHome(tmp_path)
    home.cloud_file.write_text(text, encoding="utf-8")
    assert local_cloud.status(home) is None


def test_other_accounts_are_refused_while_it_runs(fresh_cloud: LocalHome) -> None:
    with pytest.raises(CloudError, match="iam-profiles local reset"):
        local_cloud.start(fresh_cloud, {"state": "999999999999"}, REGION, Silent())


def test_resetting_it_leaves_empty_accounts_and_no_state(fresh_cloud: LocalHome) -> None:
    client(fresh_cloud, "iam", "state").create_user(UserName="somebody")
    stacks = fresh_cloud.backend / ".pulumi" / "stacks"
    stacks.mkdir(parents=True)
    local_cloud.reset(fresh_cloud, ACCOUNTS, REGION, Silent())
    assert client(fresh_cloud, "iam", "state").list_users()["Users"] == []
    assert not stacks.exists()
    assert not (fresh_cloud.root / "backend-of-an-earlier-cloud").exists()


def test_state_that_speaks_of_accounts_that_are_gone_is_moved_away(fresh_cloud: LocalHome) -> None:
    state = fresh_cloud.backend / ".pulumi" / "stacks" / "state.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}", encoding="utf-8")
    _start(fresh_cloud)
    assert state.exists()
    _kill(local_cloud.running(fresh_cloud))
    _start(fresh_cloud)
    assert not state.exists()
    aside = fresh_cloud.root / "backend-of-an-earlier-cloud"
    assert (aside / ".pulumi" / "stacks" / "state.json").exists()


def test_nobody_else_can_read_the_credentials(fresh_cloud: LocalHome) -> None:
    for file in (fresh_cloud.aws_credentials, fresh_cloud.aws_config, fresh_cloud.cloud_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(fresh_cloud.root.stat().st_mode) == 0o700


def test_no_secret_is_in_the_process_s_arguments_or_log(fresh_cloud: LocalHome) -> None:
    secrets = [
        line.split(" = ")[1]
        for line in fresh_cloud.aws_credentials.read_text(encoding="utf-8").splitlines()
        if "secret" in line or "token" in line
    ]
    command = " ".join(psutil.Process(local_cloud.running(fresh_cloud).pid).cmdline())
    seen = command + fresh_cloud.cloud_log.read_text(encoding="utf-8")
    assert len(secrets) == 2 * len(ACCOUNTS)
    assert not [secret for secret in secrets if secret in seen]


def test_its_start_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CloudError, match="did not start"):
        _start(LocalHome(tmp_path))


def test_it_outlives_the_interrupt_of_who_started_it(tmp_path: Path) -> None:
    home = LocalHome(tmp_path)
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from local.cloud import start\n"
        "from local.home import LocalHome\n"
        "from local.progress import Silent\n"
        f"start(LocalHome(Path({str(tmp_path)!r})), {ACCOUNTS!r}, {REGION!r}, Silent())\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with starter:
            assert starter.stdout is not None
            assert starter.stdout.readline() == b"started\n"
            os.killpg(starter.pid, signal.SIGINT)
            starter.wait(timeout=60)
        assert local_cloud.status(home) is not None
    finally:
        assert local_cloud.stop(home)


def test_a_start_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    wanted = {"home": str(tmp_path), "accounts": ACCOUNTS, "region": REGION, "port": 0}
    orphan = subprocess.run(
        [sys.executable, "-m", "local.cloud_server", json.dumps({**wanted, "evaluator": []})],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert orphan.returncode != 0
    assert "whoever started this local cloud is gone" in orphan.stderr
    assert not LocalHome(tmp_path).cloud_file.exists()


def test_two_starts_at_once_start_one(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from local.cloud import start\n"
        "from local.home import LocalHome\n"
        "from local.progress import Silent\n"
        f"home = LocalHome(Path({str(tmp_path)!r}))\n"
        f"print(start(home, {ACCOUNTS!r}, {REGION!r}, Silent()).instance)\n"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(2)
    ]
    instances = {starter.communicate(timeout=60)[0] for starter in starters}
    assert len(instances) == 1
    assert local_cloud.stop(LocalHome(tmp_path))


def test_the_environment_leads_nowhere_else(
    fresh_cloud: LocalHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CLEARED:
        monkeypatch.setenv(name, "of-somebody-else")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    found = child_environment(fresh_cloud)
    assert not set(CLEARED) & set(found)
    assert found["PATH"].split(os.pathsep)[0] == str(fresh_cloud.bin)
    assert found["AWS_ENDPOINT_URL"] == local_cloud.running(fresh_cloud).endpoint
    assert found["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert "127.0.0.1" in found["NO_PROXY"].split(",")
