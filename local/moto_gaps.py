"""What moto leaves out: users' boundaries and ends, codes of MFA devices, how labels move."""

import itertools
from datetime import UTC, datetime, timedelta

from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return
from moto.iam import urls as iam_urls
from moto.iam.access_control import PermissionResult
from moto.iam.exceptions import DeleteConflictException, IAMException, NoSuchEntity
from moto.iam.models import IAMBackend, User
from moto.iam.policy_validation import VALID_RESOURCE_PATH_STARTING_VALUES
from moto.iam.responses import IamResponse
from moto.s3.models import FakeBucket
from moto.secretsmanager import urls as secretsmanager_urls
from moto.secretsmanager.exceptions import InvalidParameterException, InvalidRequestException
from moto.secretsmanager.models import FakeSecret
from moto.secretsmanager.responses import SecretsManagerResponse

from local import totp
from local.managed_policies import of_account


def fill_gaps() -> None:
    """Have moto answer with what is added here."""
    for path in iam_urls.url_paths:
        iam_urls.url_paths[path] = CompleteIam.dispatch
    for path in secretsmanager_urls.url_paths:
        secretsmanager_urls.url_paths[path] = CompleteSecretsManager.dispatch
    # For each account and partition anew, moto reads a file of AWS's managed policies.
    IAMBackend._init_aws_policies = of_account  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - slow
    # moto reads a bucket's policy without its conditions; the gate has decided before it is asked.
    FakeBucket.get_permission = _permitted
    # moto's own message says that the path may be `*`; its table leaves it out.
    VALID_RESOURCE_PATH_STARTING_VALUES["iam"]["values"].append("*")


