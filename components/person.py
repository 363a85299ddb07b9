"""Person: a human who is not federated, as a user of the state account."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.identity import bounded_user
from iam_profiles.documents import PersonDocuments


@dataclass(frozen=True, slots=True)
class PersonArgs:
    """One person, and the boundary of people."""

    person: PersonDocuments
    boundary: iam.Policy


class Person(pulumi.ComponentResource):
    """A user who can do nothing but what the groups say, and leaves nothing behind when they go."""

    user: iam.User

    def __init__(
        self, name: str, args: PersonArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("iamprofiles:index:Person", name, opts=opts)
        self.user = bounded_user(
            args.person,
            boundary=args.boundary,
            # People enrol their own MFA devices; AWS would refuse to delete a user who has one.
            force_destroy=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"userArn": args.person.arn})
