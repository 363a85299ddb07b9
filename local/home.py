"""Where one local cloud keeps its files."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalHome:
    """The folder of one local cloud; two homes are two clouds that know nothing of each other."""

    root: Path

    @classmethod
    def default(cls) -> "LocalHome":
        """Return the user's own: `IAM_PROFILES_LOCAL`, or under `XDG_STATE_HOME`."""
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        chosen = os.environ.get("IAM_PROFILES_LOCAL") or Path(state) / "iam-profiles" / "local"
        return cls(Path(chosen).absolute())

    @property
    def bin(self) -> Path:
        """What goes first on PATH: `pulumi`, and the language host where there is no other."""
        return self.root / "bin"

    @property
    def pulumi_home(self) -> Path:
        """A `PULUMI_HOME` of its own: the user's is never touched."""
        return self.root / "pulumi-home"

    @property
    def backend(self) -> Path:
        """Where the engine keeps the state of the stacks."""
        return self.root / "backend"

    @property
    def backend_instance(self) -> Path:
        """Names the instance of the cloud that the state in `backend` speaks of."""
        return self.backend / "instance"

    @property
    def aws_config(self) -> Path:
        """One profile per account, all at the emulator's address."""
        return self.root / "aws" / "config"

    @property
    def aws_credentials(self) -> Path:
        """The administrators' sessions; they are worth nothing outside this emulator."""
        return self.root / "aws" / "credentials"

    @property
    def cloud_file(self) -> Path:
        """Says which process the cloud is, and where it listens."""
        return self.root / "cloud.json"

    @property
    def issuers(self) -> Path:
        """Where on this machine each issuer of web identities' tokens publishes its keys."""
        return self.root / "issuers.json"

    @property
    def throttle(self) -> Path:
        """How many calls a second the cloud takes; without this file, all of them."""
        return self.root / "throttle.json"

    @property
    def port_file(self) -> Path:
        """Where the cloud before this one listened, so that open shells find the next one there."""
        return self.root / "port"

    @property
    def cloud_log(self) -> Path:
        """What the cloud had to say."""
        return self.root / "log" / "cloud.log"

    @property
    def lock(self) -> Path:
        """Held while the cloud is started or stopped."""
        return self.root / ".lock"