def _permitted(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    del self, action, resource
    return PermissionResult.PERMITTED


def boundary_arn(user: User) -> str | None:
    """Return the ARN of a user's permissions boundary."""
    found = vars(user).get("permissions_boundary")
    return found["PermissionsBoundaryArn"] if found else None


class CompleteIam(IamResponse):
    """moto's IAM, and what the local cloud relies on besides."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = {  # noqa: RUF012 - as moto declares it
        **IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER,
        "ListUsersResponse.Users.User.PermissionsBoundary": never_return,
    }

    def create_user(self) -> ActionResult:
        """Keep a new user's permissions boundary."""
        boundary = self._get_param("PermissionsBoundary")
        if boundary:
            _check_boundary(self.backend, boundary)
        answer = super().create_user()
        if boundary:
            _set_boundary(self.backend.get_user(self._get_param("UserName")), boundary)
        return answer

    def put_user_permissions_boundary(self) -> EmptyResult:
        """Set a user's permissions boundary."""
        boundary = self._get_param("PermissionsBoundary")
        user = self.backend.get_user(self._get_param("UserName"))
        _check_boundary(self.backend, boundary)
        _set_boundary(user, boundary)
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> EmptyResult:
        """Take a user's permissions boundary away."""
        user = self.backend.get_user(self._get_param("UserName"))
        if boundary_arn(user) is None:
            raise NoSuchEntity(f"The user with name {user.name} has no permissions boundary.")
        del vars(user)["permissions_boundary"]
        return EmptyResult()

    def update_user(self) -> ActionResult:
        """Keep a moved or renamed user's tags, which moto loses with the old ARN."""
        user, tagger = self.backend.get_user(self._get_param("UserName")), self.backend.tagger
        tags = tagger.list_tags_for_resource(user.arn)["Tags"]
        tagger.delete_all_tags_for_resource(user.arn)
        answer = super().update_user()
        tagger.tag_resource(user.arn, tags)
        return answer

    def update_group(self) -> ActionResult:
        """Move a group that keeps its name, which moto leaves where it is."""
        if self._get_param("NewGroupName"):
            return super().update_group()
        group = self.backend.get_group(self._get_param("GroupName"))
        group.path = self._get_param("NewPath") or group.path
        return EmptyResult()

    def delete_user(self) -> ActionResult:
        """Refuse to delete a user who still has something, as AWS does.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
        """
        user = self.backend.get_user(self._get_param("UserName"))
        left = {
            "delete access keys": user.access_keys,
            "remove users from group": self.backend.get_groups_for_user(user.name),
            "delete MFA device": user.mfa_devices,
        }
        for what, found in left.items():
            if found:
                raise DeleteConflictException(f"Cannot delete entity, must {what} first.")
        return super().delete_user()

    def add_client_id_to_open_id_connect_provider(self) -> EmptyResult:
        """Take another audience; one that is there already is no error."""
        audiences = self._audiences()
        if (client := self._get_param("ClientID")) not in audiences:
            audiences.append(client)
        return EmptyResult()

    def remove_client_id_from_open_id_connect_provider(self) -> EmptyResult:
        """Take an audience away; one that is not there is no error."""
        audiences = self._audiences()
        if (client := self._get_param("ClientID")) in audiences:
            audiences.remove(client)
        return EmptyResult()

    def _audiences(self) -> list[str]:
        arn = self._get_param("OpenIDConnectProviderArn")
        return self.backend.get_open_id_connect_provider(arn).client_id_list

    def enable_mfa_device(self) -> ActionResult:
        """Enable a virtual device for who shows two codes of it in a row, as AWS does."""
        serial = self._get_param("SerialNumber")
        device = self.backend.virtual_mfa_devices.get(serial)
        if device is None:
            raise NoSuchEntity(f"VirtualMFADevice with serial number {serial} does not exist.")
        codes = (self._get_param("AuthenticationCode1"), self._get_param("AuthenticationCode2"))
        now = datetime.now(UTC)
        lately = [now + timedelta(seconds=30 * away) for away in range(-3, 4)]
        shown = [totp.code(device.base32_string_seed, at) for at in lately]
        if codes not in itertools.pairwise(shown):
            raise IAMException(
                "InvalidAuthenticationCode", "Authentication code for device is not valid."
            )
        return super().enable_mfa_device()


class CompleteSecretsManager(SecretsManagerResponse):
    """moto's Secrets Manager, with versions and labels that change as AWS changes them."""

    def put_secret_value(self) -> str:
        """Store a version; the same one again changes nothing, whatever labels it is to have.

        Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
        """
        secret, token = self._open_secret(), self._get_param("ClientRequestToken")
        there = secret.versions.get(token)
        if there is not None and there.get("secret_string") == self._get_param("SecretString"):
            return secret.to_short_dict(include_version_stages=True, version_id=token)
        return super().put_secret_value()

    def _open_secret(self) -> FakeSecret:
        """Return the secret that is meant, unless it waits for its end."""
        secret = self.backend.describe_secret(self._get_param("SecretId"))
        if not isinstance(secret, FakeSecret) or secret.is_deleted():
            raise InvalidRequestException(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return secret

    def update_secret_version_stage(self) -> str:
        """Move a label, from where the caller says that it is; AWSCURRENT is never taken off.

        Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
        """
        label, target = self._get_param("VersionStage"), self._get_param("MoveToVersionId")
        secret = self._open_secret()
        if label == "AWSCURRENT" and not target:
            raise InvalidParameterException(
                "You can't remove the staging label AWSCURRENT; you can only move it."
            )
        if not self._get_param("RemoveFromVersionId"):
            for name, version in secret.versions.items():
                if label in version["version_stages"] and name != target:
                    raise InvalidParameterException(
                        "The parameter RemoveFromVersionId can't be empty. Staging label "
                        f"{label} is currently attached to version {name}, so you must "
                        "explicitly reference that version in RemoveFromVersionId."
                    )
        answer = super().update_secret_version_stage()
        if label == "AWSCURRENT":
            secret.set_default_version_id(target)
        return answer


def _set_boundary(user: User, arn: str) -> None:
    # moto's answers have what the object has, under the same name.
    vars(user)["permissions_boundary"] = {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": arn,
    }


def _check_boundary(iam: IAMBackend, arn: str) -> None:
    if arn not in iam.managed_policies:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")
