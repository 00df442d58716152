"""A plan's steps and their execution, in the words of Argo Rollouts and Flagger."""
