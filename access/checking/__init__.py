"""What the checker of certificates stands on: reading policies, and finding what they are about."""
