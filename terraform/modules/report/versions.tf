terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Older versions have no permission to invoke through a function URL only.
      version = "~> 6.36"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  alarm_actions = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]
  assume_role = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  package_hash  = var.package == null ? null : filebase64sha256(var.package)
  role_boundary = var.role_boundary_arn == "" ? null : var.role_boundary_arn
  role_path     = var.role_path == "" ? null : var.role_path

  bucket_arn = "arn:${local.partition}:s3:::${var.report_bucket}"
  table_arn  = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${var.report_table}"
  # What Slack's secrets are, and the secret of the links.
  parameter_arn = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${var.report_slack_parameter}"
  secret_arn    = "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.report_slack_secret}"
}
