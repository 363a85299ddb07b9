"""The provider under the real engine: what it keeps in state, and what a killed one leaves."""

import contextlib
import json
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.credentials.site import PROVIDER, STACK, Site, once

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("stored-keys")]


def test_a_key_is_made_once_kept_and_removed_and_its_secret_is_nowhere_else(
    site: Site, tmp_path: Path
) -> None:
    project = site.project
    seen: list[bool] = []

    def look(called: str, body: bytes) -> None:
        if called == "PutSecretValue" and b"secret_access_key" in body:
            secret = json.loads(json.loads(body)["SecretString"])["secret_access_key"]
            for process in site.family():
                with contextlib.suppress(psutil.Error):
                    seen.append(secret not in str((process.cmdline(), process.environ())))

    previewed = project.preview(STACK).checked()
    assert "CreateAccessKey" not in site.gate.calls
    assert "create" in previewed.steps.values()
    site.gate.after = look
    project.environment["PULUMI_DEBUG_GRPC"] = str(tmp_path / "grpc.jsonl")
    log = tmp_path / "up.log"
    engine = site.start("-v=9", "--logtostderr", "--event-log", str(tmp_path / "events.jsonl"))
    log.write_text(engine.communicate()[0])
    assert engine.returncode == 0, log.read_text()[-3000:]
    outputs = site.outputs()
    site.check_one_key(outputs)
    assert set(project.up(STACK).checked().steps.values()) == {"same"}
    state = project.pulumi("stack", "export", "--show-secrets", "--stack", STACK).checked().stdout
    (tmp_path / "state.json").write_text(state)

    secret = site.stored()["secret_access_key"]
    assert seen
    assert all(seen), "the secret was in the arguments or the environment of a process"
    assert not files_with(tmp_path, secret)
    assert not files_with(project.home.pulumi_home, secret)
    # The search does find what is there.
    found = {path.name for path in files_with(tmp_path, outputs["accessKeyId"])}
    assert {"state.json", "grpc.jsonl", "events.jsonl", "up.log"} <= found

    site.gate.calls.clear()
    project.destroy(STACK).checked()
    assert site.keys() == {}
    assert site.stored() == {"empty": True}
    emptied = site.gate.calls.index("UpdateSecretVersionStage")
    assert emptied < site.gate.calls.index("UpdateAccessKey")
    assert site.gate.calls.index("UpdateAccessKey") < site.gate.calls.index("DeleteAccessKey")


def files_with(root: Path, text: str) -> list[Path]:
    """The files below a folder that contain a text."""
    return [
        path for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize(
    ("called", "containing", "mints"),
    [
        ("CreateAccessKey", b"", 2),
        ("PutSecretValue", b"AWSPENDING", 1),
        ("UpdateSecretVersionStage", b"AWSCURRENT", 1),
    ],
)
def test_killed_with_the_engine_after_a_step_the_next_run_has_one_key(
    site: Site, called: str, containing: bytes, mints: int
) -> None:
    site.gate.after = once(called, lambda: site.signal_all(signal.SIGKILL), containing)
    engine = site.start()
    engine.communicate()
    assert engine.returncode == -signal.SIGKILL
    site.check_one_key(site.recover())
    assert site.gate.calls.count("CreateAccessKey") == mints


def test_a_provider_whose_engine_was_killed_finishes_and_ends_and_its_key_is_adopted(
    site: Site,
) -> None:
    providers: list[psutil.Process] = []

    def kill_engine() -> None:
        engine, *others = site.family()
        providers.extend(p for p in others if PROVIDER in p.cmdline())
        engine.kill()

    site.gate.after = once("CreateAccessKey", kill_engine)
    site.start().wait()
    assert len(providers) == 1
    _, alive = psutil.wait_procs(providers, 20)
    assert not alive, "the provider outlived its engine"
    minted = site.keys()
    assert site.stored()["access_key_id"] in minted
    site.check_one_key(site.recover())
    assert site.gate.calls.count("CreateAccessKey") == 1


def test_an_interrupt_of_the_whole_group_while_a_key_is_made_loses_nothing(site: Site) -> None:
    def interrupt() -> None:
        site.signal_all(signal.SIGINT)
        time.sleep(0.5)

    site.gate.after = once("CreateAccessKey", interrupt)
    engine = site.start()
    engine.communicate(timeout=60)
    site.project.up(STACK).checked()
    site.check_one_key(site.outputs())
    assert site.gate.calls.count("CreateAccessKey") == 1


def test_a_refused_look_at_a_refresh_is_an_error_and_the_key_stays_in_the_state(
    site: Site,
) -> None:
    site.project.up(STACK).checked()
    kept = site.outputs()
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    site.gate.before = lambda called, _: (403, denied) if called == "ListAccessKeys" else None
    refreshed = site.project.pulumi("refresh", "--yes", "--skip-preview", "--stack", STACK)
    assert refreshed.code != 0
    assert "ListAccessKeys failed with `AccessDenied`" in refreshed.output
    assert site.outputs() == kept


def test_another_accounts_credentials_are_refused_before_anything_is_written(site: Site) -> None:
    refused = site.project.up(STACK, TEST_ACCOUNT="222222222222")
    assert refused.code != 0
    assert "are of account `111111111111`, not of `222222222222`" in refused.output
    assert "Traceback" not in refused.output
    assert set(site.gate.calls) == {"GetCallerIdentity"}


def test_another_secret_replaces_the_key_and_empties_the_old_one(site: Site) -> None:
    site.project.up(STACK).checked()
    old = site.outputs()
    moved = f"iam-profiles/prod/{site.user}"
    site.secrets.create_secret(Name=moved)
    site.project.up(STACK, TEST_SECRET=moved).checked()
    assert site.stored() == {"empty": True}
    assert list(site.keys()) == [site.outputs()["accessKeyId"]] != [old["accessKeyId"]]
