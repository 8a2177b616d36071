"""Reading and writing text: characters, quantities, spelling suggestions, positions in JSON, YAML, date-times."""
