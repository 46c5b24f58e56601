"""The simulated Wave."""
