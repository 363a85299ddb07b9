"""Who reads and writes the engine's state: the policies of its bucket and key, and what roles say.

The bucket's policy says it twice, and each suffices: it allows the roles of a share the objects of
their own stacks and of less protected ones, and denies those objects to everybody else. Roles are
allowed the whole bucket; who deploys an account could allow its roles anything, so that is no lock.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from access.arn import account_of
from iam_profiles.statements import Conditions, PolicyStatement, characters, document, via_service
from pipeline.init.errors import InitInvalidError
from pipeline.init.shares import Share, Shares
from pipeline.init.site import ALIAS, Site

READ: Final = ("s3:GetObject",)
WRITE: Final = ("s3:DeleteObject", "s3:PutObject")
_LIST: Final = ("s3:GetBucketLocation", "s3:ListBucket")
_OPEN: Final = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectAcl",
    "s3:PutReplicationConfiguration",
)
"""What would hand the state to others, or lose it, without touching an object as it is now."""
_USE: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
_MANAGE: Final = (
    "kms:CreateAlias",
    "kms:Decrypt",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:EnableKeyRotation",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UpdateAlias",
)
_MOST_OF_BUCKET: Final = 20_480
_MOST_OF_KEY: Final = 32_768
"""Characters that AWS takes, in either policy."""


def bucket_policy(site: Site, shares: Shares, administrators: Sequence[str], key: str) -> str:
    """Return the bucket's policy; `key` is the ARN of the key that encrypts what is in it.

    Administrators are ARNs of the state account's own principals: they manage the bucket.

    Raises:
        InitInvalidError: the accounts are too many for one bucket.
    """
    everybody = _sorted(who for share in shares.all for who in share.everybody)
    top, layout = shares.all[0], (f"{site.arn}/{site.meta}",)
    everything = (site.arn, f"{site.arn}/*")
    statements = (
        *(one for share in shares.all for one in _allowed(site, share)),
        _allow("StateKeepsTheLayout", site.arn, WRITE[1:], [site.meta], top.keepers),
        _deny("NobodyElse", everything, ("s3:*",), (*everybody, *administrators)),
        *(_apart(site, shares, share, administrators) for share in shares.all if share.barred),
        _deny("LayoutIsFixed", layout, WRITE, (*top.keepers, *administrators)),
        _deny("NobodyElseOpensIt", everything, _OPEN, administrators),
        *_encrypted(site, key),
    )
    text = _of_accounts(site, document(statements))
    return _fitting(text, _MOST_OF_BUCKET, "the state bucket's policy")


def key_policy(site: Site, shares: Shares, administrators: Sequence[str]) -> str:
    """Return the policy of the key: of objects through S3, of data keys in their context.

    Raises:
        InitInvalidError: the accounts are too many for one key.
    """
    everybody = _sorted(who for share in shares.all for who in share.everybody)
    via = via_service(site.partition, site.region, "s3")
    keepers = _sorted(who for share in shares.all for who in share.keepers)
    statements = (
        _on_key("AdministratorsManageTheKey", administrators, _MANAGE),
        _on_key("StateIsRead", everybody, ("kms:Decrypt",), via),
        _on_key("StateIsWritten", keepers, ("kms:GenerateDataKey",), via),
        _on_key("KeyIsFound", everybody, ("kms:DescribeKey",)),
        *(one for share in shares.all for one in _data_keys(share)),
        PolicyStatement(
            sid="NobodyElseDecrypts",
            effect="Deny",
            actions=("kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom"),
            resources=("*",),
            principal="*",
            conditions=_others((*everybody, *administrators)),
        ),
    )
    return _fitting(document(statements), _MOST_OF_KEY, "the policy of the state's key")


def statements_of(site: Site, *, writes: bool) -> str:
    """Return the statements that a role's file lacks, as they are written there."""
    bucket = f"arn:{{partition}}:s3:::{site.bucket}".replace(site.account, "{state_account}")
    actions = _sorted((*READ, *(WRITE if writes else ())))
    verb = "Keep" if writes else "Read"
    return f"""
  # The engine's state: which stacks' is said by the bucket's own policy.
  - sid: FindState
    actions: [{", ".join(_LIST)}]
    resources: ["{bucket}"]

  - sid: {verb}State
    actions: [{", ".join(actions)}]
    resources: ["{bucket}/.pulumi/*"]

  - sid: {verb}StateUnderItsKey
    actions: [{", ".join(_USE if writes else _USE[:2])}]
    resources: ["arn:{{partition}}:kms:{site.region}:{{state_account}}:key/*"]
    conditions: {{ForAnyValue:StringEquals: {{kms:ResourceAliases: [{ALIAS}]}}}}
"""


