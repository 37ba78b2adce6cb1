"""What both kernels share: frozen tables, draws."""
