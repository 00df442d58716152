"""What a rollout is judged by: metrics, conditions, judges, and runs of them with Argo's semantics."""
