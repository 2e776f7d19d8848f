"""The lab's HTTP servers: both clouds, S3 and the control plane ``/_lab/``."""
