"""What the settings of endpoints, and those of the ways to host them, are both made of; it knows neither."""
