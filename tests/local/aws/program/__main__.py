"""Registers every type that the stand-in serves; `TRIAL` says in which of its forms."""

import json
import os

import pulumi
import pulumi_aws as aws

CHANGED = os.environ.get("TRIAL") == "changed"
REPLACED = os.environ.get("TRIAL") == "replaced"

provider = aws.Provider(
    "account",
    profile="iam-profiles-state",
    region="eu-west-1",
    allowed_account_ids=[os.environ.get("TRIAL_ACCOUNT", "111111111111")],
    default_tags=aws.ProviderDefaultTagsArgs(tags={"managed-by": "trial"}),
)
here = pulumi.ResourceOptions(provider=provider)

action = "s3:PutObject" if CHANGED else "s3:GetObject"
# What AWS answers is in another order, and has one action where this has a list of one.
permissions = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Resource": "*", "Effect": "Allow", "Action": [action]}],
    }
)
trust = aws.iam.PolicyDocumentArgs(
    version=aws.iam.PolicyDocumentVersion.POLICY_DOCUMENT_VERSION_2012_10_17,
    statement=[
        aws.iam.PolicyStatementArgs(
            effect=aws.iam.PolicyStatementEffect.ALLOW,
            principal=aws.iam.AWSPrincipalArgs(aws="arn:aws:iam::111111111111:root"),
            action="sts:AssumeRole",
        )
    ],
)

boundary = aws.iam.Policy("boundary", name="boundary", path="/b/", policy=permissions, opts=here)
policy = aws.iam.Policy("policy", policy=permissions, tags={"a": "b"}, opts=here)
role = aws.iam.Role(
    "role",
    name="role-replaced" if REPLACED else "role",
    path="/r/",
    assume_role_policy=trust,
    description="changed" if CHANGED else "first",
    force_detach_policies=True,
    max_session_duration=7200 if CHANGED else 3600,
    permissions_boundary=boundary.arn,
    tags={"form": "changed"} if CHANGED else {"form": "first", "more": "tags"},
    opts=here,
)
group = aws.iam.Group("group", path="/h/" if CHANGED else "/g/", opts=here)
ana = aws.iam.User(
    "ana", path="/v/" if CHANGED else "/u/", permissions_boundary=boundary.arn, opts=here
)
li = aws.iam.User("li", name="li", force_destroy=True, opts=here)

aws.iam.GroupMembership(
    "members", group=group.name, users=[ana.name] if CHANGED else [ana.name, li.name], opts=here
)
other = aws.iam.Group("other", opts=here)
aws.iam.UserGroupMembership("joined", user=li.name, groups=[other.name], opts=here)
aws.iam.AccessKey("key", user=li.name, status="Inactive" if CHANGED else "Active", opts=here)
aws.iam.OpenIdConnectProvider(
    "issuer",
    url="https://tokens.example.com/a",
    client_id_lists=["one", "three"] if CHANGED else ["one", "two"],
    opts=here,
)
aws.secretsmanager.Secret(
    "secret", name="a/b", description=action, recovery_window_in_days=0, opts=here
)
master = aws.kms.Key(
    "master",
    description=action,
    enable_key_rotation=not CHANGED,
    tags={"form": "changed"} if CHANGED else {"form": "first", "more": "tags"},
    opts=here,
)
aws.kms.Alias("master", name="alias/a/b", target_key_id=master.key_id, opts=here)

attached = [
    aws.iam.RolePolicyAttachment("role", role=role.name, policy_arn=policy.arn, opts=here),
    aws.iam.GroupPolicyAttachment("group", group=group.name, policy_arn=policy.arn, opts=here),
    aws.iam.UserPolicyAttachment("user", user=ana.name, policy_arn=policy.arn, opts=here),
]
inside = [
    aws.iam.RolePolicy("role", role=role.name, policy=permissions, opts=here),
    aws.iam.GroupPolicy("group", group=group.name, policy=permissions, opts=here),
    aws.iam.UserPolicy("user", user=ana.name, policy=permissions, opts=here),
]
arns = [policy.arn]
last = pulumi.ResourceOptions(provider=provider, depends_on=[*attached, *inside])
aws.iam.RolePolicyAttachmentsExclusive("role", role_name=role.name, policy_arns=arns, opts=last)
aws.iam.GroupPolicyAttachmentsExclusive("group", group_name=group.name, policy_arns=arns, opts=last)
aws.iam.UserPolicyAttachmentsExclusive("user", user_name=ana.name, policy_arns=arns, opts=last)
names = [[one.name] for one in inside]
aws.iam.RolePoliciesExclusive("role", role_name=role.name, policy_names=names[0], opts=last)
aws.iam.GroupPoliciesExclusive("group", group_name=group.name, policy_names=names[1], opts=last)
aws.iam.UserPoliciesExclusive("user", user_name=ana.name, policy_names=names[2], opts=last)

if os.environ.get("TRIAL_IMPORT"):
    aws.iam.User(
        "adopted",
        name="adopted",
        path="/a/",
        tags={"by": "hand"},
        opts=pulumi.ResourceOptions(provider=provider, import_="adopted"),
    )

who = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=provider))
pulumi.export("role", role.arn)
pulumi.export("account", who.account_id)
