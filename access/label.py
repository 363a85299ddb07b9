"""Labels of facts: ARNs, or patterns of them, and whose policy or session they are told by."""

_UNDER = " under "
_WITH = " with "
_FOR = " acting for "

ANY = "any other policy"
"""In place of a boundary: one that nothing is known of, and that may limit nothing."""


def under(label: str, boundary: str | None) -> str:
    """Return the label of the same principal, where a policy is its permissions boundary."""
    return bare(label) if boundary is None else f"{bare(label)}{_UNDER}{boundary}"


def bare(label: str) -> str:
    """Return the ARN, or the pattern of ARNs, of a label."""
    if maker(label) is not None:
        return label.partition(_FOR)[0]
    return label.partition(_UNDER)[0] if _UNDER in label else label


def bound(label: str) -> str | None:
    """Return the boundary that a label states; `None` if it states none."""
    return None if maker(label) is not None else label.partition(_UNDER)[2] or None


def acting(federated: str, user: str) -> str:
    """Return the label of federated users that a user, or an administrator, makes sessions for."""
    return f"{federated}{_FOR}{user}"


def maker(label: str) -> str | None:
    """Return the label of whose permissions federated users have; `None` if it is not of such."""
    if _FOR not in label or ":federated-user/" not in label:
        return None
    return label.partition(_FOR)[2]


def given(holder: str, policy: str) -> str:
    """Return the label of a managed policy's being attached to a principal or group."""
    return f"{holder}{_WITH}{policy}"


def taken_apart(attached: str) -> tuple[str, str]:
    """Return the holder and the policy of what `given` has made."""
    holder, _, policy = attached.partition(_WITH)
    return holder, policy
