resource "aws_cloudwatch_log_group" "report_page_logs" {
  count             = var.report_links ? 1 : 0
  name              = "/aws/lambda/${var.name}/report_page"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "report_page_role" {
  count                = var.report_links ? 1 : 0
  name                 = "${var.name}-ReportPageRole"
  path                 = local.role_path
  permissions_boundary = local.role_boundary
  assume_role_policy   = local.assume_role
}

resource "aws_iam_role_policy" "report_page_role" {
  count = var.report_links ? 1 : 0
  name  = "work"
  role  = aws_iam_role.report_page_role[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.report_page_logs[0].arn}:*"
        },
        { Effect = "Allow", Action = "s3:GetObject", Resource = "${local.bucket_arn}/pages/*" },
        { Effect = "Allow", Action = "ssm:GetParameter", Resource = local.parameter_arn },
        { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = local.secret_arn },
      ],
      var.report_slack_key_arn == "" ? [] : [{ Effect = "Allow", Action = "kms:Decrypt", Resource = var.report_slack_key_arn }],
    )
  })
}

resource "aws_lambda_function" "report_page" {
  count            = var.report_links ? 1 : 0
  function_name    = "${var.name}-ReportPage"
  description      = "Shows a page to whoever has its signed link."
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  handler          = "report_page"
  filename         = var.package
  source_code_hash = local.package_hash
  s3_bucket        = var.lambda_s3_bucket
  s3_key           = var.lambda_s3_key
  role             = aws_iam_role.report_page_role[0].arn
  memory_size      = 128
  timeout          = 20

  logging_config {
    log_group             = aws_cloudwatch_log_group.report_page_logs[0].name
    log_format            = "JSON"
    application_log_level = var.log_level
  }

  environment {
    variables = {
      HISTORY_BUCKET = var.report_bucket
    }
  }

  depends_on = [aws_iam_role_policy.report_page_role]
}

# Anyone may ask; the function itself checks the signature of the link.
resource "aws_lambda_function_url" "report_page_url" {
  count              = var.report_links ? 1 : 0
  function_name      = aws_lambda_function.report_page[0].arn
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "allow_report_page_url" {
  count                  = var.report_links ? 1 : 0
  function_name          = aws_lambda_function.report_page[0].function_name
  action                 = "lambda:InvokeFunctionUrl"
  principal              = "*"
  function_url_auth_type = "NONE"
}

# A function URL needs both permissions since October 2025.
resource "aws_lambda_permission" "allow_invocation_via_report_page_url" {
  count                    = var.report_links ? 1 : 0
  function_name            = aws_lambda_function.report_page[0].function_name
  action                   = "lambda:InvokeFunction"
  principal                = "*"
  invoked_via_function_url = true
}
