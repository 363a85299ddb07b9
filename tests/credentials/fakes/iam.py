"""IAM's operations on users' access keys."""

# ruff: noqa: N803 - the parameters have AWS's names

from collections.abc import Iterator
from typing import Any

from tests.credentials.fakes.account import FakeAws, Key, operation, refuse


class Iam:
    """IAM's operations on users' access keys."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def _of(self, user: str, called: str) -> list[Key]:
        if user not in self._aws.users:
            refuse(called, "NoSuchEntity", f"The user with name {user} cannot be found.", 404)
        return [key for key in self._aws.keys.values() if key.user == user]

    @operation("GetUser")
    def get_user(self, *, UserName: str) -> dict[str, Any]:
        self._of(UserName, "GetUser")
        return {"User": {"UserName": UserName, "Arn": self._aws.users[UserName]}}

    @operation("CreateAccessKey")
    def create_access_key(self, *, UserName: str) -> dict[str, Any]:
        """At most two keys, active or not [QUOTA]; the secret is shown this once [KEYS]."""
        aws = self._aws
        if len(self._of(UserName, "CreateAccessKey")) >= 2:
            refuse("CreateAccessKey", "LimitExceeded", "", 409)
        number, now = len(aws.minted) + 1, aws.clock.now
        key = Key(
            f"AKIA{number:016d}",
            f"canary/{number:04d}+{'s' * 28}",
            UserName,
            now.replace(microsecond=0),
            now + aws.list_delay,
            now + aws.use_delay,
            now + aws.grant_delay,
        )
        aws.keys[key.id] = key
        aws.minted.append(key)
        return {
            "AccessKey": {
                "UserName": UserName,
                "AccessKeyId": key.id,
                "Status": "Active",
                "SecretAccessKey": key.secret,
                "CreateDate": key.created_at,
            }
        }

    def _one(self, user: str, key_id: str, called: str) -> Key:
        found = next((key for key in self._of(user, called) if key.id == key_id), None)
        if found is None:
            refuse(called, "NoSuchEntity", f"The Access Key with id {key_id} cannot be found.", 404)
        return found

    @operation("UpdateAccessKey")
    def update_access_key(self, *, UserName: str, AccessKeyId: str, Status: str) -> None:
        self._one(UserName, AccessKeyId, "UpdateAccessKey").active = Status == "Active"

    @operation("DeleteAccessKey")
    def delete_access_key(self, *, UserName: str, AccessKeyId: str) -> None:
        aws = self._aws
        key = self._one(UserName, AccessKeyId, "DeleteAccessKey")
        del aws.keys[key.id]
        aws.graves[key.id] = (key, aws.clock.now + aws.end_delay)

    @operation("ListAccessKeys")
    def _list_access_keys(self, user: str) -> dict[str, Any]:
        """IAM is eventually consistent: a new key may be missing for a while [EVENT]."""
        now = self._aws.clock.now
        return {
            "AccessKeyMetadata": [
                {
                    "UserName": user,
                    "AccessKeyId": key.id,
                    "Status": "Active" if key.active else "Inactive",
                    "CreateDate": key.created_at,
                }
                for key in self._of(user, "ListAccessKeys")
                if key.listed_from <= now
            ],
            "IsTruncated": False,
        }

    def get_paginator(self, name: str) -> "Iam":
        assert name == "list_access_keys"
        return self

    def paginate(self, *, UserName: str) -> Iterator[dict[str, Any]]:
        yield self._list_access_keys(UserName)

    @operation("GetAccessKeyLastUsed")
    def get_access_key_last_used(self, *, AccessKeyId: str) -> dict[str, Any]:
        """The date is left out for a key that was never used [IAM]."""
        if AccessKeyId not in self._aws.keys:
            refuse("GetAccessKeyLastUsed", "AccessDenied", "", 403)
        used = self._aws.keys[AccessKeyId].used_at
        date = {"LastUsedDate": used} if used else {}
        return {"AccessKeyLastUsed": {**date, "ServiceName": "sts" if used else "N/A"}}

    @operation("DeleteUser")
    def delete_user(self, *, UserName: str) -> None:
        """A user with keys is not deleted [IAM]."""
        if self._of(UserName, "DeleteUser"):
            refuse("DeleteUser", "DeleteConflict", "", 409)
        del self._aws.users[UserName]
