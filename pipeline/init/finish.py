"""The end of a bootstrap: the identities can do the work, so the temporary role goes."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from boto3 import Session

from credentials.errors import CredentialsError
from credentials.fetch.begin import begin
from credentials.fetch.clients import Clients
from credentials.secret import Secret
from iam_profiles.directory import DirectoryError
from iam_profiles.render_directory import directory
from iam_profiles.render_stores import keepers
from pipeline.ci.errors import CiError
from pipeline.ci.stages import Stage, stages_of
from pipeline.init import temporary
from pipeline.init.bootstrap import Plan, Wish
from pipeline.init.callers import callers
from pipeline.init.calls import Calls, Say
from pipeline.init.errors import InitError, InitRefusedError
from pipeline.init.policies import bucket_policy, key_policy
from pipeline.init.shares import DEPLOYS
from pipeline.init.site import ALIAS

_SECONDS = 900


def finish(plan: Plan, wish: Wish, say: Say) -> tuple[str, ...]:
    """Remove the temporary roles, once every account is deployed by an identity of the model.

    The role takes itself out of the bucket's and the key's policies first, then it goes. Returns
    the accounts that had one.

    Raises:
        InitRefusedError: some identity cannot do its work yet; nothing was removed.
        InitError: AWS refuses.
    """
    found = callers(plan.profiles, plan.project, wish.profiles, say, dry=wish.dry)
    state = found[plan.state_account]
    there = state.ask("iam", "get_role", RoleName=temporary.ROLE) is not None
    acting = temporary.enter(state) if there else state
    problems = tuple(_unable(plan, found, acting))
    if problems:
        raise InitRefusedError((*problems, "nothing was removed; mend that, then run this again"))
    if there:
        _close(plan, acting)
    # The one in `state` last: it reads the keys that are tried.
    last_first = sorted(found, key=lambda name: name == plan.state_account)
    gone = {name for name in last_first if temporary.remove(found[name])}
    return tuple(name for name in found if name in gone)


def named_still(plan: Plan) -> str | None:
    """Return the temporary role's ARN if the model names it as a keeper of keys."""
    arn = temporary.role_arn(plan.site.partition, plan.site.account)
    return arn if arn in keepers(plan.profiles.organization) else None


def _close(plan: Plan, acting: Calls) -> None:
    """Have the role take itself out of both policies, the key's last; some may be done already."""
    owner = (plan.site.root,)
    try:
        known = acting.ask("kms", "describe_key", KeyId=ALIAS)
    except InitError:  # it is out of the key's policy, and was out of the bucket's before that
        return
    if known is None:
        return
    key = str(known["KeyMetadata"]["Arn"])
    bucket = {"Bucket": plan.site.bucket, "ExpectedBucketOwner": plan.site.account}
    try:
        acting.ask("s3", "get_bucket_policy", **bucket)
    except InitError:  # it is out of the bucket's
        pass
    else:
        policy = bucket_policy(plan.site, plan.shares, owner, key)
        acting.change("s3", "put_bucket_policy", **bucket, Policy=policy)
    policy = key_policy(plan.site, plan.shares, owner)
    # AWS refuses a key policy that whoever sets it could not set again, unless told otherwise.
    acting.change(
        "kms",
        "put_key_policy",
        KeyId=key,
        PolicyName="default",
        Policy=policy,
        BypassPolicyLockoutSafetyCheck=True,
    )


def _unable(plan: Plan, found: Mapping[str, Calls], reads: Calls) -> Iterator[str]:
    """Yield what the identities that deploy cannot do, each tried with a session of its own."""
    reader = _reader(plan, reads)
    try:
        stages = stages_of(plan.profiles, DEPLOYS)
    except CiError as error:
        yield from error.problems
        return
    for stage in stages:
        for account in stage.accounts:
            said = _tried(plan, stage, account, (found[account], reader))
            if said:
                yield f"account `{account}`: service user `{stage.identity.name}` {said}"


def _reader(plan: Plan, calls: Calls) -> Clients:
    """Return who reads the keys: the temporary role, a keeper, or who began once it is gone."""
    profile = calls.session.profile_name
    if calls.principal != temporary.role_arn_of(calls):
        return Clients(plan.site.region, profile, ambient=True)
    own: Any = calls.session.get_credentials()
    anybody = Clients(plan.site.region, ambient=True)
    return anybody.acting_as(own.access_key, Secret(own.secret_key), Secret(own.token))


def _tried(plan: Plan, stage: Stage, account: str, by: tuple[Calls, Clients]) -> str:
    """Return what is wrong with one identity in one account; nothing if all is well."""
    calls, reader = by
    try:
        whom = directory(plan.profiles).find(str(stage.identity.name), account, DEPLOYS)
        given = begin(whom, reader, _SECONDS, os.environ).process_output()
    except (CredentialsError, DirectoryError) as error:
        return f"gets no session: {error}; deploy `state` and `{account}` first"
    session = Session(
        str(given["AccessKeyId"]),
        str(given["SecretAccessKey"]),
        str(given["SessionToken"]),
        region_name=plan.site.region,
    )
    acting = replace(calls, session=session)
    try:
        if acting.ask("iam", "get_role", RoleName=DEPLOYS) is None:
            return f"finds no role `{DEPLOYS}`; deploy `{account}` first"
        if not _keeps_state(acting, plan, account):
            return f"finds no state of stack `{account}`; deploy it first"
    except InitError as error:
        return f"cannot do its work: {error}"
    return ""


def _keeps_state(acting: Calls, plan: Plan, account: str) -> bool:
    """Tell whether the stack's state is there for it, and holds something."""
    place = f".pulumi/stacks/{plan.site.project}/{account}.json"
    found = acting.ask("s3", "get_object", Bucket=plan.site.bucket, Key=place)
    return found is not None and b'"urn"' in found["Body"].read()
