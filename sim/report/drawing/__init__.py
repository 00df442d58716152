"""What figures share: looks, layout, lanes of events, time axes, and who decides."""
