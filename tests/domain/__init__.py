"""Tests of `iam_profiles`: the model, its loader, and what is rendered from it."""
