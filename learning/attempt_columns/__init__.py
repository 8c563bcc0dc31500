"""Codec 1: frames of events in predicted columns (sync.md section 8, COLUMNS.md)."""
