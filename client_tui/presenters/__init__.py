"""State to lines: pure, shared by the full screen and plain mode."""
