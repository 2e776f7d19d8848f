"""The lab's mail server: it takes every mail and delivers none."""
