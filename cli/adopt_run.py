"""The accounts and stacks that are adopted: read, imported, previewed."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cli.adopt_read import read_found, read_others
from cli.drift_read import states
from iam_profiles.documents import AccountDocuments
from iam_profiles.load import load
from iam_profiles.model import Profiles
from iam_profiles.render import render_all
from pipeline.adopt.counterparts import Counterparts, renamed
from pipeline.adopt.engine import Adopted, Import, Imports, adopt, imports_of
from pipeline.adopt.found import Found
from pipeline.adopt.proposal import Proposal
from pipeline.adopt.report import existing
from pipeline.checkpoints import State
from pipeline.command import EngineCommand
from pipeline.errors import PipelineError, StackInterruptedError
from pipeline.interrupts import interrupts_to
from pipeline.job import StackJob

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Accounts:
    """The accounts themselves, and the engine over their stacks."""

    project: Path
    workers: int
    stacks: tuple[str, ...] = ()
    """Only these are imported; all of them where none is named."""
    command: EngineCommand = field(default_factory=EngineCommand)

    def read(self, profiles: Profiles) -> Found:
        """Return what the accounts have now."""
        return read_found(profiles, self.project)

    def each(self, found: Found, do: Callable[[StackJob, Counterparts], _Result]) -> list[_Result]:
        """Do something with the stack of each account, side by side; `profiles/` is read anew.

        Raises:
            KeyboardInterrupt: each engine was told once, and has saved its state.
        """
        profiles = load(self.project / "profiles")
        documents = render_all(profiles).documents
        chosen = [
            account for name, account in documents.items() if name in self.stacks or not self.stacks
        ]
        # AWS's sessions are made one after the other; only the engines go side by side.
        there = [
            counterparts(profiles, one, found, read_others(profiles, one, self.project))
            for one in chosen
        ]
        jobs = [StackJob(str(one.account.name), self.project) for one in chosen]
        with (
            interrupts_to(lambda _: self.command.interrupt()),
            ThreadPoolExecutor(max_workers=self.workers) as workers,
        ):
            try:
                return list(workers.map(do, jobs, there))
            except PipelineError as error:
                if self.command.interrupted:
                    raise KeyboardInterrupt from error
                raise


def counterparts(
    profiles: Profiles,
    documents: AccountDocuments,
    found: Found,
    others: dict[tuple[str, str], str] | None = None,
) -> Counterparts:
    """Return one account as it is, to be asked by what a stack would make there."""
    names = renamed(profiles, found.world)
    return Counterparts(
        str(documents.account.id), documents.partition, found.world, names, others or {}
    )


def look_up(
    proposal: Proposal, found: Found, accounts: Accounts | None
) -> dict[str, tuple[Import, ...]]:
    """Return, by account, what is there of the model with the proposal, and in no state.

    Raises:
        StackInterruptedError: a stack was left in the middle of an update.
    """
    recorded = states(proposal.profiles, accounts.project) if accounts else {}
    for name, state in recorded.items():
        if state.pending:
            raise StackInterruptedError(name, f"`{state.pending[0]}` was under way")
    return {
        str(name): existing(
            documents,
            counterparts(proposal.profiles, documents, found),
            _managed(recorded.get(str(name))),
        )
        for name, documents in proposal.checked.documents.items()
    }


def gather(accounts: Accounts, found: Found) -> list[Imports]:
    """Return what `pulumi import --file` is to be given of each stack.

    Raises:
        PipelineError: a stack cannot be previewed.
    """
    return accounts.each(found, lambda job, there: imports_of(job, accounts.command, there))


def write_imports(accounts: Accounts, gathered: Iterable[Imports]) -> list[str]:
    """Write them into `imports/`, where there is anything to import; return the files."""
    written: list[str] = []
    folder = accounts.project / "imports"
    for imports in gathered:
        if imports.imports:
            folder.mkdir(exist_ok=True)
            file = folder / f"{imports.stack}.json"
            file.write_text(imports.file, encoding="utf-8")
            written.append(str(file.relative_to(accounts.project)))
    return written


def apply(accounts: Accounts, found: Found, gathered: Iterable[Imports]) -> tuple[Adopted, ...]:
    """Import them into every stack, and preview what is left.

    Raises:
        PipelineError: a stack cannot be previewed, or an import failed.
    """
    imports = {one.stack: one for one in gathered}
    return tuple(
        accounts.each(
            found, lambda job, there: adopt(job, accounts.command, there, imports[job.stack])
        )
    )


def _managed(state: State | None) -> list[tuple[str, str]]:
    deployed = state.deployed if state else None
    if deployed is None:
        return []
    return [(one.type, one.urn.rpartition("::")[2]) for one in deployed.settled.resources]
