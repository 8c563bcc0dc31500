"""A learner at a computer: her sitting, her set, and what her screens are given."""
