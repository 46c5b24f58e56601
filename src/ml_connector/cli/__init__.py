"""The door for a person at a terminal."""
