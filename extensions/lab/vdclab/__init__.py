"""The lab: Hetzner Cloud and Exoscale on one machine, for trying, testing and developing."""
