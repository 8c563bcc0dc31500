"""Mastery models, one a file, each with its paper and equation, behind one interface."""
