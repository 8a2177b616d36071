"""The fixers: each repairs one kind of mechanical fault."""
