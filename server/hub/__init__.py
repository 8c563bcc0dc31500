"""What only the hub does."""
