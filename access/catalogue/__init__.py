"""The catalogue of steps: every known way in which control of a principal spreads, as data."""

from access.catalogue.actions import (
    harmless,
    passive,
    passive_services,
    readable,
    strange,
    unclassified,
)
from access.catalogue.load import published, steps, version
from access.catalogue.step import Gain, Kind, Need, On, Step, Target

__all__ = [
    "Gain",
    "Kind",
    "Need",
    "On",
    "Step",
    "Target",
    "harmless",
    "passive",
    "passive_services",
    "published",
    "readable",
    "steps",
    "strange",
    "unclassified",
    "version",
]
