"""What may be written under `secrets_store`: one shape per kind of store."""

import re
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from iam_profiles.source.text import Text, refusal
from iam_profiles.source.values import RecoveryWindow, SecretPrefix
from iam_profiles.source.wording import quoted
from iam_profiles.source.written import Written

_DEFAULT = "aws-secrets-manager"
_NAME = "{name}"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")

ParameterPrefix = Annotated[
    str,  # class, user and the state's number follow; AWS takes fifteen levels
    Text(
        "(?![Aa][Ww][Ss]|[Ss][Ss][Mm])[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,11}",
        256,
        "letters, digits and `_.-`, with `/` in between, not beginning with `aws` or `ssm`",
        ("iam-profiles",),
    ),
]
KmsKey = Annotated[
    str,
    Text(
        "alias/[A-Za-z0-9/_-]+|arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+",
        256,
        "the alias or the ARN of a KMS key",
        ("alias/iam-profiles",),
    ),
]
Mount = Annotated[
    str,
    Text(
        "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*",
        256,
        "letters, digits and `_.-`, with `/` in between",
        ("secret",),
    ),
]
Address = Annotated[
    str,
    Text(
        r"https://[!-~]+|http://(127[.]0[.]0[.]1|localhost|\[::1\])(:[0-9]+)?/?",
        256,
        "an address that begins with `https://`",
        ("https://vault.example.org:8200",),
    ),
]


def _names_the_text(line: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a line that does not tell whose text is meant, or that asks for the secret itself."""
    for text in line:
        if other := set(_PLACEHOLDER.findall(text)) - {_NAME}:
            found = f"{quoted(min(other))} in {quoted(text)}"
            raise refusal(found, "use `{name}` alone: the secret goes through stdin and stdout")
    if _NAME in line[0] or not any(_NAME in text for text in line):
        raise refusal(
            "a command line without `{name}` among its arguments",
            "write it where the tool takes the name: each service user has a text of its own",
        )
    return line


def _tells_absence(pattern: str) -> str:
    try:
        matches_all = re.compile(pattern).search("") is not None
    except re.error as error:
        raise refusal(f"{quoted(pattern)} ({error})", "write a regular expression") from None
    if matches_all:
        raise refusal(
            f"{quoted(pattern)}, which matches anything",
            "write what `read` says on stderr when nothing is there, and only then",
        )
    return pattern


CommandLine = Annotated[
    tuple[Annotated[str, Text("[ -~]+", 1024, "printable ASCII")], ...],
    Field(min_length=1, json_schema_extra={"uniqueItems": False}),
    AfterValidator(_names_the_text),
]
Absence = Annotated[str, Text("[ -~]+", 1024, "printable ASCII"), AfterValidator(_tells_absence)]


Keeper = Annotated[
    str,  # no pattern: each is named
    Text(
        "[A-Za-z0-9_+=,.@-]{1,64}|arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+",
        600,
        "the name of a role in `roles/`, or the ARN of a role or user",
        ("IamProfilesRole", "arn:aws:iam::111111111111:role/Deploy"),
    ),
]


class SecretsManagerEntry(Written):
    """AWS Secrets Manager, in the state account."""

    kind: Literal["aws-secrets-manager"] | None = None
    """AWS Secrets Manager, in the state account; also what holds if no kind is given."""
    prefix: SecretPrefix | None = None
    """Begins the name of every secret; `iam-profiles` unless given."""
    recovery_window: RecoveryWindow | None = None
    """How long a deleted secret can be restored, in whole days; `30d` unless given."""
    keepers: tuple[Keeper, ...] | None = Field(default=None, min_length=1)
    """Who mints, rotates and deploys: roles of the role set, as state has them, by name, or ARNs.
    If given, the secrets' own policies deny everybody else, but for the readers of each class;
    if not, they deny the readers of other classes only."""
    customer_key: bool | None = None
    """Whether each class has a KMS key of its own; `true` unless given."""


class ParameterStoreEntry(Written):
    """AWS Systems Manager's Parameter Store, in the state account."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "recovery_window": "take it out: a deleted parameter cannot be restored",
    }

    kind: Literal["aws-ssm-parameter-store"]
    """AWS Systems Manager's Parameter Store, in the state account."""
    prefix: ParameterPrefix | None = None
    """Begins the path of every parameter; `iam-profiles` unless given."""
    kms_key: KmsKey | None = None
    """A KMS key that is there already and encrypts the parameters; AWS's own unless given."""
    keepers: tuple[Keeper, ...] | None = Field(default=None, min_length=1)
    """Who mints, rotates and deploys: roles of the role set, as state has them, by name, or ARNs.
    They and the readers of each class decrypt with its `customer_key`, and nobody else."""
    customer_key: bool | None = None
    """Whether each class has a KMS key of its own; `false` unless given."""

    @model_validator(mode="after")
    def one_key_and_kept(self) -> Self:
        """Refuse two keys, and keepers of nothing."""
        if self.customer_key and self.kms_key is not None:
            raise refusal("both `kms_key` and `customer_key`", "give one of the two")
        if self.keepers and not self.customer_key:
            remedy = "add `customer_key: true`: a parameter has no policy of its own"
            raise refusal("`keepers` without `customer_key`", remedy)
        return self


class VaultEntry(Written):
    """HashiCorp Vault, or OpenBao: a KV version 2 mount."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "token": "take it out: sign in with `vault login`, or set VAULT_TOKEN",
        "recovery_window": "take it out: Vault keeps what was deleted until it is destroyed",
    }

    kind: Literal["vault"]
    """HashiCorp Vault, or OpenBao."""
    mount: Mount | None = None
    """Where the KV version 2 engine is mounted; `secret` unless given."""
    prefix: SecretPrefix | None = None
    """Begins the path of every secret; `iam-profiles` unless given."""
    address: Address | None = None
    """Vault's address; what VAULT_ADDR says unless given."""
    namespace: Mount | None = None
    """Vault's namespace; what VAULT_NAMESPACE says unless given."""


class ExecEntry(Written):
    """Any command line tool that reads, writes and deletes one text by name."""

    REMEDIES: ClassVar[dict[str, str]] = {
        "recovery_window": "take it out: the tool decides what can be restored",
    }

    kind: Literal["exec"]
    """A command line tool; no shell reads its lines."""
    prefix: SecretPrefix | None = None
    """Begins the name of every text; `iam-profiles` unless given."""
    read: CommandLine
    """Prints the text `{name}` on stdout."""
    write: CommandLine
    """Stores its stdin as the text `{name}`, in place of what is there."""
    create: CommandLine | None = None
    """Stores its stdin where nothing is yet; `write` unless given."""
    delete: CommandLine
    """Deletes the text `{name}`."""
    absent: Absence
    """A pattern of what `read` says on stderr, and fails, when nothing is there."""
    timeout_seconds: int | None = Field(default=None, ge=1, le=60)
    """How long a call of the tool may take; 20 unless given."""


def _kind_of(value: object) -> str:
    """Return which shape is meant; whatever is no mapping is refused by any of them."""
    if isinstance(value, Written):
        return cast("str | None", getattr(value, "kind", None)) or _DEFAULT
    fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return str(fields.get("kind", _DEFAULT))


SecretsStoreEntry = Annotated[
    Annotated[SecretsManagerEntry, Tag(_DEFAULT)]
    | Annotated[ParameterStoreEntry, Tag("aws-ssm-parameter-store")]
    | Annotated[VaultEntry, Tag("vault")]
    | Annotated[ExecEntry, Tag("exec")],
    Discriminator(_kind_of),
]
