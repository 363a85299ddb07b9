"""What may be written under `federation`: one shape per kind of issuer, whose claims are exact."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from iam_profiles.source.text import Text, refusal
from iam_profiles.source.written import Written

# No value may hold what a policy takes for a wildcard or a variable: `*`, `?` and `$`.
_EXACT = "[!-#%-)+->@-~]"
_REF = "[A-Za-z0-9_][A-Za-z0-9_./+#@-]*"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

Repository = Annotated[
    str,
    Text(
        "[A-Za-z0-9-]+/[A-Za-z0-9_.-]+|[A-Za-z0-9-]+@[0-9]+/[A-Za-z0-9_.-]+@[0-9]+",
        180,
        "`owner/repository`, or `owner@id/repository@id` if its tokens say so: one, in full",
        ("example/payments",),
    ),
]
GitRef = Annotated[
    str,
    Text(
        f"refs/(heads|tags)/{_REF}",
        200,
        "the ref in full, such as `refs/heads/main`",
        ("refs/heads/main",),
    ),
]
GitName = Annotated[str, Text(_REF, 200, "one branch or tag in full, such as `main`", ("main",))]
Environment = Annotated[
    str,
    Text("[A-Za-z0-9_.-]+([ /][A-Za-z0-9_.-]+)*", 200, "one environment in full", ("production",)),
]
ProjectPath = Annotated[
    str,
    Text(
        "[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+",
        200,
        "`group/project`: one, in full",
        ("example/payments",),
    ),
]
Uuid = Annotated[
    str, Text(_UUID, 36, "the UUID, in lower case", ("3d4f5a66-0b1c-4d2e-8f90-a1b2c3d4e5f6",))
]
# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
Issuer = Annotated[
    str,
    Text(
        "https://[a-z0-9-]+([.][a-z0-9-]+)+(/[A-Za-z0-9_.~-]+)*",
        255,
        "the issuer as its tokens say it: `https://`, a host in lower case and perhaps a path, "
        "without port, query or slash at the end",
        ("https://token.example.org",),
    ),
]
Audience = Annotated[
    str,
    Text(
        _EXACT + "+", 255, "one audience in full, without `*`, `?` and `$`", ("sts.amazonaws.com",)
    ),
]
Subject = Annotated[
    str,
    Text(
        f"{_EXACT}+( {_EXACT}+)*",
        255,
        "one subject in full, without `*`, `?` and `$`",
        ("system:deploy:production",),
    ),
]
Variable = Annotated[
    str, Text("[A-Za-z_][A-Za-z0-9_]*", 128, "the name of an environment variable", ("ID_TOKEN",))
]

_SUBJECT = "name what it deploys from: `environment`, or `ref`, or both"


class GithubEntry(Written):
    """A job of GitHub Actions."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "repo": "call it `repository`",
        "branch": "call it `ref`: `refs/heads/…`",
        "audience": "take it out: it is `sts.amazonaws.com`",
    }

    repository: Repository
    """The repository, `owner/name`; `owner@id/name@id` if its subjects are immutable."""
    ref: GitRef | None = None
    """The branch or tag, in full; this or `environment`, or both."""
    environment: Environment | None = None
    """The deployment environment; its protection rules then guard the identity."""

    @model_validator(mode="after")
    def one_subject(self) -> Self:
        """Refuse a whole repository: any branch, and any pull request, would be the identity."""
        if self.ref is None and self.environment is None:
            raise refusal("a whole repository: any branch and pull request of it", _SUBJECT)
        return self


class CircleciEntry(Written):
    """A job of a CircleCI project."""

    organization: Uuid
    """The organization's id: Organization Settings, Overview."""
    project: Uuid
    """The project's id: Project Settings, Overview."""


class GitlabEntry(Written):
    """A job of GitLab CI/CD."""

    url: Issuer | None = None
    """The address of the instance; `https://gitlab.com` unless given."""
    project: ProjectPath
    """The project's path, `group/project`."""
    ref_type: Literal["branch", "tag"] | None = None
    """What `ref` is; `branch` unless given."""
    ref: GitName
    """The branch or tag."""
    audience: Audience | None = None
    """The `aud` of the job's `id_tokens`; `sts.amazonaws.com` unless given."""
    variable: Variable | None = None
    """Where the job has its token; `AWS_OIDC_TOKEN` unless given."""


class OidcEntry(Written):
    """Whoever is given tokens of this subject by any other OpenID Connect issuer."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "url": "call it `issuer`",
        "sub": "call it `subject`",
        "aud": "call it `audience`",
    }

    issuer: Issuer
    """The issuer's address, as the claim `iss` has it."""
    audience: Audience
    """The claim `aud`, exactly."""
    subject: Subject
    """The claim `sub`, exactly."""
    variable: Variable | None = None
    """Which environment variable has the token; a file is named to the command instead."""


class FederationEntry(Written):
    """Whose tokens stand for the identity: exactly one kind of issuer."""

    github: GithubEntry | None = None
    """GitHub Actions."""
    circleci: CircleciEntry | None = None
    """CircleCI."""
    gitlab: GitlabEntry | None = None
    """GitLab CI/CD, the public service or an instance of one's own."""
    oidc: OidcEntry | None = None
    """Any other issuer of OpenID Connect tokens."""

    @model_validator(mode="after")
    def one_issuer(self) -> Self:
        """Refuse none, and more than one."""
        given = [f"`{name}`" for name in self.given()]
        if len(given) != 1:
            found = " and ".join(given) if given else "no issuer"
            raise refusal(found, "give one of `github`, `circleci`, `gitlab` and `oidc`")
        return self
