"""The door for vendors and for monitoring: webhook intake, health, metrics."""
