"""The tenant's filing agent: classify, file and index the documents of the bucket ``dump``.

Uses only the standard library, so that it runs in any Python image, read-only and unprivileged.
"""
