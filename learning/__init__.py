"""What is known of learners: event kinds, mastery, planner, class records, read models."""
