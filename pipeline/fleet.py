"""All stacks of a project: what they are made from, and what they have deployed."""

import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from iam_profiles.load import load
from iam_profiles.model import Profiles
from pipeline.checkpoints import State, hand_over, states_of
from pipeline.command import EngineCommand
from pipeline.errors import StackUnknownError
from pipeline.inputs import engine_version, inputs_of
from pipeline.job import StackJob
from policies.deployed import HANDED_OVER


@dataclass(frozen=True)
class Fleet:
    """A project, its model, a job for each of its stacks, and its inputs' digests."""

    project: Path
    profiles: Profiles
    jobs: dict[str, StackJob]
    inputs: dict[str, str]
    command: EngineCommand

    @classmethod
    def of(cls, project: Path) -> Self:
        """Read the project.

        Raises:
            ProfilesInvalidError: `profiles/` is not valid.
        """
        project = project.absolute()
        profiles = load(project / "profiles")
        jobs = {
            str(account.name): StackJob(
                str(account.name), project, policy_pack=project / "policies"
            )
            for account in profiles.organization.accounts
        }
        command = EngineCommand()
        inputs = inputs_of(next(iter(jobs.values())), engine_version(command))
        return cls(project, profiles, jobs, inputs, command)

    def chosen(self, stacks: Sequence[str]) -> tuple[str, ...]:
        """Return these stacks, or all where none is named.

        Raises:
            StackUnknownError: there is no such account.
        """
        for name in stacks:
            if name not in self.jobs:
                raise StackUnknownError(name, tuple(self.jobs))
        return tuple(name for name in self.jobs if name in stacks or not stacks)

    def states(self) -> dict[str, State]:
        """Return what every stack has deployed now.

        Raises:
            StackUnreadableError: a state cannot be read.
        """
        return states_of(self.jobs.values(), self.command)

    @property
    def accounts(self) -> dict[str, str]:
        """`{account id: name}`."""
        return {str(one.id): str(one.name) for one in self.profiles.organization.accounts}


@contextmanager
def handed_over(fleet: Fleet, states: dict[str, State]) -> Generator[dict[str, StackJob]]:
    """Give the jobs whose policy packs read these states, and ask no engine for them."""
    with tempfile.TemporaryDirectory(prefix="iam-profiles-deployed-") as name:
        hand_over(states, Path(name))
        yield {
            stack: replace(job, environment={**job.environment, HANDED_OVER: name})
            for stack, job in fleet.jobs.items()
        }


def default_workers() -> int:
    """Return how many stacks go side by side: an engine keeps about one processor busy."""
    return min(len(os.sched_getaffinity(0)), 16)
