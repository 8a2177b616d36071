"""Reports for people and for programs: one module per format, each a function from a `Report` to text."""
