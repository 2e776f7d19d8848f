"""Hetzner Cloud's API, /v1."""
