"""One place says what the backend is, and refuses an address that is of no use."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pipeline.backend import SERVICE, Folder, Service, address_of, backend_of, kept_at, locks_of
from pipeline.bucket import Bucket
from pipeline.checkpoints import state_of
from pipeline.errors import BackendError, StackUnreadableError
from pipeline.inputs import inputs_of
from pipeline.job import StackJob

if TYPE_CHECKING:
    from pipeline.command import EngineCommand

REGION = "region=eu-west-1"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., StackJob]:
    """Makes a job of a project, with these variables and nobody logged in."""
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_CREDENTIALS_PATH"):
        monkeypatch.delenv(name, raising=False)

    def make(address: str = "", declared: str = "", **more: str) -> StackJob:
        backend = f"backend:\n  url: {declared}\n" if declared else ""
        (tmp_path / "Pulumi.yaml").write_text(f"name: iam-profiles\n{backend}", "utf-8")
        said = {"PULUMI_BACKEND_URL": address} if address else {}
        return StackJob("prod", tmp_path, {"PULUMI_HOME": str(tmp_path), **said, **more})

    return make


def log_in(job: StackJob, current: str, *urls: str) -> None:
    accounts = {url: {"accessToken": "pul-made-up"} for url in urls}
    file = Path(job.environment["PULUMI_HOME"]) / "credentials.json"
    file.write_text(json.dumps({"current": current, "accounts": accounts}), "utf-8")


def test_the_address_is_found_as_the_engine_finds_it(job: Callable[..., StackJob]) -> None:
    log_in(job(), "s3://logged-in")
    assert address_of(job("file:///said", "file:///declared")) == "file:///said"
    assert address_of(job(declared="file:///declared")) == "file:///declared"
    assert address_of(job()) == "s3://logged-in"
    log_in(job(), "")
    assert address_of(job()) == SERVICE


def test_another_address_is_another_input_of_a_bundle(job: Callable[..., StackJob]) -> None:
    first, second = (inputs_of(job(f"s3://{name}?{REGION}"), "1") for name in ("one", "other"))
    assert first["the backend"] != second["the backend"]


def test_each_kind_is_opened_as_what_it_is(job: Callable[..., StackJob], tmp_path: Path) -> None:
    folder = backend_of(job("file://state?metadata=skip"))
    assert folder == Folder(tmp_path / "state" / ".pulumi", "iam-profiles")
    bucket = backend_of(job(f"s3://states/team/a?{REGION}"))
    assert isinstance(bucket, Bucket)
    assert (bucket.name, bucket.prefix) == ("states", "team/a/")
    service = job("https://pulumi.example.com/", PULUMI_ACCESS_TOKEN="pul-made-up")
    assert backend_of(service) == Service("https://pulumi.example.com")
    assert kept_at(service) is None


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("gs://states", "`gs` is no kind of backend"),
        ("azblob://states", "`azblob` is no kind of backend"),
        ("ftp://host/x", "`ftp` is no kind of backend"),
        ("states", "`` is no kind of backend"),
        ("s3://states?sse=aws:kms", "write `ssetype=aws:kms`"),
        ("s3://states?role=arn:aws:iam::1:role/x", "name the role in an AWS profile"),
        ("s3://states?anonymous=true", "not to be said of a bucket"),
        ("s3://states?awssdk=v1", "the engine has no AWS SDK `v1`"),
        ("s3://states?ssetype=AES256", "encrypts with no key of yours"),
        ("s3://states?disableSSL=true", "it is not encrypted"),
        ("s3://states?endpoint=http://example.com", "it is not encrypted"),
        ("s3://key:secret@states:1", "is no bucket's name"),
        ("http://pulumi.example.com", "it is not encrypted: whoever listens gets the token"),
        ("https://me:pw@pulumi.example.com", "it holds a credential"),
        ("https://pulumi.example.com?x=1", "it ends in a query"),
        ("https://", "the address names no host"),
    ],
)
def test_an_address_of_no_use_is_refused_with_a_remedy(
    job: Callable[..., StackJob], address: str, said: str
) -> None:
    with pytest.raises(BackendError) as caught:
        backend_of(job(address, PULUMI_ACCESS_TOKEN="pul-made-up"))
    assert said in str(caught.value)
    assert "; " in str(caught.value)
    assert "pw" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_everything_that_is_wrong_with_an_address_is_said_at_once(
    job: Callable[..., StackJob],
) -> None:
    with pytest.raises(BackendError) as caught:
        backend_of(job("s3://states?sse=aws:kms&awssdk=v1&disable_https=true"))
    for said in ("`sse`", "awssdk=v2", "not encrypted"):
        assert said in str(caught.value)


@pytest.mark.parametrize("elsewhere", ["http://s3.example/://127.0.0.1:9", "http://127.0.0.1:9@s3"])
def test_an_endpoint_that_only_mentions_this_machine_is_elsewhere(
    job: Callable[..., StackJob], elsewhere: str
) -> None:
    with pytest.raises(BackendError, match="not encrypted"):
        backend_of(job(f"s3://states?{REGION}&endpoint={elsewhere}"))


def test_whoever_is_not_logged_in_is_told_so(job: Callable[..., StackJob]) -> None:
    with pytest.raises(BackendError, match=r"nobody is logged in there; run `pulumi login https"):
        backend_of(job("https://api.pulumi.com"))
    log_in(job(), "", "https://api.pulumi.com")
    assert backend_of(job("https://api.pulumi.com")) == Service("https://api.pulumi.com")
    with pytest.raises(BackendError, match="nobody is logged in there"):
        backend_of(job("https://other.example.com"))


def test_a_profile_that_is_not_there_is_named(job: Callable[..., StackJob]) -> None:
    with pytest.raises(BackendError, match=r"nobody-at-all\) could not be found; mend the profile"):
        backend_of(job(f"s3://states?{REGION}&profile=nobody-at-all"))


def test_a_bucket_that_does_not_answer_is_no_stack_without_locks(
    job: Callable[..., StackJob],
) -> None:
    silent = job(
        f"s3://states?{REGION}&use_path_style=true&endpoint=http://127.0.0.1:9",
        AWS_CONFIG_FILE="/dev/null",
    )
    with pytest.raises(StackUnreadableError, match="the backend keeps its locks to itself"):
        locks_of(silent)
    with pytest.raises(StackUnreadableError, match="its state cannot be read"):
        state_of(silent, cast("EngineCommand", None))


def test_a_state_of_the_old_layout_is_no_stack_that_was_never_deployed(
    job: Callable[..., StackJob], tmp_path: Path
) -> None:
    place = tmp_path / "state" / ".pulumi" / "stacks"
    place.mkdir(parents=True)
    (place / "prod.json").write_text("{}", "utf-8")
    folder = backend_of(job("file://state"))
    assert isinstance(folder, Folder)
    with pytest.raises(OSError, match="pulumi state upgrade"):
        folder.checkpoint("prod")
    assert folder.checkpoint("nonprod").content is None
