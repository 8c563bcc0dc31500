"""Fits of parameters at a node: made, signed, sent, adopted."""
