"""What a team sees, late and partly. Never the truth."""
