"""What happened, told with the truth that strategies never see."""
