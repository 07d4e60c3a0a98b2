"""The commands of the terminal, and their exit codes."""
