"""Steps that read what is stored, or open it: secrets, parameters, objects and keys."""

from collections.abc import Iterator, Sequence

from access.catalogue.step import Gain, Need, On, Step, Target
from access.facts import Fact, Facts
from access.reach.index import account_of
from access.reach.judge import Judge
from access.reach.standing import Standing
from access.reach.trusts import openness
from access.reach.units import Unit
from access.world import Account

STORED = (Target.STORE, Target.KEY)
_UNKNOWN = Account()


def apart(step: Step) -> tuple[Sequence[Need], Sequence[Need]]:
    """Return what a step needs on anything at all, and what on its target."""
    loose = [need for need in step.needs if need.on in (On.ANY, On.NOTHING)]
    return loose, [need for need in step.needs if need not in loose]


class Stores:
    """Whatever is stored; what has a policy, or an account with RCPs, is called guarded."""

    def __init__(self, judge: Judge, facts: Facts) -> None:
        self._judge = judge
        self._facts = facts
        self._near: dict[tuple[object, ...], list[str]] = {}

    def forget(self) -> None:
        """Forget whom policies let in: one of them is other."""
        self._near.clear()

    def of(
        self,
        asked: tuple[Step, Sequence[Need]],
        unit: Unit,
        standing: Standing,
        labels: Sequence[str],
        *,
        bare: bool,
    ) -> Iterator[str]:
        """Yield to which of these the step, with what it needs of the target, may be done."""
        judge, facts = self._judge, self._facts
        step, needs = asked
        for label in labels:
            if Fact(step.gain, label) in facts or (bare and not self._may_name(label, unit)):
                continue
            if all(judge.may(unit, standing, need, label, facts) for need in needs):
                yield label

    def near(self, step: Step, account: str, *, bare: bool, guarded: bool) -> Sequence[str]:
        """Return what an account's principal may be let at, as far as accounts go.

        If no policy of its own allows it (`bare`), nothing in another account lets it in, nor does
        anything that has no policy either.
        """
        if bare and not guarded:
            return ()
        key = step.target, step.among, account, step.cross_account, bare, guarded
        if key not in self._near:
            self._near[key] = [
                label
                for label, owner in self._labels(step.target)
                if step.concerns(label)
                and guarded is self._is_guarded(label, owner)
                and self._is_near(label, owner, step, account, bare=bare)
            ]
        return self._near[key]

    def _may_name(self, label: str, unit: Unit) -> bool:
        """Whether a policy of its own may speak of the unit."""
        if Fact(Gain.REWRITE, label) in self._facts or not isinstance(unit.name, str):
            return True
        for policy in self._judge.policies(label):
            admits = openness(policy.text)
            prefixes = ("",) if admits.prefixes is None else tuple(admits.prefixes)
            if (admits.accounts or admits.everyone) and unit.name.startswith(prefixes):
                return True
            if any(not word.startswith("arn:") or word == unit.name for word in admits.words):
                return True
        return False

    def _is_near(self, label: str, owner: str, step: Step, account: str, *, bare: bool) -> bool:
        here = owner in (account, "")
        if bare or not here:
            return (here if bare else step.cross_account) and self._lets_in(label, account)
        return True

    def _is_guarded(self, label: str, owner: str) -> bool:
        rewritten = Fact(Gain.REWRITE, label) in self._facts
        limited = self._judge.index.world.accounts.get(owner, _UNKNOWN).rcps
        return rewritten or bool(limited) or bool(self._judge.policies(label))

    def _labels(self, sort: Target) -> Iterator[tuple[str, str]]:
        for (other, account), labels in self._judge.index.targets.items():
            if other is sort:
                yield from ((label, account) for label in labels)

    def _lets_in(self, label: str, account: str) -> bool:
        """Whether a policy of its own may let in somebody of the account."""
        if Fact(Gain.REWRITE, label) in self._facts:
            return True
        for policy in self._judge.policies(label):
            admits = openness(policy.text)
            if admits.everyone or account in admits.accounts:
                return True
            # A unique id may be anybody's.
            if any(account_of(word) in (account, "") for word in admits.words):
                return True
        return False
