terraform {
  # The first version in which the validation of a variable may name another one.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
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
}
