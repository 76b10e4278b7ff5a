resource "aws_cloudwatch_log_group" "cloudtrail_handler_logs" {
  name              = "/aws/lambda/${var.name}/cloudtrail_handler"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "cloudtrail_handler_role" {
  name                 = "${var.name}-CloudtrailHandlerRole"
  path                 = local.role_path
  permissions_boundary = local.role_boundary
  assume_role_policy   = local.assume_role
}

resource "aws_iam_role_policy" "cloudtrail_handler_role" {
  name = "work"
  role = aws_iam_role.cloudtrail_handler_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.cloudtrail_handler_logs.arn}:*"
        },
        { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.failed_events.arn },
        { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:${local.partition}:s3:::${var.cloudtrail_bucket}/*" },
        { Effect = "Allow", Action = ["dynamodb:PutItem", "dynamodb:PartiQLInsert"], Resource = aws_dynamodb_table.queries_table.arn },
      ],
      var.trail_key_arn == "" ? [] : [{ Effect = "Allow", Action = "kms:Decrypt", Resource = var.trail_key_arn }],
    )
  })
}

resource "aws_lambda_function" "cloudtrail_handler" {
  function_name    = "${var.name}-CloudtrailHandler"
  description      = "Stores the query starts that it finds in CloudTrail's log files."
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  handler          = "cloudtrail_handler"
  filename         = var.package
  source_code_hash = local.package_hash
  s3_bucket        = var.lambda_s3_bucket
  s3_key           = var.lambda_s3_key
  role             = aws_iam_role.cloudtrail_handler_role.arn
  memory_size      = var.cloudtrail_handler_memory
  timeout          = 120

  logging_config {
    log_group             = aws_cloudwatch_log_group.cloudtrail_handler_logs.name
    log_format            = "JSON"
    application_log_level = var.log_level
  }

  environment {
    variables = {
      QUERIES_TABLE = aws_dynamodb_table.queries_table.name
    }
  }

  # Lambda tests the permissions of the role when it gets a destination or a mapping.
  depends_on = [aws_iam_role_policy.cloudtrail_handler_role]
}

resource "aws_lambda_function_event_invoke_config" "cloudtrail_handler_failures" {
  function_name          = aws_lambda_function.cloudtrail_handler.function_name
  qualifier              = "$LATEST"
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed_events.arn
    }
  }
}

resource "aws_lambda_permission" "allow_logs_to_invoke_handler" {
  function_name  = aws_lambda_function.cloudtrail_handler.function_name
  action         = "lambda:InvokeFunction"
  principal      = "s3.amazonaws.com"
  source_account = local.account
  source_arn     = "arn:${local.partition}:s3:::${var.cloudtrail_bucket}"
}

# Calls are announced with best effort, so the log files remain. In the state ENABLED a rule gets write events only; reads
# would include the polling of usage_update.
resource "aws_cloudwatch_event_rule" "query_starts" {
  count = var.fast ? 1 : 0
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
  count     = var.fast ? 1 : 0
  rule      = aws_cloudwatch_event_rule.query_starts[0].name
  target_id = "cloudtrail-handler"
  arn       = aws_lambda_function.cloudtrail_handler.arn
}

resource "aws_lambda_permission" "allow_starts_to_invoke_handler" {
  count         = var.fast ? 1 : 0
  function_name = aws_lambda_function.cloudtrail_handler.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.query_starts[0].arn
}
