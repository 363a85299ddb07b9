"""What each principal of the set may do by its own policies, shared by those whose are the same."""

from functools import cache

from access.catalogue.step import Gain
from access.checking.reading import Means, account_of, allowed_by, allowing
from access.evidence import Evidence
from access.facts import Fact
from access.label import bare
from access.world import Grants, User, World


class MeansOf:
    """Finds a principal's means, under the facts of a certificate."""

    def __init__(self, world: World, evidence: Evidence, facts: frozenset[Fact]) -> None:
        self._world = world
        self._evidence = evidence
        self._facts = facts
        self._shared: dict[tuple[str | None, ...], Means] = {}
        self._written: dict[tuple[object, ...], Means] = {}
        self._joining = {account_of(one.of) for one in facts if one.gain is Gain.JOIN}
        self._attaching = {account_of(one.of) for one in facts if one.gain is Gain.ATTACH}
        self.of = cache(self._of)

    def _of(self, actor: str) -> Means:
        texts = self.texts(actor)
        if texts is None:
            record = self._evidence.record(actor)
            found = tuple(allowing(self._evidence.identity(actor, record, self._facts)))
            return self._written.setdefault(found, Means(found))
        if texts not in self._shared:
            every = (one for text in texts for one in allowed_by(text))
            self._shared[texts] = Means(tuple(every))
        return self._shared[texts]

    def texts(self, actor: str) -> tuple[str | None, ...] | None:
        """Return the policies of one whom no fact gives others; `None` if one might.

        INVARIANT: the facts that add to what somebody is allowed are GRANT and ATTACH, of them or
        of a group, REWRITE, JOIN and RENAME, and ADMINISTER of who is named by a pattern; of who
        may be under more than one boundary, those of each. All else takes away.
        """
        record = self._evidence.record(actor)
        if record is None or account_of(actor) in self._joining or actor != bare(actor):
            return None
        if account_of(actor) in self._attaching or self._has(Gain.UNBIND, actor):
            return None
        if self._has(Gain.GRANT, actor) or self._has(Gain.RENAME, actor):
            return None
        held = [record.grants]
        for group in record.groups if isinstance(record, User) else ():
            if group not in self._world.groups or self._has(Gain.GRANT, group):
                return None
            held.append(self._world.groups[group].grants)
        if any(self._has(Gain.REWRITE, arn) for grants in held for arn in grants.managed):
            return None
        return tuple(text for grants in held for text in self._texts_of(grants))

    def _texts_of(self, grants: Grants) -> tuple[str | None, ...]:
        inline = (document.text for document in grants.inline)
        return (*inline, *(self._world.managed(arn).text for arn in grants.managed))

    def _has(self, gain: Gain, of: str) -> bool:
        return Fact(gain, of) in self._facts
