"""The engine's provider `iamprofiles`: a service user's key as a resource, without its secret."""
