"""Service principals: one name for each service, however a policy spells it."""

import re

_SPELT = re.compile(
    r"(?P<name>[a-z0-9-]+(\.[a-z0-9-]+)*?)(\.[a-z]{2}(-[a-z]+)+-\d)?\.amazonaws\.com(\.cn)?"
)


def canonical(service: str) -> str:
    """Return the name that AWS documents for a service of which a Region's, or China's, is given.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
    """
    match = _SPELT.fullmatch(service)
    return f"{match['name']}.amazonaws.com" if match else service
