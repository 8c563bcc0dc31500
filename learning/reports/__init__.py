"""What pages and commands read about a class and a learner."""
