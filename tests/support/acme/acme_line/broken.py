raise ImportError("acme needs\n libcamera")
