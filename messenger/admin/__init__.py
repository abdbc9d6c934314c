"""For tests and operators: faults on demand, and what the bot really sent."""
