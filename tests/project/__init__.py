"""The repository itself: locks, floors, documents, the wheel."""
