"""Who may say what, which events count, and the decisions of people that change it."""
