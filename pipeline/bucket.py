"""A backend that is an S3 bucket: its address, and the checkpoints and locks that are in it.

Source: https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3
"""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Client = Any
"""boto3's client of S3, of which no types are installed."""
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
"""What the engine takes for true."""
_KNOWN: Final = frozenset(
    {
        "accelerate",
        "awssdk",
        "disableSSL",
        "disable_https",
        "dualstack",
        "endpoint",
        "fips",
        "hostname_immutable",
        "kmskeyid",
        "profile",
        "rate_limiter_capacity",
        "region",
        "request_checksum_calculation",
        "response_checksum_validation",
        "s3ForcePathStyle",
        "ssetype",
        "use_path_style",
    }
)
_CONFIGURATION: Final = {
    "config_file": "AWS_CONFIG_FILE",
    "credentials_file": "AWS_SHARED_CREDENTIALS_FILE",
}
_GONE: Final = frozenset({"404", "NoSuchKey"})
_DENIED: Final = frozenset({"403", "AccessDenied"})
_TRIES: Final = 3
"""An engine at work writes a checkpoint several times a second."""
_CLIENTS: Final[dict[tuple[str, ...], Client]] = {}
_MAKING: Final = threading.Lock()
"""INVARIANT: held while a client is made; one that is made may be used by any thread."""


class BucketError(OSError):
    """What the bucket said instead of an answer."""


class DeniedError(BucketError):
    """Whoever asked may not."""


class WithheldError(DeniedError):
    """A checkpoint is there that whoever asked may list, and not read; `mark` tells its version."""

    def __init__(self, said: str, mark: str) -> None:
        super().__init__(said)
        self.mark = mark


class Checkpoint(NamedTuple):
    """One version of a stack's checkpoint.

    Attributes:
        content: nothing if there is no such stack.
        mark: what tells it from any other version, to whoever may not read it; nothing where the
            backend has no such thing.
    """

    content: bytes | None
    mark: str | None = None


class Listed(NamedTuple):
    """One object, as a bucket lists it."""

    key: str
    written: float
    etag: str


