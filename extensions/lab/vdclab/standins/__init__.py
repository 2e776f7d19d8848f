"""Stand-ins for programs that Debian does not have, for the lab's container images.

Each speaks the few calls that a tenant's agent makes, in the shape of the real program, checks
credentials as that does, and keeps what it is given on its volume. Standard library only: this
folder is copied into images as it is.
"""
