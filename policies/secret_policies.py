"""Whether what guards a stored key is the model's: each secret's policy and KMS key, each key's."""

from collections.abc import Iterator, Mapping, Sequence

from iam_profiles.model import Profiles
from iam_profiles.paths import secret_name
from iam_profiles.render_stores import key_alias, secret_policy, store_keys
from policies.finding import Finding
from policies.iam import same_document
from policies.known_types import KMS_ALIAS, KMS_KEY, SECRET
from policies.registered import Registered, Resource

_OPEN = "remove `policy`; name who may read in `secrets_store.keepers`"


def secret_policies(stack: Registered, profiles: Profiles) -> Iterator[Finding]:
    """Find what may give a stored key to others than the model's readers and keepers."""
    organization = profiles.organization
    classes = {
        secret_name(organization, user.identity_class, user.name): user.identity_class
        for user in profiles.service_users
    }
    for secret in stack.of_type(SECRET):
        name = secret.text("name")
        of_class = classes.get(name) if isinstance(name, str) else None
        if of_class is None:
            yield from _of_others(secret)
        else:
            yield from _policy(secret, secret_policy(organization, of_class))
            yield from _key(secret, key_alias(organization, of_class))
    yield from _key_policies(stack, {one.alias: one.policy for one in store_keys(profiles)})


def _key_policies(stack: Registered, policies: Mapping[str, str]) -> Iterator[Finding]:
    """Find keys, and names of keys, that are not the model's, `{alias: policy}`."""
    keys = tuple(stack.of_type(KMS_KEY))
    names = {key.urn: _name_of(key, policies) for key in keys}
    for key in keys:
        if names[key.urn] is None:
            yield Finding(
                key.urn,
                "the KMS key's policy is not the model's: others may decrypt with it",
                "write `policy` from the model, as a plain string, or keep the key elsewhere",
            )
    for alias in stack.of_type(KMS_ALIAS):
        name = alias.text("name")
        if name not in policies:
            yield Finding(
                alias.urn,
                "the alias is not the model's: it may name another key than secrets ask for",
                "remove it, or set `secrets_store.customer_key`",
            )
        # A key that is nobody's is refused above.
        elif not _names_one_of(alias, [key for key in keys if names[key.urn] in (name, None)]):
            yield Finding(
                alias.urn,
                "the alias names another key than the model's of this class",
                "give it the `key_id` of that key, as the engine hands it over",
            )


def _name_of(key: Resource, policies: Mapping[str, str]) -> str | None:
    """The alias of the class whose key this is by its policy; None if it is nobody's."""
    policy = key.inputs.get("policy")
    return next((alias for alias, one in policies.items() if same_document(policy, one)), None)


def _names_one_of(alias: Resource, keys: Sequence[Resource]) -> bool:
    """Whether an alias names one of these keys; one that is made with it has no id yet."""
    target = alias.text("targetKeyId")
    if isinstance(target, str):
        return any(target in (key.outputs.get("keyId"), key.outputs.get("arn")) for key in keys)
    return alias.sources.get("targetKeyId", ()) in {(key.urn,) for key in keys}


def _of_others(secret: Resource) -> Iterator[Finding]:
    if secret.inputs.get("policy") not in (None, ""):
        found = "the secret has a resource policy, which may give a stored key to anybody"
        yield Finding(secret.urn, found, _OPEN)


def _policy(secret: Resource, wanted: str | None) -> Iterator[Finding]:
    if wanted is None:
        yield from _of_others(secret)
    elif not same_document(secret.inputs.get("policy"), wanted):
        yield Finding(
            secret.urn,
            "the secret's resource policy is not the model's: others may read the key",
            "write `policy` from the model, as a plain string",
        )


def _key(secret: Resource, wanted: str | None) -> Iterator[Finding]:
    if (secret.inputs.get("kmsKeyId") or None) != wanted:
        yield Finding(
            secret.urn,
            "the secret is not encrypted with the model's key",
            f"set `kmsKeyId` to `{wanted}`" if wanted else "remove `kmsKeyId`",
        )
