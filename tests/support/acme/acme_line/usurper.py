import sim


@sim.pattern("canary")
def canary(rollout):
    yield 1
