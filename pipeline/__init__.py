"""Stacks by Pulumi Automation: preview, plan, update, repair."""
