"""The tenant's data path on real kernels: one site, on which the test modules run in the order of their names."""
