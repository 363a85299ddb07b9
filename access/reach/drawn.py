"""Who has been drawn, and at what cost: whoever is alike, and dearer, gains nothing by it."""

from dataclasses import dataclass, field

from access.principal import Kind
from access.reach.standing import Permits
from access.reach.texts import Name

_Told = tuple[tuple[bool, bool], ...]


@dataclass(slots=True)
class _Alike:
    """Those drawn on whom the same bears, told apart only where another one is asked about."""

    permits: Permits
    costs: dict[Name, int] = field(default_factory=dict[Name, int])
    _seen: int = 0
    _least: dict[_Told, int] = field(default_factory=dict[_Told, int])
    _left: list[Name] = field(default_factory=list[Name])

    def add(self, name: Name, cost: int) -> None:
        """Note that one was drawn."""
        self.costs[name] = min(cost, self.costs.get(name, cost))
        self._left.append(name)

    def least(self, name: Name) -> int | None:
        """Return the least cost of one whom no clause asked so far can tell from this name."""
        told_by = tuple(self.permits.told_by())
        if len(told_by) != self._seen:
            self._seen, self._left = len(told_by), list(self.costs)
            self._least.clear()

        def told(one: Name) -> _Told:
            return tuple((clause.may_be_by(one), clause.must_be_by(one)) for clause in told_by)

        for one in self._left:
            key = told(one)
            self._least[key] = min(self.costs[one], self._least.get(key, self.costs[one]))
        self._left = []
        return self._least.get(told(name))


class Drawn:
    """Who of an account has been drawn.

    INVARIANT: what was found for somebody alike is a fact or will be, and nothing that it could
    depend on has changed since: whatever changes it forgets who was drawn.
    """

    def __init__(self) -> None:
        self._alike: dict[tuple[Kind, int], _Alike] = {}

    def forget(self) -> None:
        """Forget all of them."""
        self._alike.clear()

    def add(self, kind: Kind, permits: Permits, name: Name, cost: int) -> None:
        """Note that one was drawn."""
        key = kind, id(permits)
        if key not in self._alike:
            self._alike[key] = _Alike(permits)
        self._alike[key].add(name, cost)

    def has(self, kind: Kind, permits: Permits, name: Name, cost: int) -> bool:
        """Whether somebody alike was drawn before, at no more cost."""
        alike = self._alike.get((kind, id(permits)))
        least = None if alike is None else alike.least(name)
        return least is not None and least <= cost
