"""What is shared: logs, their protocol, and their storage. Knows nothing of teaching."""
