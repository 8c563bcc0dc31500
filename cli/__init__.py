"""One command, `darasa`: late imports; the only place where both apps meet."""
