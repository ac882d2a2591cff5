"""The twin: a model lowered to plain numpy steps and a flat forest; no framework in it."""
