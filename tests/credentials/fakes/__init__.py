"""A fake of IAM's access keys, Secrets Manager and GetCallerIdentity, at least as strict as AWS.

moto accepts what AWS refuses: a token reused for other data on a pending version, a label moved
without naming where from, the deletion of a user with keys; and with moto a deleted key still
works and a new one works at once. Each rule here names the page that it comes from. The clients
have boto3's signatures and raise botocore's errors, so the adapters are tested along with the core.

Pages, under https://docs.aws.amazon.com/:
    [IAM]    IAM/latest/APIReference/API_<operation>.html
    [KEYS]   IAM/latest/UserGuide/id_credentials_access-keys.html
    [QUOTA]  IAM/latest/UserGuide/reference_iam-quotas.html
    [EVENT]  IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    [ASSUME] STS/latest/APIReference/API_AssumeRole.html
    [SM]     secretsmanager/latest/apireference/API_<operation>.html
    [LABELS] secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
    [LIMITS] secretsmanager/latest/userguide/reference_limits.html
"""

from tests.credentials.fakes.account import (
    ACCOUNT,
    CALL_SECONDS,
    Clock,
    FakeAws,
    Held,
    Key,
    Sts,
    operation,
    refuse,
)
from tests.credentials.fakes.iam import Iam
from tests.credentials.fakes.secrets_manager import SecretsManager

__all__ = [
    "ACCOUNT",
    "CALL_SECONDS",
    "Clock",
    "FakeAws",
    "Held",
    "Iam",
    "Key",
    "SecretsManager",
    "Sts",
    "operation",
    "refuse",
]
