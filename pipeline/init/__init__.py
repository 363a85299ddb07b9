"""From nothing to an organisation: its files, its state bucket and key, its first stacks."""
