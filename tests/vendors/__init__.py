"""One folder of tests for each vendor."""
