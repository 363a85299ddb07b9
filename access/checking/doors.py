"""Who may let somebody in, found by whom their policies name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from access.checking.admitted import Admitted, may_begin
from access.checking.reading import Means, account_of
from access.label import bare

_Beginnings = tuple[str, ...] | None
_ByBeginnings = dict[_Beginnings, list[str]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in the set who can act.

    Attributes:
        label: what facts call it.
        name: an ARN, or a pattern of ARNs.
        plain: whether that is one user or role, under its own ARN.
        renamed: whether what names others may follow it.
    """

    label: str
    name: str
    account: str
    plain: bool
    renamed: bool

    @classmethod
    def of(cls, label: str, *, renamed: bool) -> "Actor":
        """Return the actor of an ARN, or of a pattern of ARNs."""
        name = bare(label)
        kind = name.split(":", 5)[-1].partition("/")[0]
        one = name.split(":", 3)[2:3] == ["iam"] and kind in ("user", "role")
        plain = one and not {"*", "?"} & set(name) and not renamed
        return cls(label, name, account_of(name), plain, renamed)


class Doors:
    """What has a policy that says whom it lets in: roles, keys, secrets.

    INVARIANT: what is not found here for somebody lets them in by no statement: each Allow of its
    policy names others, or pins `aws:PrincipalArn` to others. What is not found `by_itself` leaves
    it to the policies of their account.
    """

    def __init__(self, admitting: Mapping[str, Admitted], owners: Mapping[str, str]) -> None:
        self._admitting = admitting
        self._owners = owners
        self._by_word: dict[str, list[str]] = defaultdict(list)
        self._to_some_of: dict[str, dict[str, None]] = defaultdict(dict)
        self._to_account: dict[str, _ByBeginnings] = defaultdict(lambda: defaultdict(list))
        self._delegating: dict[str, _ByBeginnings] = defaultdict(lambda: defaultdict(list))
        self._to_anybody: _ByBeginnings = defaultdict(list)
        self._patterns = [label for label in admitting if {"*", "?"} & set(label)]
        for label, found in admitting.items():
            for word in found.words:
                self._by_word[word].append(label)
                self._to_some_of[account_of(word)][label] = None
            for account in found.accounts:
                self._to_account[account][found.beginnings].append(label)
            for account in found.delegated:
                self._delegating[account][found.beginnings].append(label)
            if found.anybody:
                self._to_anybody[found.beginnings].append(label)

    @property
    def labels(self) -> AbstractSet[str]:
        """All that there is to ask about."""
        return self._admitting.keys()

    def of(self, actor: Actor, means: Means, action: str | None) -> dict[str, None]:
        """Return what to ask about for somebody, of what nobody gets at whom it does not let in.

        `action` is what their own policies must allow on it; `None` if it is not done to it itself.
        """
        if action is None:
            return dict.fromkeys((*self._by_itself(actor), *self._delegated(actor)))
        names, whole = means.names(action)
        if whole:
            patterns = (one for one in self._patterns if means.may_on(action, one, actor.name))
            own = (label for label in (*names, *patterns) if self._may_admit(label, actor))
        else:
            own = (
                label
                for label in (*self._by_itself(actor), *self._delegated(actor))
                if means.may_on(action, label, actor.name)
            )
        here = (actor.account, "")
        near = (label for label in self._by_itself(actor) if self._owners[label] in here)
        return dict.fromkeys((*own, *near))

    def _may_admit(self, label: str, actor: Actor) -> bool:
        found = self._admitting.get(label)
        return found is not None and (not actor.plain or found.may_be(actor.name))

    def _by_itself(self, actor: Actor) -> Iterable[str]:
        """Return what may let somebody in whatever their account's policies say."""
        if actor.plain:
            words: Iterable[str] = self._by_word.get(actor.name, ())
        elif actor.name.startswith("arn:") and actor.name.split(":")[2] in ("iam", "sts"):
            # INVARIANT: all whom such a pattern names, and all who were renamed to it, are of the
            # account that it says.
            known = actor.account.isdigit()
            words = self._to_some_of.get(actor.account, ()) if known else self._admitting
        else:
            words = self._admitting
        return (
            *words,
            *_beginning(self._to_account.get(actor.account, {}), actor),
            *_beginning(self._to_anybody, actor),
        )

    def _delegated(self, actor: Actor) -> Iterator[str]:
        return _beginning(self._delegating.get(actor.account, {}), actor)


def _beginning(some: _ByBeginnings, actor: Actor) -> Iterator[str]:
    for beginnings, labels in some.items():
        if actor.renamed or may_begin(beginnings, actor.name):
            yield from labels
