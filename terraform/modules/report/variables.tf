# The variables are the parameters of templates/report.yaml. docs/deployment.md explains them.

variable "name" {
  description = "Name of the groups of logs, and the beginning of all other names."
  type        = string
  default     = "AthenaReport"
  nullable    = false
}

variable "package" {
  description = "Path of the program's zip file. It is null if the file is in an S3 bucket."
  type        = string
  default     = null

  validation {
    condition     = var.package == null ? var.lambda_s3_bucket != null && var.lambda_s3_key != null : var.lambda_s3_bucket == null && var.lambda_s3_key == null
    error_message = "Set either package, or lambda_s3_bucket and lambda_s3_key."
  }
}

variable "lambda_s3_bucket" {
  description = "Name of the existing S3 bucket that holds the program."
  type        = string
  default     = null
}

variable "lambda_s3_key" {
  description = "Key of the program's zip file in that bucket."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor architecture that the program was built for."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The value must be x86_64 or arm64."
  }
}

variable "report_bucket" {
  description = "Name of the S3 bucket for the history. The module creates it, unless report_create_bucket is false."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.report_bucket) >= 3
    error_message = "The value must have at least 3 characters."
  }
}

variable "report_create_bucket" {
  description = "Whether the module creates that bucket. With false, report_bucket is a bucket of yours."
  type        = bool
  default     = true
  nullable    = false
}

variable "report_table" {
  description = "Name of the table of queries, which the alerter has created."
  type        = string
  default     = "athena_queries"
  nullable    = false
}

variable "report_database" {
  description = "Name of the database with the tables of the history. The module creates it."
  type        = string
  default     = "athena_alerter"
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9_]+)$", var.report_database))
    error_message = "The value must have lower-case letters, digits and underscores only."
  }
}

variable "report_summaries" {
  description = "Whether report may send summaries to Slack. The settings of the package name the channel, as reports.channel."
  type        = bool
  default     = false
  nullable    = false
}

variable "report_links" {
  description = "Whether pages are shown at a function URL to whoever has a signed link. The settings of the package name the secret, as reports.link_secret."
  type        = bool
  default     = false
  nullable    = false
}

variable "report_slack_parameter" {
  description = "Systems Manager parameters that report may read for Slack and links, as a name or pattern without the leading slash."
  type        = string
  default     = "athena-alerter/*"
  nullable    = false
}

variable "report_slack_secret" {
  description = "Secrets Manager secrets that report may read for Slack and links, as a name or pattern. AWS appends a hyphen and six characters to each name."
  type        = string
  default     = "athena-alerter*"
  nullable    = false
}

variable "report_slack_key_arn" {
  description = "ARN of the KMS key that encrypts these secrets. Empty for the key that AWS manages."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$", var.report_slack_key_arn))
    error_message = "The value must be the ARN of a key, arn:PARTITION:kms:REGION:ACCOUNT:key/ID. An alias is not enough, since IAM does not resolve it."
  }
}

variable "report_memory" {
  description = "Memory of report in MB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.report_memory >= 128 && var.report_memory <= 10240
    error_message = "The value must be from 128 to 10240."
  }
}

variable "role_boundary_arn" {
  description = "ARN of the policy that is the permissions boundary of the roles. Empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(arn:[a-z0-9-]+:iam::([0-9]{12}|aws):policy/.+)?$", var.role_boundary_arn))
    error_message = "The value must be the ARN of a policy, arn:PARTITION:iam::ACCOUNT:policy/NAME."
  }
}

variable "role_path" {
  description = "Path of the roles, such as /service-role/. Empty for the path /."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(/|/[!-~]+/)?$", var.role_path))
    error_message = "The value must be a path that begins and ends with a slash, such as /service-role/."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic that receives alarms. Empty if alarms show in CloudWatch only."
  type        = string
  default     = ""
  nullable    = false
}

variable "log_level" {
  description = "Lowest level that the functions log."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO"], var.log_level)
    error_message = "The value must be DEBUG or INFO."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the functions' logs."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "The value must be one of CloudWatch's values."
  }
}
