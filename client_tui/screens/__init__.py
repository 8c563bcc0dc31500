"""Full-screen screens: thin, each asks a presenter and sends commands."""
