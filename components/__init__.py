"""Pulumi components: one account's roles, groups, service users and people."""
