"""Machine routes: decode, call, encode."""
