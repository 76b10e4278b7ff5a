resource "aws_cloudwatch_log_group" "usage_update_logs" {
  name              = "/aws/lambda/${var.name}/usage_update"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "usage_update_role" {
  name                 = "${var.name}-UsageUpdateRole"
  path                 = local.role_path
  permissions_boundary = local.role_boundary
  assume_role_policy   = local.assume_role
}

resource "aws_iam_role_policy" "usage_update_role" {
  name = "work"
  role = aws_iam_role.usage_update_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.usage_update_logs.arn}:*"
        },
        { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.failed_events.arn },
        {
          Effect   = "Allow"
          Action   = "dynamodb:Query"
          Resource = [aws_dynamodb_table.queries_table.arn, "${aws_dynamodb_table.queries_table.arn}/index/open-queries"]
        },
        {
          Effect   = "Allow"
          Action   = ["dynamodb:BatchGetItem", "dynamodb:PartiQLUpdate"]
          Resource = aws_dynamodb_table.queries_table.arn
        },
        # The trail records all regions.
        {
          Effect   = "Allow"
          Action   = "athena:BatchGetQueryExecution"
          Resource = "arn:${local.partition}:athena:*:${local.account}:workgroup/*"
        },
        { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.finished_queries.arn },
      ],
      var.fast ? [{
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
        Resource = aws_sqs_queue.ending_events[0].arn
      }] : [],
      var.allow_stop ? [{
        Effect   = "Allow"
        Action   = "athena:StopQueryExecution"
        Resource = "arn:${local.partition}:athena:*:${local.account}:workgroup/*"
      }] : [],
      # The account of the store may be another one. Ids of users have no account.
      var.identity_store_id == "" ? [] : [{
        Effect = "Allow"
        Action = "identitystore:DescribeUser"
        Resource = [
          "arn:${local.partition}:identitystore::*:identitystore/${var.identity_store_id}",
          "arn:${local.partition}:identitystore:::user/*",
        ]
      }],
    )
  })
}

resource "aws_lambda_function" "usage_update" {
  function_name    = "${var.name}-UsageUpdate"
  description      = "Asks Athena for the state of open queries, once a minute and when events tell of their ends."
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  handler          = "usage_update"
  filename         = var.package
  source_code_hash = local.package_hash
  s3_bucket        = var.lambda_s3_bucket
  s3_key           = var.lambda_s3_key
  role             = aws_iam_role.usage_update_role.arn
  memory_size      = var.usage_update_memory
  timeout          = 50

  logging_config {
    log_group             = aws_cloudwatch_log_group.usage_update_logs.name
    log_format            = "JSON"
    application_log_level = var.log_level
  }

  environment {
    variables = merge(
      {
        QUERIES_TABLE = aws_dynamodb_table.queries_table.name
        SQS_QUEUE_URL = aws_sqs_queue.finished_queries.url
      },
      var.fast ? { EVENT_QUEUE_URL = aws_sqs_queue.ending_events[0].url } : {},
      var.allow_stop ? { ALLOW_STOP = "true" } : {},
      var.identity_store_id == "" ? {} : { IDENTITY_STORE_ID = var.identity_store_id },
      var.identity_store_region == "" ? {} : { IDENTITY_STORE_REGION = var.identity_store_region },
    )
  }

  # Lambda tests the permissions of the role when it gets a destination or a mapping.
  depends_on = [aws_iam_role_policy.usage_update_role]
}

resource "aws_lambda_function_event_invoke_config" "usage_update_failures" {
  function_name          = aws_lambda_function.usage_update.function_name
  qualifier              = "$LATEST"
  maximum_retry_attempts = 2
  # The next minutes do the work of an older event.
  maximum_event_age_in_seconds = 300

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed_events.arn
    }
  }
}

resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = "${var.name}-EveryMinute"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "every_minute" {
  rule      = aws_cloudwatch_event_rule.every_minute.name
  target_id = "usage-update"
  arn       = aws_lambda_function.usage_update.arn
}

resource "aws_lambda_permission" "allow_schedule_to_invoke_usage_update" {
  function_name = aws_lambda_function.usage_update.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}

# An event of this queue only saves time: the minute's tick does the same work. So a lost one is no failure, and an old one
# is worth nothing.
resource "aws_sqs_queue" "ending_events" {
  count = var.fast ? 1 : 0
  name  = "${var.name}-EndingEvents"
  # Longer than the timeout of usage_update, as Lambda requires.
  visibility_timeout_seconds = 60
  message_retention_seconds  = 300
  sqs_managed_sse_enabled    = true
}

resource "aws_sqs_queue_policy" "ending_events_policy" {
  count     = var.fast ? 1 : 0
  queue_url = aws_sqs_queue.ending_events[0].url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.ending_events[0].arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.query_endings[0].arn } }
    }]
  })
}

resource "aws_cloudwatch_event_rule" "query_endings" {
  count = var.fast ? 1 : 0
  name  = "${var.name}-QueryEndings"
  state = "ENABLED"

  event_pattern = jsonencode({
    source      = ["aws.athena"]
    detail-type = ["Athena Query State Change"]
    detail      = { currentState = ["SUCCEEDED", "FAILED", "CANCELLED"] }
  })
}

resource "aws_cloudwatch_event_target" "query_endings" {
  count     = var.fast ? 1 : 0
  rule      = aws_cloudwatch_event_rule.query_endings[0].name
  target_id = "ending-events"
  arn       = aws_sqs_queue.ending_events[0].arn
}

resource "aws_lambda_event_source_mapping" "ending_events_source" {
  count            = var.fast ? 1 : 0
  function_name    = aws_lambda_function.usage_update.function_name
  event_source_arn = aws_sqs_queue.ending_events[0].arn
  # One run for all queries that end within five seconds. A thousand events are far below Lambda's 6 MB.
  batch_size                         = 1000
  maximum_batching_window_in_seconds = 5
  function_response_types            = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 2
  }
}
