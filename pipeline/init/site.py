"""Where the engine's state is, or will be: bucket, key, addresses, all from the model."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from iam_profiles.model import Profiles
from iam_profiles.paths import state_account

PROFILE: Final = "iam-profiles-backend"
"""The AWS profile with which the engine reads and writes its state."""
PROJECT: Final = "iam-profiles"
ALIAS: Final = "alias/iam-profiles-state"
_LOCAL: Final = ("endpoint", "use_path_style", "disable_https")
"""What an address says of an S3 that is not AWS's."""


@dataclass(frozen=True, slots=True)
class Site:
    """The state bucket and its key, in the state account."""

    bucket: str
    account: str
    """The state account's id."""
    partition: str
    region: str
    project: str
    """The Pulumi project, as part of every object's key."""
    profile: str = PROFILE
    more: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, profiles: Profiles, project: str = PROJECT, address: str = "") -> Self:
        """Read it off the model, and off the backend's address where that is a bucket's already."""
        organization = profiles.organization
        account = str(state_account(organization).id)
        url = urlsplit(address)
        said = dict(parse_qsl(url.query)) if url.scheme == "s3" else {}
        bucket = url.netloc if url.scheme == "s3" else f"iam-profiles-state-{account}"
        return cls(
            bucket=bucket,
            account=account,
            partition=organization.partition,
            region=said.get("region", organization.region),
            project=project,
            profile=said.get("profile", PROFILE),
            more=tuple((name, said[name]) for name in _LOCAL if name in said),
        )

    @property
    def address(self) -> str:
        """The backend's address, the same in every job."""
        asked = (("region", self.region), ("profile", self.profile), *self.more)
        return f"s3://{self.bucket}?{urlencode(asked, quote_via=quote, safe=':/')}"

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def root(self) -> str:
        """The state account's root user."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    @property
    def alias_arn(self) -> str:
        """The key's alias, as other accounts may name it."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{ALIAS}"

    @property
    def keys(self) -> str:
        """The pattern of the ARNs of the account's keys: an id is known once there is one."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/*"

    @property
    def meta(self) -> str:
        """The one object that all stacks share: how the state is laid out."""
        return ".pulumi/meta.yaml"

    def keeper(self, stack: str) -> str:
        """Return the address of a stack's secrets provider: the key, in a context of its own."""
        asked = (("region", self.region), ("profile", self.profile), ("context_stack", stack))
        return f"awskms:///{self.alias_arn}?{urlencode(asked)}"

    def objects(self, stack: str) -> tuple[str, ...]:
        """Return the patterns of the keys under which the engine keeps a stack, and nothing else.

        Each names the stack in full: that of `prod` does not fit `prod-eu`.
        """
        place = f"{self.project}/{stack}"
        return (
            f".pulumi/backups/{place}/*",
            f".pulumi/history/{place}/*",
            f".pulumi/locks/organization/{place}/*",
            f".pulumi/stacks/{place}.*",
        )
