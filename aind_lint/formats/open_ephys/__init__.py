"""Recordings of the Open Ephys GUI in its binary format, its settings, and compressed copies of recordings."""
