"""Tests of the kernel: bytes in, swapped bytes out."""
