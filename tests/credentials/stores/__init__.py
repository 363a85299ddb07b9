"""Tests of the secrets stores."""
