"""The operating system: folders of this program, locks, threads, clocks."""
