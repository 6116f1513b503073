"""The only writer: scores to events, budgets, retention, what is to be told."""
