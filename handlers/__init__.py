"""Conversations. Each file is one; none imports another: a flow is started by its name."""
