"""A project whose state is in a bucket of the local cloud, under a KMS key."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import running
from local.env import child_environment
from local.home import LocalHome
from pipeline.job import StackJob
from tests.cli.pipelines import Site, site_of
from tests.engine import ACCOUNTS, REGION, client, copy_project_with

BUCKET = f"iam-profiles-state-{ACCOUNTS['state']}"
ALIAS = "alias/iam-profiles-state"
PLACE = ".pulumi/stacks/iam-profiles"
LOCKS = ".pulumi/locks/organization/iam-profiles"


@dataclass(frozen=True)
class InBucket:
    """The project, and the bucket beside it."""

    site: Site
    s3: Any

    def job(self, stack: str) -> StackJob:
        return StackJob(stack, self.site.folder, self.site.project.environment)

    def init(self, *stacks: str) -> None:
        """Make stacks whose data keys are under the KMS key."""
        for stack in stacks:
            flags = ("--no-select", "--secrets-provider", keeper(stack))
            self.site.project.pulumi("stack", "init", stack, *flags).checked()

    def found(self, prefix: str = "") -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for one in found.get("Contents", ())]

    def read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def write(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def lock(self, stack: str, pid: int, host: str) -> str:
        """Leave a lock as an engine writes it; return its key."""
        key = f"{LOCKS}/{stack}/some.json"
        at = "2026-01-01T00:00:00Z"
        content = {"pid": pid, "username": "ana", "hostname": host, "timestamp": at}
        self.write(key, json.dumps(content).encode())
        return key


def keeper(stack: str) -> str:
    """Return the address of the secrets provider of a stack."""
    key = f"arn:aws:kms:{REGION}:{ACCOUNTS['state']}:{ALIAS}"
    return f"awskms:///{key}?region={REGION}&profile=iam-profiles-state&context_stack={stack}"


def address(home: LocalHome, profile: str = "iam-profiles-state") -> str:
    """Return the backend's address."""
    asked = f"region={REGION}&profile={profile}&use_path_style=true"
    return f"s3://{BUCKET}?{asked}&endpoint={running(home).endpoint}"


def in_bucket(home: LocalHome, root: Path) -> InBucket:
    """Make the bucket and the key, and a copy of the project that keeps its state there."""
    s3, kms = client(home, "s3", "state"), client(home, "kms", "state")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key)
    environment = {**child_environment(home), "PULUMI_BACKEND_URL": address(home)}
    return InBucket(site_of(copy_project_with(root / "project", home, environment)), s3)
