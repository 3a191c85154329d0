"""Singing voice separation."""
