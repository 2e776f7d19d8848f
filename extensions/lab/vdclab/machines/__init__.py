"""What stands behind a server: nothing (``none``) or a QEMU guest (``qemu``)."""
