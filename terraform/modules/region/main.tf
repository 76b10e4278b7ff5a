terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

resource "aws_iam_role" "forward_role" {
  # Names of roles are those of the account, and the module may be in many regions.
  name_prefix          = "${var.name}-"
  path                 = var.role_path == "" ? null : var.role_path
  permissions_boundary = var.role_boundary_arn == "" ? null : var.role_boundary_arn

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "events.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "forward_role" {
  name = "forward"
  role = aws_iam_role.forward_role.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "events:PutEvents", Resource = var.bus_arn }]
  })
}

# The patterns are those of the rules of the alerter.
resource "aws_cloudwatch_event_rule" "query_starts" {
  name  = "${var.name}-QueryStarts"
  state = "ENABLED"

  event_pattern = jsonencode({
    source      = ["aws.athena"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail = {
      eventName = ["StartQueryExecution", "StopQueryExecution"]
      errorCode = [{ exists = false }]
    }
  })
}

resource "aws_cloudwatch_event_target" "query_starts" {
  rule      = aws_cloudwatch_event_rule.query_starts.name
  target_id = "alerter"
  arn       = var.bus_arn
  role_arn  = aws_iam_role.forward_role.arn
}

resource "aws_cloudwatch_event_rule" "query_endings" {
  name  = "${var.name}-QueryEndings"
  state = "ENABLED"

  event_pattern = jsonencode({
    source      = ["aws.athena"]
    detail-type = ["Athena Query State Change"]
    detail      = { currentState = ["SUCCEEDED", "FAILED", "CANCELLED"] }
  })
}

resource "aws_cloudwatch_event_target" "query_endings" {
  rule      = aws_cloudwatch_event_rule.query_endings.name
  target_id = "alerter"
  arn       = var.bus_arn
  role_arn  = aws_iam_role.forward_role.arn
}
