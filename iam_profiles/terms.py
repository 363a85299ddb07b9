"""On what conditions a grant holds, as both ends of a trust say it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from iam_profiles.statements import Conditions

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """Whether MFA is needed, and the last day (UTC) on which the grant holds."""

    mfa: bool
    expires: date | None

    @property
    def order(self) -> tuple[bool, date]:
        """Sort terms: without MFA first, those that end last."""
        return (self.mfa, self.expires or date.max)

    @property
    def suffix(self) -> str:
        """What a statement's sid says of the terms: letters and digits only."""
        mfa = "WithMfa" if self.mfa else ""
        until = f"Until{self.expires:%Y%m%d}" if self.expires else ""
        return mfa + until

    @property
    def conditions(self) -> Conditions:
        """The terms as AWS evaluates them.

        A long-term key's request has no MFA key at all, so `Bool` refuses it, as it must;
        AssumeRole with a serial number and a token code has it, for both ends alike. An expiry
        refuses new sessions; one begun before lives on for the role's session length.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
        """
        mfa: Conditions = (
            (("Bool", (("aws:MultiFactorAuthPresent", ("true",)),)),) if self.mfa else ()
        )
        return mfa + self._ends()

    def _ends(self) -> Conditions:
        if self.expires is None:
            return ()
        # The grant holds through its last day; the calendar's last day has no day after it.
        end = min(self.expires, date.max - _ONE_DAY) + _ONE_DAY
        return (("DateLessThan", (("aws:CurrentTime", (f"{end.isoformat()}T00:00:00Z",)),)),)
