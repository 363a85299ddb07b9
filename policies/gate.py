"""The laws as policies of the SDK: a stack that could not be judged does not pass."""

import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Final, TypeAlias

import yaml
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from iam_profiles.errors import ProfilesError
from iam_profiles.load import load
from iam_profiles.model import Account, Profiles
from policies import (
    identical_role_set,
    identities_only_assume_roles,
    no_key_in_state,
    only_declared_federation,
    permissions_via_groups_only,
    prod_isolation,
)
from policies.context import account_of
from policies.deployed import Place, Stacks, is_near, stacks
from policies.every_account import Isolation, Proved
from policies.finding import Finding
from policies.known_types import STACK
from policies.registered import NOTHING, Properties, Registered, Resource, properties, registered

Judge: TypeAlias = Callable[[Registered, Profiles, Account], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Law:
    """One rule: what it is called, what it says, and who judges it."""

    name: str
    description: str
    judge: Judge


LAWS: Final = tuple(
    Law(rule.__name__.rpartition(".")[2], rule.DESCRIPTION, rule.judge)
    for rule in (
        prod_isolation,
        identical_role_set,
        permissions_via_groups_only,
        identities_only_assume_roles,
        no_key_in_state,
        only_declared_federation,
    )
)


BY_ITSELF: Final = tuple(
    replace(law, judge=prod_isolation.by_itself) if law.judge is prod_isolation.judge else law
    for law in LAWS
)
"""The laws as far as a stack shows by itself: for whoever makes the proof over all accounts."""

NOTED: Final = "prod_isolation_as_deployed"
_NOTED: Final = "What is deployed keeps the isolation rules, before this roll-out as after it"


class Gate:
    """Judges one stack of the project whose `profiles/` is `folder`.

    `environment` says where the stacks' checkpoints are: see `policies.deployed`. `read` is how
    the model is had.

    INVARIANT: which laws they are, the program says that makes the gate; no variable does. So the
    pack by hand proves all accounts, whatever it finds in its environment.

    The engine hands a stack over with its outputs, of which a preview knows little; what was
    declared it shows resource by resource before. So that is kept here until the stack is judged.
    """

    def __init__(
        self,
        folder: Path,
        laws: tuple[Law, ...] = LAWS,
        environment: Mapping[str, str] = MappingProxyType({}),
        read: Callable[[Path], Profiles] = load,
    ) -> None:
        self._folder = folder
        self._read = read
        self._environment = environment
        self._laws = tuple(
            replace(law, judge=self._isolated) if law.judge is prod_isolation.judge else law
            for law in laws
        )
        self._noted: tuple[Finding, ...] = ()
        self._begun: Thread | None = None
        self._declared: dict[str, Properties] = {}
        self._told: set[Finding] = set()

    def policies(self) -> list[Policy]:
        """Return the laws, and `no_key_in_state` once more for each resource by itself.

        The engine runs a stack's policies after an update has made its resources: a key would be
        in the state by then. A resource's are run before it is made. What is broken already, and
        not by this stack, is said last, as advice: to forbid the stack would not mend it.
        """
        law = no_key_in_state
        name = law.__name__.rpartition(".")[2]
        return [
            ResourceValidationPolicy(name, law.DESCRIPTION, self._see),
            *(
                StackValidationPolicy(law.name, law.description, self._validation(law))
                for law in self._laws
            ),
            StackValidationPolicy(NOTED, _NOTED, self._note, EnforcementLevel.ADVISORY),
        ]

    def _see(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        for finding in self._seen(args):
            self._told.add(finding)
            report(str(finding), finding.urn)

    def _seen(self, args: ResourceValidationArgs) -> tuple[Finding, ...]:
        try:
            inputs = properties(args.props)
            self._declared[args.urn] = inputs
            found = no_key_in_state.credentials(
                Resource(args.urn, args.resource_type, inputs, NOTHING, None)
            )
            return tuple(found)
        except Exception as error:  # noqa: BLE001 -- whatever it is, what is unjudged is refused
            return (_broken(args.urn, error),)

    def _note(self, _: StackValidationArgs, report: ReportViolation) -> None:
        noted, self._noted = self._noted, ()
        for finding in noted:
            report(str(finding), finding.urn)

    def begin(self) -> None:
        """Begin the proof while the program runs; what goes wrong is told when it is judged."""
        self._begun = Thread(target=self._begin, daemon=True)
        self._begun.start()

    def _begin(self) -> None:
        with suppress(Exception):
            text = (self._folder.parent / "Pulumi.yaml").read_text("utf-8")
            project = str(yaml.safe_load(text)["name"])
            # Which stack it is, nobody says yet: any that is there leads to the others.
            for account in self._profiles.organization.accounts:
                if is_near(self._place(project, account)):
                    deployed = self._deployed(project, account)
                    self._isolation.begin(account, {} if isinstance(deployed, tuple) else deployed)
                    return

    def _place(self, project: str, account: Account) -> Place:
        return Place(self._folder.parent, project, account.name, self._environment)

    def _deployed(self, project: str, account: Account) -> Stacks | tuple[Finding, ...]:
        names = (one.name for one in self._profiles.organization.accounts)
        return stacks(names, self._place(project, account))

    def _isolated(
        self, stack: Registered, profiles: Profiles, account: Account
    ) -> tuple[Finding, ...]:
        """Judge `prod_isolation` by what the stacks have deployed; keep what is to be noted."""
        if self._begun:
            self._begun.join()
        project = next(stack.of_type(STACK)).urn.split("::")[1]
        deployed = self._deployed(project, account)
        if isinstance(deployed, tuple):
            return prod_isolation.judge(stack, profiles, account, Proved(deployed))
        proved = self._isolation.judge(stack, account, deployed)
        self._noted = proved.notes
        return prod_isolation.judge(stack, profiles, account, proved)

    @cached_property
    def _isolation(self) -> Isolation:
        return Isolation(self._profiles)

    def _validation(self, law: Law) -> Callable[[StackValidationArgs, ReportViolation], None]:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            for finding in self._judged(law, args):
                # A key in a resource's inputs was told when the resource was registered.
                if finding not in self._told or law.judge is not no_key_in_state.judge:
                    report(str(finding), finding.urn)

        return validate

    def _judged(self, law: Law, args: StackValidationArgs) -> tuple[Finding, ...]:
        try:
            stack = registered(args.resources, self._declared)
            account = account_of(stack, self._profiles)
            if isinstance(account, Finding):
                return (account,)
            return law.judge(stack, self._profiles, account)
        except ProfilesError as error:
            remedy = "mend them: `iam-profiles check` shows all that is wrong"
            return (Finding(None, f"profiles/ cannot be used: {error}", remedy),)
        except Exception as error:  # noqa: BLE001 -- whatever it is, what is unjudged is refused
            return (_broken(None, error),)

    @cached_property
    def _profiles(self) -> Profiles:
        return self._read(self._folder)


def _broken(urn: str | None, error: Exception) -> Finding:
    """A rule that fails proves nothing."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return Finding(
        urn,
        f"the rule itself failed: {type(error).__name__}: {error} "
        f"({Path(where.filename).name}:{where.lineno})",
        "mend the rule in policies/; until then nothing is proved",
    )
