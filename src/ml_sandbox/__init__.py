"""Simulated vendors: an independent witness of what the engine does. Imports nothing of it."""
