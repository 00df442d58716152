"""The control plane: strategies that see what a real team would see, late and partly, and set the Route."""
