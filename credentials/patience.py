"""How AWS clients bear with AWS: a throttled call is tried again, later each time and by chance."""

from typing import Final

from botocore.config import Config


def patient(*, attempts: int, connect_timeout: float = 3, read_timeout: float = 10) -> Config:
    """Return the settings of clients that try so often in all what is throttled, fails or is lost.

    `standard` waits twice as long each time, up to twenty seconds, times a random fraction: of many
    that are throttled together, no two come back together.

    Source: https://docs.aws.amazon.com/boto3/latest/guide/retries.html
    """
    return Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


READING: Final = patient(attempts=10, read_timeout=30)
"""For whoever only reads, and holds no lease that a call must end before."""
