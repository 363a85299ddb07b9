"""AWS authorization, pure: patterns, policies, conditions, decisions. Knows AWS, not us."""
