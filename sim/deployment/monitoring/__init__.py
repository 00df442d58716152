"""What watches beside a playbook: alarms, detectors, retraining, the life of a deployed model."""
