"""What a person configured: cameras, budgets, schedules, receivers."""
