"""The tenant's data path on real kernels: one site, through which the modules go by their names."""