@dataclass(frozen=True)
class Stored:
    """One object, with so much of a path's manners as those who read locks need."""

    bucket: Bucket
    key: str

    @property
    def name(self) -> str:
        """Its name without the folders."""
        return self.key.rpartition("/")[2]

    def read_bytes(self) -> bytes:
        """Return what it holds.

        Raises:
            BucketError: it cannot be read.
        """
        return self.read()[0]

    def read(self) -> tuple[bytes, str]:
        """Return what it holds, and the ETag of that.

        Raises:
            BucketError: it cannot be read.
        """
        return _asked(self._read)

    def exists(self) -> bool:
        """Tell whether it is there.

        Raises:
            BucketError: the bucket does not say.
        """
        return any(one.key == self.key for one in self.bucket.listed(self.key))

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Take it away; one that is gone already is no error, as S3 has it.

        Raises:
            BucketError: it cannot be taken away.
        """
        del missing_ok
        _asked(lambda: self.bucket.client.delete_object(Bucket=self.bucket.name, Key=self.key))

    def _read(self) -> tuple[bytes, str]:
        found = self.bucket.client.get_object(Bucket=self.bucket.name, Key=self.key)
        return found["Body"].read(), found["ETag"]


@dataclass(frozen=True)
class Bucket:
    """The engine's place of one project, in a bucket."""

    name: str
    prefix: str
    """Empty, or ends in a slash."""
    project: str
    client: Client

    def checkpoint(self, stack: str) -> Checkpoint:
        """Return the stack's checkpoint as it is there now.

        Raises:
            WithheldError: it is there, and may not be read.
            BucketError: it cannot be read, or is kept in a form that is not read here.
        """
        for _ in range(_TRIES):
            there = self._kept(stack)
            mark = " ".join(f"{one.key.rpartition('/')[2]} {one.etag}" for one in there)
            if not there:
                return Checkpoint(None, mark)
            newest = max(there, key=lambda one: one.written)
            try:
                raw, etag = Stored(self, newest.key).read()
            except DeniedError as error:
                raise WithheldError(str(error), mark) from error
            # INVARIANT: the mark is that of what was read.
            if etag == newest.etag:
                gzipped = newest.key.endswith(".gz")
                return Checkpoint(gzip.decompress(raw) if gzipped else raw, mark)
        raise BucketError("it is written again and again; wait for whoever updates the stack")

    def _kept(self, stack: str) -> tuple[Listed, ...]:
        """Return the forms in which the stack's checkpoint is there, sorted by their keys.

        Raises:
            BucketError: there is one that is not read here.
        """
        plain = f"{self._root}stacks/{self.project}/{stack}.json"
        there = {one.key: one for one in self.listed(plain)}
        if f"{plain}.zst" in there:
            raise BucketError("it is compressed by zstd; set PULUMI_DIY_BACKEND_COMPRESS=gzip")
        found = tuple(there[key] for key in (plain, f"{plain}.gz") if key in there)
        legacy = f"{self._root}stacks/{stack}.json"
        if not found and any(one.key == legacy for one in self.listed(legacy)):
            raise BucketError("it is laid out as of old; run `pulumi state upgrade`")
        return found

    def locks(self, stack: str) -> tuple[Stored, ...]:
        """Return the stack's locks, sorted.

        Raises:
            BucketError: the bucket does not say.
        """
        place = f"{self._root}locks/organization/{self.project}/{stack}/"
        keys = sorted(one.key for one in self.listed(place) if one.key.endswith(".json"))
        # As the engine, which lists one level: what is below it belongs to nobody.
        return tuple(Stored(self, key) for key in keys if "/" not in key.removeprefix(place))

    def listed(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects whose keys begin so.

        Raises:
            BucketError: the bucket does not say.
        """
        paginator = self.client.get_paginator("list_objects_v2")
        pages: list[Any] = _asked(lambda: list(paginator.paginate(Bucket=self.name, Prefix=prefix)))
        for page in pages:
            for one in page.get("Contents", ()):
                yield Listed(one["Key"], one["LastModified"].timestamp(), one["ETag"])

    @property
    def _root(self) -> str:
        return f"{self.prefix}.pulumi/"


def bucket_problems(url: SplitResult) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the address of a bucket, and what to do."""
    asked = dict(parse_qsl(url.query, keep_blank_values=True))
    if not url.netloc or "@" in url.netloc or ":" in url.netloc:
        yield (
            f"`{url.netloc.rpartition('@')[2]}` is no bucket's name",
            "write `s3://BUCKET?region=REGION`",
        )
    unknown = sorted(asked.keys() - _KNOWN)
    if unknown:
        listed = ", ".join(f"`{name}`" for name in unknown)
        hint = {
            "sse": "for encryption write `ssetype=aws:kms`",
            "role": "name the role in an AWS profile, and that as `profile`",
            "anonymous": "state is nobody's to read who is not known",
        }
        said = [hint[name] for name in unknown if name in hint]
        yield (
            f"{listed} {'is' if len(unknown) == 1 else 'are'} not to be said of a bucket",
            "; ".join(said) or "leave it out",
        )
    if asked.get("awssdk", "v2") != "v2":
        yield f"the engine has no AWS SDK `{asked['awssdk']}`", "write `awssdk=v2`"
    if asked.get("ssetype", "aws:kms") not in {"aws:kms", "aws:kms:dsse"}:
        yield (
            f"`{asked['ssetype']}` encrypts with no key of yours",
            "write `ssetype=aws:kms`, or nothing, so that the bucket's own default holds",
        )
    plain = _is_true(asked, "disable_https") or _is_true(asked, "disableSSL")
    endpoint = asked.get("endpoint", "")
    here = urlsplit(_with_scheme(endpoint)).hostname == "127.0.0.1"
    if (plain or endpoint.startswith("http://")) and not here:
        yield "it is not encrypted: whoever listens gets the state", "leave `disable_https` out"


def bucket_at(url: SplitResult, project: str, environment: Mapping[str, str]) -> Bucket:
    """Return the bucket at this address; nobody has asked whether it is there."""
    path = url.path.strip("/")
    names = ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", *_CONFIGURATION.values())
    identity = (url.query, *(environment.get(name, "") for name in names))
    with _MAKING:
        if identity not in _CLIENTS:
            _CLIENTS[identity] = _client(dict(parse_qsl(url.query)), environment)
    return Bucket(url.netloc, f"{path}/" if path else "", project, _CLIENTS[identity])


def _client(asked: Mapping[str, str], environment: Mapping[str, str]) -> Client:
    """Return a client that reads what the engine reads: same profile, endpoint and region."""
    import botocore.session  # noqa: PLC0415 slow to load, and seldom needed
    from boto3 import Session  # noqa: PLC0415 likewise
    from botocore.config import Config  # noqa: PLC0415 likewise
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 likewise

    endpoint = asked.get("endpoint")
    if endpoint and "://" not in endpoint:
        endpoint = f"http{'' if _is_true(asked, 'disableSSL') else 's'}://{endpoint}"
    by_path = _is_true(asked, "use_path_style") or _is_true(asked, "s3ForcePathStyle")
    core = botocore.session.Session(
        profile=asked.get("profile") or environment.get("AWS_PROFILE") or None
    )
    for variable, name in _CONFIGURATION.items():
        if name in environment:
            core.set_config_variable(variable, environment[name])
    config = Config(
        s3={"addressing_style": "path" if by_path else "auto"},
        use_fips_endpoint=_is_true(asked, "fips") or None,
        use_dualstack_endpoint=_is_true(asked, "dualstack") or None,
    )
    stated = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    try:
        session = Session(botocore_session=core, region_name=asked.get("region"))
        return _any(session).client("s3", endpoint_url=endpoint or stated or None, config=config)
    except BotoCoreError as error:
        raise BucketError(str(error)) from error


def _any(session: Any) -> Any:  # noqa: ANN401 -- it has types for other services only
    return session


def _asked(ask: Callable[[], Any]) -> Any:  # noqa: ANN401 -- boto3's answer
    """Return the answer, or the bucket's refusal as an error of reading."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 slow to load

    try:
        return ask()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _GONE:
            raise FileNotFoundError(str(error)) from error
        if code in _DENIED:
            raise DeniedError(str(error)) from error
        raise BucketError(str(error)) from error
    except BotoCoreError as error:
        raise BucketError(str(error)) from error


def _is_true(asked: Mapping[str, str], name: str) -> bool:
    return asked.get(name, "") in _TRUE


def _with_scheme(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"http://{endpoint}"
