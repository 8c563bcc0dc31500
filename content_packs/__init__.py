"""What is taught: packs, items, grading. Knows nothing of learners or of sync."""
