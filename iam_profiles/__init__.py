"""The domain, pure: the model, its loader, and the IAM documents rendered from it."""
