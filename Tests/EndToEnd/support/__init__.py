"""What the executable meets in AWS and Slack, on this machine and on loopback only."""
