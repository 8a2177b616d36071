"""The operating system: user folders, file locks, threads, clocks."""
