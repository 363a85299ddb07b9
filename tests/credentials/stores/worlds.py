"""One user's world, its key in any store; faults come before and after that store's calls too."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from botocore.exceptions import ConnectTimeoutError

from credentials.ports import Ports
from tests.credentials.fakes import FakeAws
from tests.credentials.stores.rigs import Rig, SecretsManagerRig
from tests.credentials.worlds import World


@dataclass
class StoreWorld(World):
    """A world whose store is a rig's."""

    make: Callable[[FakeAws], Rig] = SecretsManagerRig
    rig: Rig = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rig = self.make(self.aws)

    def ports(self) -> Ports:
        """The ports of a new process."""
        return replace(super().ports(), store=self.rig.store())

    def current_key(self) -> str:
        """What readers get: the key's id; nothing for the empty marker or an empty store."""
        return str(json.loads(self.rig.text() or "{}").get("access_key_id", ""))

    def recorded_keys(self) -> set[str]:
        """The keys that a label names, and the one before, as the lease says."""
        before, after = self.aws.before, self.aws.after
        self.aws.before = self.aws.after = lambda _at, _called: None
        try:
            store = self.rig.store()
            snapshot = store.read()
            rotation = store.lease(snapshot.generation).rotation if snapshot.generation else None
            previous = {rotation.previous} if rotation and rotation.previous else ()
            return {*previous, *snapshot.labelled}
        finally:
            self.aws.before, self.aws.after = before, after

    def _before(self, at: int, called: str) -> None:
        super()._before(at, called)
        if self.down and called in self.rig.reads | self.rig.writes:
            self.down -= 1
            raise ConnectTimeoutError(endpoint_url="https://store")
