"""What each command does, once its arguments are known. Every one returns its exit code."""
