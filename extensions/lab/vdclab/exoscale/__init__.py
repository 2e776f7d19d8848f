"""Exoscale's API, /v2, one port a zone."""
