"""The tenant's filing agent: what lands in the dump bucket is classified, filed and indexed.

Standard library only, so that it runs in any Python image, read-only and unprivileged.
"""
