"""Languages: exact sets of texts, as AWS's patterns denote them, with `& | ~ -` and `==`."""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache

from access import _automaton as automaton
from access._automaton import At
from access._line import ANY, Chars, Item, Line
from access._product import meet
from access.effort import spend

__all__ = ["ANYTHING", "NOTHING", "Language", "Piece", "Wildcard", "pieces"]

_NOT_COLON = Chars(frozenset(":"), negated=True)
_SEGMENTS = 6
_PARTS = 64  # a longer pattern is hostile, and read by the automaton, step by step
_STARS = 4  # a regular expression of more may backtrack for long; the automaton never does


class Wildcard(Enum):
    """What a pattern has besides literal text."""

    STAR = "*"
    ONE = "?"


Piece = str | Wildcard

_Test = Callable[[str], object]


def pieces(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a pattern in which every `*` and `?` is a wildcard."""
    found: list[Piece] = []
    literal: list[str] = []
    for char in text:
        if char in "*?":
            found += ["".join(literal)] if literal else []
            found.append(Wildcard(char))
            literal = []
        else:
            literal.append(char)
    return (*found, "".join(literal)) if literal else tuple(found)


class Language:
    """An immutable set of texts; two are equal if and only if they hold the same texts.

    Raises:
        PatternTooComplexError: from each question, where its answer would take too much work.
    """

    __slots__ = ("_begin", "_built", "_example", "_has", "_parts", "_some", "_words")

    def __init__(self, built: automaton.Node | frozenset[str], has: _Test | None = None) -> None:
        # A finite language is kept as its words: most principals and resources are named in full.
        self._words = built if isinstance(built, frozenset) else None
        self._built: automaton.Node | None = None if isinstance(built, frozenset) else built
        self._example: tuple[str | None] | None = None
        self._parts: tuple[Piece, ...] | None = None
        # One of its texts, where one is known without a search.
        self._some: str | None = None
        self._begin = ""
        # A quicker way than `built` to tell whether one text is in it, where there is one.
        self._has = built.__contains__ if isinstance(built, frozenset) else has

    @property
    def finite(self) -> frozenset[str] | None:
        """Its texts, where it is kept as a list of them."""
        return self._words

    @property
    def written(self) -> str | None:
        """The pattern that it was made of, if it was made of one."""
        if self._parts is None:
            return None
        return "".join(part if isinstance(part, str) else part.value for part in self._parts)

    @property
    def beginning(self) -> str:
        """What all its texts begin with, as far as it is known without a search."""
        return self._begin

    @property
    def shape(self) -> frozenset[str] | automaton.Node:
        """What it is built of: languages of one shape are equal, and are told so at once."""
        return self.node if self._words is None else self._words

    @property
    def node(self) -> automaton.Node:
        """What the engine works on."""
        if self._built is None:
            words = self._words or ()
            self._built = automaton.either(*(automaton.at(_line((word,), ANY)) for word in words))
        return self._built

    @classmethod
    def literal(cls, text: str) -> "Language":
        """Return the language of `text` alone."""
        return cls(frozenset((text,)))

    @classmethod
    def words(cls, texts: Iterable[str]) -> "Language":
        """Return the language of these texts alone."""
        return cls(frozenset(texts))

    @classmethod
    def glob(cls, text: str) -> "Language":
        """Return what `text` matches, where `*` is any text and `?` any one character."""
        return cls.of(pieces(text))

    @classmethod
    def of(cls, parts: Iterable[Piece], *, ignore_case: bool = False) -> "Language":
        """Return what the pieces match in sequence, wildcards crossing anything."""
        listed = tuple(parts)
        if not ignore_case and all(isinstance(part, str) for part in listed):
            return cls.literal("".join(map(str, listed)))
        has = None if ignore_case else _expression(listed, by_component=False)
        made = cls(automaton.at(_line(listed, ANY, ignore_case=ignore_case)), has)
        made._parts = listed
        made._some = _shortest(listed)
        # In any case of letters, another may come before it.
        made._example = None if ignore_case else (made._some,)
        made._begin = listed[0] if listed and isinstance(listed[0], str) else ""
        return made

    @classmethod
    def segmented(cls, parts: Iterable[Piece]) -> "Language":
        """Return what the pieces match as an ARN, each of its six components by itself.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
        """
        listed = tuple(parts)
        if all(isinstance(part, str) for part in listed):
            text = "".join(map(str, listed))
            return cls.literal(text) if text.count(":") >= _SEGMENTS - 1 else NOTHING
        line = _segmented_line(listed)
        if line is None:
            return NOTHING
        made = cls(automaton.at(line), _expression(listed, by_component=True))
        made._some = _shortest(listed)
        made._example = (made._some,)
        return made

    def __and__(self, other: "Language") -> "Language":
        for one, two in ((self, other), (other, self)):
            if one._words is not None:
                return Language(frozenset(word for word in one._words if word in two))
            if one is ANYTHING:
                return two
        has = _both(self._has, other._has)
        return Language(automaton.both(self.node, other.node), has)

    def __or__(self, other: "Language") -> "Language":
        if self._words is not None and other._words is not None:
            return Language(self._words | other._words)
        has = _either(self._has, other._has)
        return Language(automaton.either(self.node, other.node), has)

    def __invert__(self) -> "Language":
        return Language(automaton.complement(self.node), _neither(self._has))

    def __sub__(self, other: "Language") -> "Language":
        if self._words is not None:
            return Language(frozenset(word for word in self._words if word not in other))
        return self & ~other

    def __contains__(self, text: str) -> bool:
        if self._words is not None:
            return text in self._words
        if self._has is not None:
            spend(1 + len(text) // 32)
            return bool(self._has(text))
        return automaton.accepts(self.node, text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Language):
            return NotImplemented
        if self._words is not None and other._words is not None:
            return self._words == other._words
        if self.node == other.node:
            return True
        return (self - other).is_empty() and (other - self).is_empty()

    def __hash__(self) -> int:
        # The first of the shortest texts is the same however the language is written.
        return hash(self.example())

    def __repr__(self) -> str:
        return f"<Language of {self.example()!r}…>"

    def is_empty(self) -> bool:
        """Whether it holds no text at all."""
        if self._words is not None:
            return not self._words
        if self._some is not None:
            return False
        parts = tuple(self.node.parts) if isinstance(self.node, automaton.All) else ()
        match parts:
            case (At() as one, At() as two):
                return not meet(one, two)
            case _:
                return self.example() is None

    def is_subset(self, other: "Language") -> bool:
        """Whether `other` holds every text of this one."""
        if other is ANYTHING:
            return True
        if self._some is not None and self._some not in other:
            return False
        return (self - other).is_empty()

    def is_disjoint(self, other: "Language") -> bool:
        """Whether no text is in both."""
        for one, two in ((self, other), (other, self)):
            if (words := one.finite) is not None:
                return not any(word in two for word in words)
        if self.surely_meets(other) or other.surely_meets(self):
            return False
        one, two = self.beginning, other.beginning
        if not (one.startswith(two) or two.startswith(one)):
            return True
        return (self & other).is_empty()

    def surely_meets(self, other: "Language") -> bool:
        """Whether they share a text that is known without a search."""
        return self._some is not None and self._some in other

    def example(self) -> str | None:
        """Return the first of the shortest texts in it, or `None` if it is empty."""
        if self._example is None:
            if self._words is not None:
                self._example = (min(self._words, key=automaton.rank, default=None),)
            else:
                self._example = (automaton.shortest(self.node),)
        return self._example[0]


ANYTHING = Language(automaton.ANYTHING, lambda _: True)
NOTHING = Language(frozenset())


def _shortest(parts: Iterable[Piece]) -> str:
    """Return the first of the shortest texts: nothing for each `*`, a letter for each `?`."""
    letters = {Wildcard.STAR: "", Wildcard.ONE: "a"}
    return "".join(part if isinstance(part, str) else letters[part] for part in parts)


def _both(one: _Test | None, two: _Test | None) -> _Test | None:
    return (lambda text: one(text) and two(text)) if one and two else None


def _either(one: _Test | None, two: _Test | None) -> _Test | None:
    return (lambda text: one(text) or two(text)) if one and two else None


def _neither(one: _Test | None) -> _Test | None:
    return (lambda text: not one(text)) if one else None


@lru_cache(maxsize=1 << 12)
def _expression(parts: tuple[Piece, ...], *, by_component: bool) -> _Test | None:
    """Return a test by regular expression; `None` where one might backtrack for long."""
    if len(parts) > _PARTS or sum(part is Wildcard.STAR for part in parts) > _STARS:
        return None
    found: list[str] = []
    colons = 0
    for part in parts:
        char = "[^:]" if by_component and colons < _SEGMENTS - 1 else "."
        if isinstance(part, Wildcard):
            found.append(f"{char}*" if part is Wildcard.STAR else char)
        else:
            colons += part.count(":")
            found.append(re.escape(part))
    return re.compile("".join(found), re.DOTALL).fullmatch


@lru_cache(maxsize=256)
def _letter(char: str, *, ignore_case: bool = False) -> Item:
    cases = {char, char.lower(), char.upper()} if ignore_case else {char}
    return Item(
        Chars(frozenset(case for case in cases if len(case) == 1), negated=False), loop=False
    )


@lru_cache(maxsize=256)
def _line(parts: tuple[Piece, ...], wild: Chars, *, ignore_case: bool = False) -> Line:
    items: list[Item] = []
    starred = False  # `*?*` and `?**` read the same: the singles first, one star after them
    for part in parts:
        if part is Wildcard.STAR:
            starred = True
        elif part is Wildcard.ONE:
            items.append(Item(wild, loop=False))
        elif part:
            items += [Item(wild, loop=True)] if starred else []
            starred = False
            items += (_letter(char, ignore_case=ignore_case) for char in str(part))
    return Line((*items, Item(wild, loop=True)) if starred else tuple(items))


@lru_cache(maxsize=256)
def _segmented_line(parts: tuple[Piece, ...]) -> Line | None:
    segments: list[list[Piece]] = [[]]
    for part in parts:
        if isinstance(part, Wildcard):
            segments[-1].append(part)
            continue
        head, *rest = part.split(":", _SEGMENTS - len(segments))
        segments[-1].append(head)
        segments.extend([text] for text in rest)
    if len(segments) != _SEGMENTS:
        return None
    items: list[Item] = []
    for segment in segments[:-1]:
        items += _line(tuple(segment), _NOT_COLON).items
        items.append(_letter(":"))
    return Line((*items, *_line(tuple(segments[-1]), ANY).items))
