"""Class lists from elsewhere and back: tables and OneRoster in, a plan, whole imports, exports."""
