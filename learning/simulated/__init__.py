"""Invented learners, who use the product through the same code as real ones."""
