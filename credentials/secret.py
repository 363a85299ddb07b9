"""Secret: the one type that holds a secret, and shows it only to whoever asks by name."""

import hmac
from typing import NoReturn, SupportsIndex, final


@final
class Secret:
    """Text that no `repr`, `str`, format, copy, pickle or traceback shows; `reveal` returns it."""

    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        # A closure, so that tools that print an object's attributes find a function.
        self._reveal = lambda: value

    def reveal(self) -> str:
        """The secret itself: pass it on in the same expression and keep it in no variable."""
        return self._reveal()

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    __hash__ = None  # type: ignore[assignment] # a hash would tell equal secrets apart from others

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret is neither copied nor pickled; pass the object on")
