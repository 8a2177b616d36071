"""What DANDI demands of NWB files."""
