"""The containers of compressed chunks: is one whole, and how many bytes does it hold?"""
