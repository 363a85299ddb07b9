"""A cloud of somebody else's making, which enforces IAM itself: fakecloud, run as it is."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

from local.env import file_backend
from local.home import LocalHome
from local.install import install
from local.progress import Silent
from tests.engine import ACCOUNTS, REGION, Project, copy_project_with

READY_SECONDS = 20


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _admin(endpoint: str, account: str) -> dict[str, str]:
    """Ask fakecloud for an administrator of an account."""
    request = urllib.request.Request(  # noqa: S310 loopback, made above
        f"{endpoint}/_fakecloud/iam/create-admin",
        data=json.dumps({"accountId": account, "userName": "deployer"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return json.load(answer)


def _wait(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(READY_SECONDS * 10):
        if process.poll() is not None:
            pytest.fail(f"fakecloud ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_fakecloud/health", timeout=1):  # noqa: S310
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("fakecloud did not answer in time")


@pytest.fixture(scope="session")
def fakecloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The example's four stacks, deployed by the real engine onto fakecloud with IAM strict."""
    program = shutil.which("fakecloud")
    if program is None:
        pytest.skip("fakecloud is not on PATH: cargo install fakecloud --version 0.51.0 --locked")
    folder = tmp_path_factory.mktemp("fakecloud")
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with (folder / "fakecloud.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--addr", f"127.0.0.1:{port}", "--iam", "strict", "--verify-sigv4"],
            stdout=log,
            stderr=log,
        )
    try:
        _wait(endpoint, process)
        home = LocalHome(folder / "home")
        install(home, Silent())
        _write_profiles(home, endpoint)
        project = copy_project_with(folder / "project", home, _environment(home, endpoint))
        for stack in ACCOUNTS:
            project.up(stack).checked()
        yield project
    finally:
        process.terminate()
        process.wait(10)


def _write_profiles(home: LocalHome, endpoint: str) -> None:
    home.aws_config.parent.mkdir(parents=True)
    config: list[str] = []
    credentials: list[str] = []
    for name, account in ACCOUNTS.items():
        admin = _admin(endpoint, account)
        config += [
            f"[profile iam-profiles-{name}]",
            f"region = {REGION}",
            f"endpoint_url = {endpoint}",
        ]
        credentials += [
            f"[iam-profiles-{name}]",
            f"aws_access_key_id = {admin['accessKeyId']}",
            f"aws_secret_access_key = {admin['secretAccessKey']}",
        ]
    home.aws_config.write_text("\n".join(config) + "\n", "utf-8")
    home.aws_credentials.write_text("\n".join(credentials) + "\n", "utf-8")


def _environment(home: LocalHome, endpoint: str) -> dict[str, str]:
    home.backend.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(home.bin), os.environ["PATH"]]),
        "PULUMI_HOME": str(home.pulumi_home),
        "PULUMI_BACKEND_URL": file_backend(home.backend),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_CONFIG_FILE": str(home.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.aws_credentials),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
