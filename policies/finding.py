"""What a rule reports: where, what was found, what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse the stack; `urn` is the resource to change, or `None` for the stack."""

    urn: str | None
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.found}; {self.remedy}"
