"""The REST interface of the local exchange."""
