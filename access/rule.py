"""What is to be proved: from these principals, never those."""

from dataclasses import dataclass

from access.arn import Arn, arns
from access.errors import ArnParseError


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """A pattern of principals' ARNs, with `*` and `?`, such as `arn:aws:iam::123456789012:role/*`.

    Raises:
        ArnParseError: it has not the six components of an ARN, or no ARN matches it.
    """

    text: str

    def __post_init__(self) -> None:
        Arn.parse(self.text)
        if arns(self.text).is_empty():
            raise ArnParseError(self.text, "give a pattern that well-formed ARNs match")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Rule:
    """No principal of `from_`, existing or yet to be made, ever controls one of `never_reach`.

    Attributes:
        apart_from: who of `never_reach` does not count, such as the identities themselves, where
            they live in an account that they never reach.
    """

    from_: tuple[ArnPattern, ...]
    never_reach: tuple[ArnPattern, ...]
    apart_from: tuple[ArnPattern, ...] = ()

    @classmethod
    def of(
        cls,
        from_: tuple[str, ...],
        never_reach: tuple[str, ...],
        apart_from: tuple[str, ...] = (),
    ) -> "Rule":
        """Return the rule of these patterns, as text.

        Raises:
            ArnParseError: one is not a pattern of ARNs.
        """
        patterns = (tuple(map(ArnPattern, one)) for one in (from_, never_reach, apart_from))
        return cls(*patterns)
