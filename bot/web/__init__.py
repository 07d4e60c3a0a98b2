"""The dashboard: a ledger as pages of HTML, as JSON and as metrics, for this machine alone. It writes nothing."""
