"""What is to be proved: from these principals, never those."""

from dataclasses import dataclass
from typing import Any

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
class WebIdentity:
    """Whoever is given tokens with these claims by an OpenID Connect issuer.

    Attributes:
        issuer: its host and path, as the ARN of an account's identity provider ends.
        claims: `((claim, value), …)`, the audience among them; of others nothing is known.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """

    issuer: str
    claims: tuple[tuple[str, str], ...]

    @property
    def given(self) -> tuple[tuple[str, str], ...]:
        """The condition keys that its tokens set: `(("token.example.org:sub", value), …)`."""
        return tuple((f"{self.issuer}:{claim}", value) for claim, value in self.claims)

    def is_vouched_for_by(self, provider: str) -> bool:
        """Whether a Federated principal is the issuer, whichever account's it is."""
        return provider == self.issuer or provider.endswith(f":oidc-provider/{self.issuer}")

    def provider(self, role: str) -> str:
        """Return the ARN of the issuer's identity provider in the account of a role."""
        partition, account = role.split(":")[1], role.split(":")[4]
        return f"arn:{partition}:iam::{account}:oidc-provider/{self.issuer}"

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {"issuer": self.issuer, "claims": [list(pair) for pair in self.claims]}

    def __str__(self) -> str:
        claims = ", ".join(f"{claim} {value}" for claim, value in self.claims)
        return f"web identity of {self.issuer} ({claims})"


Start = ArnPattern | WebIdentity


@dataclass(frozen=True, slots=True)
class Rule:
    """No principal of `from_`, existing or yet to be made, ever controls one of `never_reach`.

    Attributes:
        from_: patterns of principals, and web identities: whose roles these may assume.
        apart_from: who of `never_reach` does not count, such as the identities themselves, where
            they live in an account that they never reach.
    """

    from_: tuple[Start, ...]
    never_reach: tuple[ArnPattern, ...]
    apart_from: tuple[ArnPattern, ...] = ()

    @classmethod
    def of(
        cls,
        from_: tuple[str | WebIdentity, ...],
        never_reach: tuple[str, ...],
        apart_from: tuple[str, ...] = (),
    ) -> "Rule":
        """Return the rule of these patterns, as text, and of web identities.

        Raises:
            ArnParseError: one is not a pattern of ARNs.
        """
        starts = (one if isinstance(one, WebIdentity) else ArnPattern(one) for one in from_)
        never, apart = (tuple(map(ArnPattern, one)) for one in (never_reach, apart_from))
        return cls(tuple(starts), never, apart)

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values, of which it can be made again."""
        return {
            "from": [str(one) if isinstance(one, ArnPattern) else one.json() for one in self.from_],
            "never_reach": list(map(str, self.never_reach)),
            "apart_from": list(map(str, self.apart_from)),
        }

    def __str__(self) -> str:
        from_, never = (", ".join(map(str, some)) for some in (self.from_, self.never_reach))
        return f"{from_} never reaches {never}"
