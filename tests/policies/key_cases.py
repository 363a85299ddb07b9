"""Cases of `no_key_in_state`; the keys are AWS's own examples."""

from tests.policies.cases import Case, Change, unchanged
from tests.policies.worlds import UNKNOWN_INPUT, World

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PROVIDER = "pulumi:providers:aws"
PARAMETER = ("aws:ssm/parameter:Parameter", "p")
SECRET = ("aws:secretsmanager/secret:Secret", "platform-prod")
STORED = ("iamprofiles:index:StoredAccessKey", "k")


def exporting(**outputs: object) -> Change:
    return lambda world: world.outputs.update(outputs)


def _registering(title: str, type_: str, found: str, **inputs: object) -> Case:
    def change(world: World) -> None:
        world.add(type_, "x", **inputs)

    return Case("violating", title, "state", change, found, (type_, "x"))


CASES = [
    *(
        Case("passing", f"the example's {account} stack", account, unchanged)
        for account in ("state", "prod")
    ),
    _registering("the engine makes a key", "AccessKey", "secret access key", user="ana"),
    _registering("the engine makes a password", "UserLoginProfile", "password", user="ana"),
    _registering("a public key for CodeCommit", "SshKey", "a credential", username="ana"),
    _registering("a certificate", "SigningCertificate", "a credential", userName="ana"),
    _registering("a service's password", "ServiceSpecificCredential", "password", userName="ana"),
    _registering(
        "a secret's value", "aws:secretsmanager/secretVersion:SecretVersion", "the secret's value"
    ),
    _registering(
        *("a parameter that is secret", "aws:ssm/parameter:Parameter", "a SecureString"),
        type="SecureString",
        value="x",
    ),
    _registering("a dynamic provider", "pulumi-python:dynamic:Resource", "dynamic provider"),
    _registering(
        "a dynamic provider's own type", "pulumi-python:dynamic/keys:Key", "dynamic provider"
    ),
    _registering("a provider that is given a key", PROVIDER, "an AWS key", secretKey="anything"),
    _registering("a provider that is given a session", PROVIDER, "an AWS key", token="anything"),
    Case(
        *("violating", "key and id in a tag", "state"),
        lambda world: world.change(*SECRET, tags={"note": f"{KEY_ID}:{SECRET_KEY}"}),
        *("looks like an AWS key", SECRET),
    ),
    Case(
        *("violating", "key and id as outputs", "state"),
        exporting(id=KEY_ID, key=SECRET_KEY),
        *("looks like an AWS key", ("pulumi:pulumi:Stack", "state")),
    ),
    Case(
        *("violating", "a temporary key, nested in a list", "state"),
        exporting(all=[{"id": "ASIAIOSFODNN7EXAMPLE"}, [SECRET_KEY]]),
        *("looks like an AWS key", ("pulumi:pulumi:Stack", "state")),
    ),
    Case(
        *("violating", "a key under its id", "state"),
        exporting(**{KEY_ID: SECRET_KEY}),
        *("looks like an AWS key", ("pulumi:pulumi:Stack", "state")),
    ),
    Case(
        *("violating", "an output called as a key is", "state"),
        exporting(secretAccessKey="anything"),
        *("looks like an AWS key", ("pulumi:pulumi:Stack", "state")),
    ),
    Case(
        *("unknown", "whether a parameter is secret", "state"),
        lambda world: world.add(*PARAMETER, type=UNKNOWN_INPUT, value="x"),
        *("or may be, a SecureString", PARAMETER),
    ),
    Case(
        *("unknown", "an output called as a key is", "state"),
        exporting(secret_access_key=UNKNOWN_INPUT),
        *("looks like an AWS key", ("pulumi:pulumi:Stack", "state")),
    ),
    Case(
        *("near miss", "a parameter that is not secret", "state"),
        lambda world: world.add(*PARAMETER, type="String", value="x"),
    ),
    Case(
        *("near miss", "a provider that takes its credentials from a profile", "state"),
        lambda world: world.add(PROVIDER, "p", profile="iam-profiles-state"),
    ),
    Case(
        *("near miss", "a key's id alone", "state"),
        lambda world: world.add(*STORED, accountId="111111111111", accessKeyId=KEY_ID),
    ),
    Case(
        *("near miss", "a key's id and a digest in hexadecimal", "state"),
        exporting(id=KEY_ID, commit="da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ),
    Case(
        *("near miss", "a key's id and an ARN that is as long", "state"),
        exporting(id=KEY_ID, role=f"arn:aws:iam::111111111111:role/PlatformRoles/{'Role2' * 4}X"),
    ),
    Case(
        *("near miss", "forty such characters within a longer text", "state"),
        exporting(id=KEY_ID, token=f"{SECRET_KEY}A"),
    ),
]
