"""What generated worlds are made of: few names, so that policies and requests often meet."""

A, B, C = "111111111111", "222222222222", "333333333333"

USERS = {
    f"arn:aws:iam::{A}:user/u": "AIDAEXAMPLEUSERUSER01",
    f"arn:aws:iam::{A}:user/team/v": "AIDAEXAMPLEUSERUSER02",
    f"arn:aws:iam::{B}:user/u": "AIDAEXAMPLEUSERUSER03",
}
ROLES = {
    f"arn:aws:iam::{A}:role/r": "AROAEXAMPLEROLEROLE01",
    f"arn:aws:iam::{A}:role/q": "AROAEXAMPLEROLEROLE02",
    f"arn:aws:iam::{B}:role/r": "AROAEXAMPLEROLEROLE03",
}
SESSIONS = ("s", "t")
ROOTS = (f"arn:aws:iam::{A}:root", f"arn:aws:iam::{B}:root")
SERVICES = ("ec2.amazonaws.com", "lambda.amazonaws.com")
WEB = f"arn:aws:iam::{A}:oidc-provider/token.example.org"
SAML = f"arn:aws:iam::{A}:saml-provider/Company"

BUCKET, OBJECT = "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/home/u/k"
QUEUE = f"arn:aws:sqs:eu-west-1:{A}:queue"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{A}:secret:team/key-a1b2c3"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/1"

# action, resource, the account that owns it, and whether the resource has a policy of its own
ASKED: tuple[tuple[str, str, str, bool], ...] = (
    *(
        (action, f"arn:aws:iam::{account}:role/{name}", account, True)
        for action in ("sts:AssumeRole", "sts:AssumeRole", "sts:TagSession")
        for account in (A, B)
        for name in ("target", "team/target")
    ),
    *(("s3:GetObject", OBJECT, account, True) for account in (A, A, B)),
    ("s3:ListBucket", BUCKET, A, True),
    ("sqs:SendMessage", QUEUE, A, True),
    ("secretsmanager:GetSecretValue", SECRET, A, True),
    ("secretsmanager:GetSecretValue", SECRET, A, True),
    ("kms:Decrypt", KEY, A, True),
    ("iam:CreateAccessKey", f"arn:aws:iam::{A}:user/u", A, False),
    ("iam:CreateAccessKey", f"arn:aws:iam::{A}:user/team/v", A, False),
    ("iam:PassRole", f"arn:aws:iam::{A}:role/r", A, False),
    ("s3:ListAllMyBuckets", "*", A, False),
)

ACTION_PATTERNS = {
    "sts:AssumeRole": ("sts:AssumeRole", "STS:assumerole", "sts:Assume*", "sts:assume?ole"),
    "sts:TagSession": ("sts:TagSession", "sts:tag*", "sts:*Session"),
    "s3:GetObject": ("s3:GetObject", "S3:Get*", "s3:*Object", "s3:G?tObject"),
    "s3:ListBucket": ("s3:ListBucket", "s3:List*"),
    "sqs:SendMessage": ("sqs:SendMessage", "SQS:*Message"),
    "secretsmanager:GetSecretValue": ("secretsmanager:GetSecretValue", "secretsmanager:Get*"),
    "kms:Decrypt": ("kms:Decrypt", "kms:De*"),
    "iam:CreateAccessKey": ("iam:CreateAccessKey", "iam:*AccessKey", "IAM:create*"),
    "iam:PassRole": ("iam:PassRole", "iam:Pass*"),
    "s3:ListAllMyBuckets": ("s3:ListAllMyBuckets", "s3:List*"),
}
OTHER_ACTIONS = ("ec2:RunInstances", "s3:PutObject", "sts:GetCallerIdentity", "iam:*", "s3:?*")

RESOURCE_PATTERNS: tuple[str, ...] = (
    *("*", "*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::*/home/*", "arn:aws:s3:::buc?et/*"),
    *("arn:aws:s3:::bucket/home/${aws:username}/*", "arn:aws:s3:::bucket", "arn:aws:s3:::*"),
    "arn:aws:s3:::bucket/home/${aws:PrincipalTag/team, 'u'}/?",
    "arn:aws:s3:::bucket/home/u/${*}",
    *(f"arn:aws:iam::{A}:role/*", f"arn:aws:iam::{A}:*", "arn:aws:iam::*:role/t*"),
    *("arn:aws:iam::*:role/*/target", f"arn:aws:iam::{B}:role/target", "arn:aws:iam::*:*/*"),
    f"arn:aws:iam::{A}:user/${{aws:username}}",
    f"arn:aws:iam::{A}:user/${{aws:PrincipalTag/team}}/v",
    f"arn:aws:iam::{A}:role/${{aws:PrincipalTag/team}}/target",
    f"arn:aws:iam::{A}:role/${{aws:PrincipalTag/name, 'target'}}",
    "arn:aws:iam::${aws:PrincipalAccount}:role/target",
    *("arn:aws:sqs:*:*:queue", f"arn:aws:sqs:eu-*:{A}:q*", QUEUE, KEY, SECRET),
    *(f"arn:aws:kms:*:{A}:key/*", "arn:aws:secretsmanager:*:*:secret:team/*"),
    "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*",
    *("arn:*:iam::*:role/*", "arn:aws:s3:::other/*"),
)

OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (
        *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
        *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ),
    "arn": ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    "number": (
        *("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals"),
        *("NumericGreaterThan", "NumericGreaterThanEquals"),
    ),
    "date": (
        *("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals"),
        *("DateGreaterThan", "DateGreaterThanEquals"),
    ),
    "bool": ("Bool",),
    "address": ("IpAddress", "NotIpAddress"),
    "bytes": ("BinaryEquals",),
}

_NAMES = ("a", "u", "team", "A", "", "a*", "t?am", "${aws:username}", "${aws:PrincipalTag/name}")
_MORE = ("te*", "*", "${aws:PrincipalTag/name, 'a'}", "${*}", "b")
_DATES = ("2026-01-01T00:00:00Z", "2026-01-01", "2026-06-01T12:00:00+02:00", "1767225600")
_TIMES = ("2026-01-01T00:00:00Z", "2026-06-01T10:00:00Z", "2025-01-01T00:00:00Z")

# condition key: its family, whether it has several values, what policies say, what requests have
KEYS: dict[str, tuple[str, bool, tuple[str, ...], tuple[str, ...]]] = {
    "aws:PrincipalTag/team": ("text", False, (*_NAMES, *_MORE), ("team", "a", "u", "A", "")),
    "aws:PrincipalTag/name": ("text", False, (*_NAMES, *_MORE), ("target", "a", "u", "a*")),
    "aws:RequestTag/team": ("text", False, (*_NAMES, "${aws:PrincipalTag/team}"), ("team", "a")),
    "aws:TagKeys": ("text", True, ("team", "name", "t*", "TEAM", ""), ("team", "name", "x")),
    "aws:CalledVia": (
        *("text", True, ("athena.amazonaws.com", "*.amazonaws.com")),
        ("athena.amazonaws.com", "dynamodb.amazonaws.com"),
    ),
    "aws:username": ("text", False, ("u", "v", "U", "?", "a"), ()),
    "aws:PrincipalAccount": ("text", False, (A, B, "1*", "${aws:ResourceAccount}"), ()),
    "aws:PrincipalType": ("text", False, ("User", "AssumedRole", "Account", "user"), ()),
    "aws:ResourceAccount": ("text", False, (A, B, "${aws:PrincipalAccount}"), ()),
    "aws:userid": ("text", False, ("AROAEXAMPLEROLEROLE01:*", "*:s", "AIDA*"), ()),
    "aws:PrincipalOrgID": ("text", False, ("o-one", "o-two", "o-*"), ("o-one", "o-two")),
    "aws:SourceIdentity": ("text", False, ("a", "u", "*"), ("a", "u")),
    "aws:PrincipalOrgPaths": (
        *("text", True, ("o-one/*", "o-one/r-1/ou-1/", "o-*/r-?/*")),
        ("o-one/r-1/ou-1/", "o-two/r-2/"),
    ),
    "aws:PrincipalArn": (
        *("arn", False),
        (
            *(f"arn:aws:iam::{A}:user/u", f"arn:aws:iam::{A}:role/r", "arn:aws:iam::*:role/*"),
            *(f"arn:aws:iam::{A}:user/*", f"arn:aws:sts::{A}:assumed-role/r/s"),
            *("arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}", "arn:aws:iam::*:*"),
        ),
        (),
    ),
    "aws:SourceArn": (
        *("arn", False),
        (
            *("arn:aws:s3:::bucket", "arn:aws:s3:::*", f"arn:aws:sns:*:{A}:t?pic"),
            *("arn:*:sns:*:*:*", f"arn:aws:*:*:{A}:topic"),
        ),
        (
            *("arn:aws:s3:::bucket", f"arn:aws:sns:eu-west-1:{A}:topic"),
            f"arn:aws:sns:eu-west-1:{B}:other:{A}:topic",
        ),
    ),
    "aws:MultiFactorAuthAge": (
        *("number", False),
        ("0", "300", "300.0", "3600", "-1"),
        ("0", "300", "299", "3601"),
    ),
    "aws:CurrentTime": ("date", False, _DATES, _TIMES),
    "aws:TokenIssueTime": ("date", False, _DATES, _TIMES),
    "aws:EpochTime": ("date", False, _DATES, ("1767225600", "1767225601")),
    "aws:MultiFactorAuthPresent": ("bool", False, ("true", "false", "True"), ("true", "false")),
    "aws:SecureTransport": ("bool", False, ("true", "false"), ("true", "false")),
    "aws:ViaAWSService": ("bool", False, ("true", "false"), ("true", "false")),
    "aws:SourceIp": (
        *("address", False),
        ("203.0.113.0/24", "203.0.113.7", "0.0.0.0/0", "2001:db8::/32", "203.0.113.7/25", "::/0"),
        ("203.0.113.7", "203.0.113.200", "192.0.2.1", "2001:db8::1", "2002::1"),
    ),
    "aws:PrincipalTag/bytes": ("bytes", False, ("QUJD", "QUI="), ("QUJD", "QUI=")),
}