def _allowed(site: Site, share: Share) -> Iterator[PolicyStatement]:
    """Yield what the bucket allows the roles of a share."""
    kept = [one for stack in share.stacks for one in site.objects(stack)]
    yield _allow(f"{share.name}Keeps", site.arn, (*READ, *WRITE), kept, share.keepers)
    yield _allow(f"{share.name}Reads", site.arn, READ, kept, share.readers)
    yield _allow(f"{share.name}Layout", site.arn, READ, [site.meta], share.everybody)
    yield _allow(f"{share.name}Finds", site.arn, _LIST, [], share.everybody)


def _allow(
    sid: str,
    bucket: str,
    actions: Sequence[str],
    objects: Sequence[str],
    roles: Sequence[str],
) -> PolicyStatement:
    """Return an Allow for these roles, which need not be there yet: accounts always are."""
    return PolicyStatement(
        sid=sid,
        effect="Allow",
        actions=_sorted(actions),
        resources=_sorted(f"{bucket}/{one}" for one in objects) or (bucket,),
        principal="*",
        conditions=(("ArnEquals", (("aws:PrincipalArn", _sorted(roles)),)),),
    )


def _apart(
    site: Site, shares: Shares, share: Share, administrators: Sequence[str]
) -> PolicyStatement:
    """Return the Deny that keeps a share's own stacks apart from less protected accounts."""
    objects = [f"{site.arn}/{one}" for stack in share.own for one in site.objects(stack)]
    above = tuple(who for one in shares.above(share) for who in one.everybody)
    sid = f"{share.name}Apart"
    return _deny(sid, objects, ("s3:*",), (*above, *administrators))


def _of_accounts(site: Site, text: str) -> str:
    """Return the policy whose Allows name the accounts of their roles.

    S3 takes an Allow for `*` as public, whatever its conditions on the principal, and blocks it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    policy = json.loads(text)
    for one in policy["Statement"]:
        if one["Effect"] == "Allow":
            roles: list[str] = one["Condition"]["ArnEquals"]["aws:PrincipalArn"]
            accounts = _sorted(account_of(role) for role in roles)
            roots = [f"arn:{site.partition}:iam::{account}:root" for account in accounts]
            one["Principal"] = {"AWS": roots}
    return json.dumps(policy, sort_keys=True, separators=(",", ":"))


def _deny(
    sid: str, resources: Sequence[str], actions: Sequence[str], others_than: Sequence[str]
) -> PolicyStatement:
    """Return a Deny of these for everybody but some."""
    return PolicyStatement(
        sid=sid,
        effect="Deny",
        actions=_sorted(actions),
        resources=_sorted(resources),
        principal="*",
        conditions=_others(others_than),
    )


def _encrypted(site: Site, key: str) -> Iterator[PolicyStatement]:
    """Yield that nothing goes over the wire in the clear, or is kept under another key."""
    everything = (site.arn, f"{site.arn}/*")
    yield PolicyStatement(
        sid="OnlyEncryptedOnTheWay",
        effect="Deny",
        actions=("s3:*",),
        resources=everything,
        principal="*",
        conditions=(("Bool", (("aws:SecureTransport", ("false",)),)),),
    )
    for sid, name, value in (
        ("OnlyByTheKms", "s3:x-amz-server-side-encryption", "aws:kms"),
        ("OnlyUnderThisKey", "s3:x-amz-server-side-encryption-aws-kms-key-id", key),
    ):
        yield PolicyStatement(
            sid=sid,
            effect="Deny",
            actions=("s3:PutObject",),
            resources=(f"{site.arn}/*",),
            principal="*",
            # An object that says nothing of it gets the bucket's own default, which is this.
            conditions=(
                ("Null", ((name, ("false",)),)),
                ("StringNotEquals", ((name, (value,)),)),
            ),
        )


def _data_keys(share: Share) -> Iterator[PolicyStatement]:
    """Yield that a share's roles make and read its stacks' data keys, each in its context."""
    context: tuple[str, tuple[str, ...]] = (
        "kms:EncryptionContext:stack",
        _sorted(share.stacks),
    )
    yield _on_key(f"{share.name}MakesDataKeys", share.keepers, ("kms:Encrypt",), context)
    yield _on_key(f"{share.name}ReadsDataKeys", share.everybody, ("kms:Decrypt",), context)


def _on_key(
    sid: str,
    roles: Sequence[str],
    actions: Sequence[str],
    *equal: tuple[str, tuple[str, ...]],
) -> PolicyStatement:
    who: Conditions = (("ArnEquals", (("aws:PrincipalArn", _sorted(roles)),)),)
    return PolicyStatement(
        sid=sid,
        effect="Allow",
        actions=_sorted(actions),
        resources=("*",),
        principal="*",
        conditions=(*who, ("StringEquals", equal)) if equal else who,
    )


def _others(than: Sequence[str]) -> Conditions:
    return (("ArnNotEquals", (("aws:PrincipalArn", _sorted(than)),)),)


def _fitting(text: str, most: int, what: str) -> str:
    if characters(text) > most:
        said = f"{what} would have {characters(text)} characters, and AWS takes {most}"
        raise InitInvalidError([f"{said}; keep the state in Pulumi Cloud, or split the accounts"])
    return text


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
