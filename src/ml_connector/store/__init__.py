"""What survives a restart. Knows no vendor."""
