resource "aws_cloudwatch_log_group" "report_logs" {
  name              = "/aws/lambda/${var.name}/report"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "report_role" {
  name                 = "${var.name}-ReportRole"
  path                 = local.role_path
  permissions_boundary = local.role_boundary
  assume_role_policy   = local.assume_role
}

resource "aws_iam_role_policy" "report_role" {
  name = "work"
  role = aws_iam_role.report_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.report_logs.arn}:*"
        },
        { Effect = "Allow", Action = "dynamodb:Query", Resource = local.table_arn },
        { Effect = "Allow", Action = "s3:ListBucket", Resource = local.bucket_arn },
        { Effect = "Allow", Action = "s3:GetObject", Resource = "${local.bucket_arn}/sums/*" },
        {
          Effect   = "Allow"
          Action   = "s3:PutObject"
          Resource = ["${local.bucket_arn}/queries/*", "${local.bucket_arn}/sums/*", "${local.bucket_arn}/pages/*"]
        },
      ],
      var.report_summaries ? [{
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource = local.table_arn
      }] : [],
      var.report_summaries ? [{ Effect = "Allow", Action = "ssm:GetParameter", Resource = local.parameter_arn }] : [],
      var.report_summaries ? [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = local.secret_arn }] : [],
      var.report_summaries && var.report_slack_key_arn != "" ? [{
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.report_slack_key_arn
      }] : [],
    )
  })
}

resource "aws_lambda_function" "report" {
  function_name    = "${var.name}-Report"
  description      = "Writes the history of the last three days, and the pages of their months and weeks."
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  handler          = "report"
  filename         = var.package
  source_code_hash = local.package_hash
  s3_bucket        = var.lambda_s3_bucket
  s3_key           = var.lambda_s3_key
  role             = aws_iam_role.report_role.arn
  memory_size      = var.report_memory
  timeout          = 900

  logging_config {
    log_group             = aws_cloudwatch_log_group.report_logs.name
    log_format            = "JSON"
    application_log_level = var.log_level
  }

  environment {
    variables = merge(
      {
        QUERIES_TABLE  = var.report_table
        HISTORY_BUCKET = var.report_bucket
      },
      var.report_links ? { REPORT_PAGE_URL = aws_lambda_function_url.report_page_url[0].function_url } : {},
    )
  }

  depends_on = [aws_iam_role_policy.report_role]
}

resource "aws_cloudwatch_event_rule" "every_night" {
  name                = "${var.name}-EveryNight"
  schedule_expression = "cron(30 3 * * ? *)"
}

resource "aws_cloudwatch_event_target" "every_night" {
  rule      = aws_cloudwatch_event_rule.every_night.name
  target_id = "report"
  arn       = aws_lambda_function.report.arn
}

resource "aws_lambda_permission" "allow_schedule_to_invoke_report" {
  function_name = aws_lambda_function.report.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_night.arn
}
