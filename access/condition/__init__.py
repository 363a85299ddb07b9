"""Conditions, three-valued: what the tests of a statement come to in a context."""

from access.condition.evaluate import Tested, test

__all__ = ["Tested", "test"]
