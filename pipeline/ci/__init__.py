"""What a CI system is told: who deploys which accounts, in which order, by which commands."""
