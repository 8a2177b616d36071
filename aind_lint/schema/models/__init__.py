"""The models of the installed schema packages."""
