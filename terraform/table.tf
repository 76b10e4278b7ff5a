resource "aws_dynamodb_table" "queries_table" {
  name         = var.dynamodb_table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "start_date"
  range_key    = "start_key"

  attribute {
    name = "start_date"
    type = "S"
  }

  attribute {
    name = "start_key"
    type = "S"
  }

  attribute {
    name = "open"
    type = "S"
  }

  # A sparse index: only open queries have the attribute, so a poll reads no others.
  global_secondary_index {
    name            = "open-queries"
    hash_key        = "open"
    range_key       = "start_key"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue" "finished_queries" {
  name = var.sqs_queue_name
  # Six times the timeout of notification, as AWS recommends.
  visibility_timeout_seconds = 180
  message_retention_seconds  = 1209600
  sqs_managed_sse_enabled    = true
  # Twenty deliveries take an hour, so a short outage of Slack sends no message to the dead-letter queue.
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letters.arn, maxReceiveCount = 20 })
}

# A dead-letter queue for messages of finished queries only, so that SQS can move all of them back.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-DeadLetters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

# The on-failure destination: Lambda's records of failed invocations, each with its event.
resource "aws_sqs_queue" "failed_events" {
  name                      = "${var.name}-FailedEvents"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}
