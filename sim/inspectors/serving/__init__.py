"""How a model version is served: time per phone, replicas, queue, outages."""
