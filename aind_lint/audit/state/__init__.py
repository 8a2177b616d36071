"""What is kept between two audits."""
