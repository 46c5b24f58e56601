"""One declarative file a pair of systems."""
