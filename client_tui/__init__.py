"""The learner's client: full screen and line by line over the same presenters."""
