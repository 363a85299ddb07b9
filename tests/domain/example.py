"""The example organisation, loaded once."""

from pathlib import Path

from iam_profiles.load import load

FOLDER = Path(__file__).parents[2] / "profiles"
EXAMPLE = load(FOLDER)
