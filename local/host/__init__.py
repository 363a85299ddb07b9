"""A stand-in for Pulumi's Python language host, which cannot be had as a Go module."""
