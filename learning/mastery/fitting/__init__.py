"""Fitting parameters to answers: numpy and scipy, at the hub only (extra `hub`)."""
