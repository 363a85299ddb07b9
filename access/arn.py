"""Amazon Resource Names: their six components, and the well-formed ones as a language."""

import re
from dataclasses import dataclass

from access._automaton import at
from access._line import ANY, Chars, Item, Line
from access.errors import ArnParseError
from access.pattern import Language

_FORM = re.compile(
    r"arn:(?P<partition>[^:]+):(?P<service>[^:]+):(?P<region>[^:]*):"
    r"(?P<account>[^:]*):(?P<resource>.+)",
    re.DOTALL,
)
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN, or the pattern of one, taken apart.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Return the parts of `text`.

        Raises:
            ArnParseError: it has not the six components of an ARN.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ArnParseError(text, "write `arn:partition:service:region:account:resource`")
        return cls(*match.groups())

    @property
    def kind(self) -> str:
        """What stands before the first `/` of the resource: `user`, `role`, `root`, …."""
        return self.resource.partition("/")[0]

    @property
    def leaf(self) -> str:
        """What stands after the last `/` of the resource: a user's or role's name."""
        return self.resource.rpartition("/")[2]

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def account_of(text: str) -> str:
    """Return the account in an ARN, or in what begins with one; "" if there is none."""
    return text.split(":", 5)[4] if text.count(":") > 4 else ""  # noqa: PLR2004 -- an ARN's colons


def is_account(text: str) -> bool:
    """Whether `text` is an account id: twelve digits."""
    return _ACCOUNT.fullmatch(text) is not None


def _well_formed() -> Language:
    """Return every ARN: account twelve digits, none, or `aws` for what AWS itself owns."""
    plain = Chars(frozenset(":*?"), negated=True)
    digit = Chars(frozenset("0123456789"), negated=False)

    def text(letters: str) -> tuple[Item, ...]:
        return tuple(Item(Chars(frozenset(char), negated=False), loop=False) for char in letters)

    some = (Item(plain, loop=False), Item(plain, loop=True))
    rest = (Item(ANY, loop=False), Item(ANY, loop=True))
    head = (*text("arn:"), *some, *text(":"), *some, *text(":"), Item(plain, loop=True), *text(":"))
    accounts = ((), (Item(digit, loop=False),) * 12, text("aws"))
    lines = [Line((*head, *account, *text(":"), *rest)) for account in accounts]
    one, two, three = (Language(at(line)) for line in lines)
    return one | two | three


ARNS = _well_formed()
"""Every well-formed ARN."""

NO_RESOURCE = "(none)"
"""What a request is about whose action knows no resource: only `*` in a policy covers it."""

RESOURCES = ARNS | Language.literal("*")
"""What a request may be about: an ARN, or `*` for actions that know no resource."""


def arns(pattern: str) -> Language:
    """Return the well-formed ARNs that `pattern` matches, its wildcards crossing colons."""
    matched = Language.glob(pattern)
    form = _FORM.fullmatch(pattern)
    # Where only the resource has wildcards, all that matches is well-formed.
    if form and not {"*", "?"} & set(pattern[: form.start("resource")]):
        return matched if is_account(form["account"]) else matched & ARNS
    return matched & ARNS
