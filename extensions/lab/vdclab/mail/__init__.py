"""The lab's mail server: it accepts every mail and delivers none."""
