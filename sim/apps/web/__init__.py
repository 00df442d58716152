"""The sandbox for many visitors: one server that talks, and a few processes that compute for whoever moved last."""
