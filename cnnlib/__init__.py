"""Convolutional networks in NumPy, every number checked against PyTorch."""
