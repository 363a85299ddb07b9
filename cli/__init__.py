"""The iam-profiles command."""
