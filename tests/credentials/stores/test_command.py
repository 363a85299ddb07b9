"""A store behind a command: what its tool does wrong, and what never leaves it."""

import stat
import threading
import time
from pathlib import Path

import pytest

from credentials.errors import CredentialsError, ServiceError, StoreContentError
from credentials.store import Label, Store
from credentials.stores.command import CommandPlace, Commands, lock_folder
from credentials.stores.document_store import DocumentStore
from credentials.stores.errors import ToolError
from tests.credentials.fakes import FakeAws
from tests.credentials.stores.rigs import ScriptRig
from tests.credentials.stores.steps import key, label, lease, with_current
from tests.credentials.test_faults import shown

SECRET = key(1).secret_access_key.reveal()


def tool(folder: Path, script: str, *, timeout: float = 20) -> Store:
    """A store whose tool is a shell script; it has `$1`, what to do, and `$2`, the name."""
    program = folder / "tool"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(stat.S_IRWXU)
    lines = {name: (str(program), name, "{name}") for name in ("read", "write", "delete", "create")}
    commands = Commands(**lines, absent="no such", timeout_seconds=timeout)
    return DocumentStore(CommandPlace(commands, "team/user", folder / "locks"))


READS = """entry="$(dirname "$0")/entry"
[ "$1" = read ] && { cat "$entry" 2>/dev/null || { echo no such >&2; exit 1; }; exit; }
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo you are not signed in >&2; exit 6", "exit code 6`: you are not signed in; do what"),
        ("exit 1", "exit code 1`: it says nothing"),
        ("exit 0", "Empty`: it succeeds and prints nothing; see what"),
        ("sleep 60", "Timeout`: it did not end in 0.3 seconds"),
        ("kill -9 $$", "exit code -9"),
    ],
)
def test_whatever_a_tool_does_wrong_is_said_and_never_taken_for_absence(
    tmp_path: Path, script: str, said: str
) -> None:
    with pytest.raises(ToolError) as caught:
        tool(tmp_path, script, timeout=0.3).read()
    assert said in str(caught.value)
    assert not caught.value.in_doubt


def test_garbage_is_not_taken_for_a_key(tmp_path: Path) -> None:
    for garbage in ("hello", "[]", "null", '{"empty": false}', "\\377\\376"):
        with pytest.raises(StoreContentError, match=r"holds neither .* run this again"):
            tool(tmp_path, f"printf '{garbage}'").read()


def test_a_tool_that_is_not_there_or_cannot_be_run_is_named(tmp_path: Path) -> None:
    store = tool(tmp_path, "exit 0")
    (tmp_path / "tool").unlink()
    with pytest.raises(ToolError, match="there is no such program; install it, or put it on PATH"):
        store.read()
    (tmp_path / "tool").write_bytes(b"\x00")
    (tmp_path / "tool").chmod(stat.S_IRWXU)
    with pytest.raises(ToolError, match=r"OSError.*see that it can be run"):
        store.read()


@pytest.mark.parametrize(
    "leak",
    [
        "cat >&2",
        "grep -o 's\\{20\\}' >&2",
        "base64 -w0 >&2",
        "base64 -w0 | cut -c30-90 >&2",
        "od -An -tx1 | tr -d ' \\n' >&2",
    ],
)
def test_a_tool_that_repeats_its_input_is_not_quoted(tmp_path: Path, leak: str) -> None:
    store = tool(tmp_path, READS + f'[ -f "$entry" ] && {{ {leak}; exit 3; }}; cat > "$entry"')
    store.prepare()
    with pytest.raises(ServiceError) as caught:
        store.add(key(1), 1)
    assert "is not shown" in str(caught.value) or "`: …;" in str(caught.value)
    assert caught.value.in_doubt
    assert not any("ssssssss" in text for text in shown(caught.value))


def test_a_secret_on_stderr_of_a_failing_read_is_left_out(tmp_path: Path) -> None:
    made_up = "A" * 20 + "/" + "b" * 19
    with pytest.raises(ToolError, match="found … there") as caught:
        tool(tmp_path, f"echo found {made_up} there >&2; exit 1").read()
    assert made_up not in str(caught.value)


@pytest.mark.parametrize("loses", ["cut -c1-40", "true", "tr a b"])
def test_a_tool_that_does_not_keep_what_it_is_given_is_caught(tmp_path: Path, loses: str) -> None:
    store = tool(tmp_path, READS + f'{loses} > "$entry"')
    with pytest.raises(CredentialsError):
        store.prepare()


def test_a_tool_that_says_it_failed_after_it_wrote_has_written(tmp_path: Path) -> None:
    store = tool(tmp_path, READS + 'cat > "$entry"; exit 1')
    store.prepare()
    assert store.write_lease(1, lease("A"))
    assert store.read().generation == 1


def test_the_secret_is_in_no_argument_and_no_environment_of_the_tool(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    spy = f'tr "\\0" "\\n" < /proc/$$/cmdline >> {seen}; env >> {seen}\n'
    store = tool(tmp_path, spy + READS + 'cat > "$entry"')
    store.prepare()
    store.add(key(1), 1)
    store.promote(label(store, Label.PENDING), expected=label(store, Label.CURRENT))
    assert SECRET not in seen.read_text()
    assert "team/user" in seen.read_text()


def test_two_processes_wait_for_one_another(tmp_path: Path) -> None:
    slow = tool(tmp_path, READS + 'sleep 0.2; cat > "$entry"')
    slow.prepare()
    taken: list[bool] = []

    def take(run: str) -> None:
        taken.append(slow.write_lease(1, lease(run)))

    runs = [threading.Thread(target=take, args=(run,)) for run in ("A", "B", "C")]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(taken) == [False, False, True]


def test_what_a_timeout_cuts_off_does_not_go_on(tmp_path: Path) -> None:
    late = tmp_path / "late"
    store = tool(tmp_path, f"(sleep 1; touch {late}) & wait", timeout=0.2)
    with pytest.raises(ToolError, match="Timeout"):
        store.read()
    time.sleep(1.3)
    assert not late.exists()


def test_the_locks_are_in_the_users_cache() -> None:
    assert lock_folder({"IAM_PROFILES_CACHE": "/c"}) == Path("/c/stores")
    assert lock_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/iam-profiles/stores")


def test_discarding_deletes_and_does_it_once() -> None:
    with ScriptRig(FakeAws()) as rig:
        with_current(rig)
        store = rig.store()
        assert isinstance(store, DocumentStore)
        store.discard()
        store.discard()
        assert rig.text() is None
        assert rig.store().read().current is None


def test_no_lock_is_readable_by_others(tmp_path: Path) -> None:
    tool(tmp_path, READS + 'cat > "$entry"').prepare()
    assert stat.S_IMODE((tmp_path / "locks").stat().st_mode) == stat.S_IRWXU
