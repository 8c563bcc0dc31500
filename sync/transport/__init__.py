"""Drivers of the sync session: they move bytes and decide nothing."""
