"""Classes, learners, teachers: their records and rows, and the changes that people make."""
