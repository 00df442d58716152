"""The data plane: moves phones through stations under a Route, and logs what happened."""
