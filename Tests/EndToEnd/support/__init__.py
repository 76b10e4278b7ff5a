"""Fakes of AWS, Lambda and Slack on loopback, and other helpers of the tests."""
