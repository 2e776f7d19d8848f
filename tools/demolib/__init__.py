"""The demonstration behind `make demo` and `make demo-life`."""
