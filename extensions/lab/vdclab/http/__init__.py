"""The lab on sockets: both clouds, S3, image registry, /_lab/."""
