"""Destinations: how they store objects, and what they contain of an asset."""
