"""What teachers set for a class or some of its learners: its record, rows, and who has got it."""
