"""Conditions, three-valued: what the tests of a statement come to in a context."""

from access.condition.evaluate import DOUBT, Tested, test

__all__ = ["DOUBT", "Tested", "test"]
