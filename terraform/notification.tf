resource "aws_cloudwatch_log_group" "notification_logs" {
  name              = "/aws/lambda/${var.name}/notification"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "notification_role" {
  name                 = "${var.name}-NotificationRole"
  path                 = local.role_path
  permissions_boundary = local.role_boundary
  assume_role_policy   = local.assume_role
}

resource "aws_iam_role_policy" "notification_role" {
  name = "work"
  role = aws_iam_role.notification_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.notification_logs.arn}:*"
        },
        {
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
          Resource = aws_sqs_queue.finished_queries.arn
        },
        {
          Effect   = "Allow"
          Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
          Resource = aws_dynamodb_table.queries_table.arn
        },
        {
          Effect   = "Allow"
          Action   = "ssm:GetParameter"
          Resource = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${var.slack_parameter}"
        },
        {
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.slack_secret}"
        },
      ],
      var.slack_key_arn == "" ? [] : [{ Effect = "Allow", Action = "kms:Decrypt", Resource = var.slack_key_arn }],
      # Queries may run in any region.
      var.hints ? [{
        Effect = "Allow"
        Action = "glue:GetTable"
        Resource = [
          "arn:${local.partition}:glue:*:${local.account}:catalog",
          "arn:${local.partition}:glue:*:${local.account}:database/*",
          "arn:${local.partition}:glue:*:${local.account}:table/*",
        ]
      }] : [],
      var.hints ? [{
        Effect   = "Allow"
        Action   = ["athena:GetQueryRuntimeStatistics", "athena:GetWorkGroup"]
        Resource = "arn:${local.partition}:athena:*:${local.account}:workgroup/*"
      }] : [],
    )
  })
}

resource "aws_lambda_function" "notification" {
  function_name    = "${var.name}-Notification"
  description      = "Alerts people on Slack to finished queries."
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  handler          = "notification"
  filename         = var.package
  source_code_hash = local.package_hash
  s3_bucket        = var.lambda_s3_bucket
  s3_key           = var.lambda_s3_key
  role             = aws_iam_role.notification_role.arn
  memory_size      = var.notification_memory
  timeout          = 30

  logging_config {
    log_group             = aws_cloudwatch_log_group.notification_logs.name
    log_format            = "JSON"
    application_log_level = var.log_level
  }

  environment {
    variables = {
      QUERIES_TABLE = aws_dynamodb_table.queries_table.name
      HINTS         = tostring(var.hints)
    }
  }

  # Lambda tests the permissions of the role when it gets a destination or a mapping.
  depends_on = [aws_iam_role_policy.notification_role]
}

resource "aws_lambda_event_source_mapping" "notification_source" {
  function_name           = aws_lambda_function.notification.function_name
  event_source_arn        = aws_sqs_queue.finished_queries.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]

  # Slack accepts about one message a second in a channel. More invocations would only wait.
  scaling_config {
    maximum_concurrency = 2
  }
}
