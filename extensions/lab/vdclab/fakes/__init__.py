"""Fakes of programs that Debian does not package, for the lab's container images.

Each answers the few calls that a tenant's agent makes in the format of the real program, checks
credentials as that does, and stores data on its volume. Standard library only: this directory is
copied into the images.
"""
