"""The one user of these tests, and how long its keys live."""

from datetime import timedelta

from credentials.ports import Policy
from iam_profiles.names import Arn, UserName
from tests.credentials.fakes import ACCOUNT

USER = UserName("payments-nonprod")
SECRET = "iam-profiles/nonprod/payments-nonprod"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/PlatformServiceUsers/nonprod/{USER}"
ROLE = Arn("arn:aws:iam::222222222222:role/PlatformRoles/PlatformVPCRole")
WEEKLY = Policy(rotate_after=timedelta(days=7))
HASTY = Policy(rotate_after=timedelta(minutes=30))
"""Due again before the grace of the key before is over."""
LATER = timedelta(hours=2).total_seconds()
"""Beyond every wait and the grace, so that what one run leaves to the next is due."""
