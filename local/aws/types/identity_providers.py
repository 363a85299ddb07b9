"""`aws.iam.OpenIdConnectProvider`."""

from typing import Any

from local.aws import rules
from local.aws.cloud import Cloud
from local.aws.table import Kind, Property, Resource, Values
from local.aws.types import common

_SCHEME = "https://"


def _create(cloud: Cloud, inputs: Values) -> str:
    return cloud.call(
        "iam.CreateOpenIDConnectProvider",
        Url=inputs["url"],
        ClientIDList=inputs["clientIdLists"],
        ThumbprintList=inputs.get("thumbprintLists", []),
        Tags=common.tag_list(inputs["tagsAll"]),
    )["OpenIDConnectProviderArn"]


def _read(cloud: Cloud, identifier: str, state: Values) -> dict[str, Any]:
    found = cloud.call("iam.GetOpenIDConnectProvider", OpenIDConnectProviderArn=identifier)
    there, known = found["ClientIDList"], state.get("clientIdLists", [])
    # In the order known, as far as it is: to AWS it is a set.
    audiences = sorted(there, key=lambda one: known.index(one) if one in known else len(known))
    return {
        "arn": identifier,
        "clientIdLists": audiences,
        "tagsAll": common.tag_map(found.get("Tags")),
        "thumbprintLists": found.get("ThumbprintList", []),
        # AWS leaves the scheme out; the official plugin takes both for the same.
        "url": _SCHEME + found["Url"],
    }


def _update(cloud: Cloud, identifier: str, old: Values, new: Values) -> None:
    key = {"OpenIDConnectProviderArn": identifier}
    before, after = {*old.get("clientIdLists", [])}, {*new["clientIdLists"]}
    for audience in sorted(after - before):
        cloud.call("iam.AddClientIDToOpenIDConnectProvider", **key, ClientID=audience)
    for audience in sorted(before - after):
        cloud.call("iam.RemoveClientIDFromOpenIDConnectProvider", **key, ClientID=audience)
    thumbprints = new.get("thumbprintLists")
    if thumbprints and {*thumbprints} != {*old.get("thumbprintLists", [])}:
        cloud.call("iam.UpdateOpenIDConnectProviderThumbprint", **key, ThumbprintList=thumbprints)
    common.update_tags(cloud, "OpenIDConnectProvider", key, old, new)


def _delete(cloud: Cloud, identifier: str, _: Values) -> None:
    cloud.call("iam.DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=identifier)


RESOURCES = (
    Resource(
        type="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        title="IAM OIDC Provider",
        properties=(
            Property(
                name="clientIdLists",
                kind=Kind.SET,
                shape="iam.AddClientIDToOpenIDConnectProvider.ClientID",
                required=True,
            ),
            common.tags("iam.CreateOpenIDConnectProvider.Tags"),
            Property(
                name="thumbprintLists",
                kind=Kind.SET,
                shape="iam.CreateOpenIDConnectProvider.ThumbprintList.member",
                rules=(rules.thumbprint,),
                computed=True,
            ),
            Property(
                name="url",
                shape="iam.CreateOpenIDConnectProvider.Url",
                rules=(rules.issuer,),
                required=True,
                force_new=True,
            ),
        ),
        outputs=("arn",),
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
