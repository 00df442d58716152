"""Many runs: replications of strategies on the same phones, and what they return."""
