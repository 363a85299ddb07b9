"""The first stacks: made by the engine, in the bucket, each with a data key under the KMS key."""

import json
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pulumi.automation.errors import CommandError

from pipeline.command import EngineCommand
from pipeline.init.calls import Calls
from pipeline.init.errors import InitError
from pipeline.init.site import Site

_SESSION: Final = "IAM_PROFILES_INIT_SESSION"
"""Holds the session for the engine's AWS configuration to print; of that process alone."""


def ensure_stacks(
    calls: Calls, site: Site, project: Path, names: tuple[str, ...], command: EngineCommand
) -> None:
    """Make the stacks that are not there.

    Raises:
        InitError: the engine refuses.
    """
    there = _there(calls, site, names)
    with _as(calls, site) as environment:
        for name in names:
            if name in there:
                continue
            calls.say(f"{name}: pulumi stack init {name} --secrets-provider {site.keeper(name)}")
            if calls.dry:
                continue
            arguments = ["stack", "init", name, "--no-select", "--secrets-provider"]
            try:
                command.run([*arguments, site.keeper(name)], str(project), environment)
            except CommandError as error:
                said = " ".join(str(error).split())
                raise InitError([f"stack `{name}`: the engine says: {said}; mend that"]) from error


def _there(calls: Calls, site: Site, names: tuple[str, ...]) -> frozenset[str]:
    """Return the stacks that the bucket has."""
    if calls.ask("s3", "head_bucket", Bucket=site.bucket) is None:
        return frozenset()
    place = f".pulumi/stacks/{site.project}/"
    pages = calls.pages("s3", "list_objects_v2", Bucket=site.bucket, Prefix=place)
    keys = {one["Key"] for page in pages for one in page.get("Contents", ())}
    endings = (".json", ".json.gz")
    return frozenset(
        name for name in names if any(f"{place}{name}{end}" in keys for end in endings)
    )


@contextmanager
def _as(calls: Calls, site: Site) -> Generator[Mapping[str, str]]:
    """Give the engine the session, under the name of the profile that the addresses speak of."""
    found = calls.session.get_credentials()
    if found is None:
        raise InitError([f"account `{calls.account}`: the session has no credentials; sign in"])
    frozen = found.get_frozen_credentials()
    session = {
        "Version": 1,
        "AccessKeyId": frozen.access_key,
        "SecretAccessKey": frozen.secret_key,
        **({"SessionToken": frozen.token} if frozen.token else {}),
    }
    with tempfile.TemporaryDirectory(prefix="iam-profiles-init-") as folder:
        file = Path(folder) / "config"
        file.write_text(
            f"[profile {site.profile}]\nregion = {site.region}\n"
            f"credential_process = printenv {_SESSION}\n",
            "utf-8",
        )
        yield {
            "AWS_CONFIG_FILE": str(file),
            "AWS_SHARED_CREDENTIALS_FILE": str(Path(folder) / "credentials"),
            "AWS_PROFILE": site.profile,
            "PULUMI_BACKEND_URL": site.address,
            _SESSION: json.dumps(session),
        }
