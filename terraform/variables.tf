# The variables are the parameters of template.yaml. docs/deployment.md explains them.

variable "name" {
  description = "Name of the trail, of the dashboard and of the groups of logs, and the beginning of all other names."
  type        = string
  default     = "AthenaAlerter"
  nullable    = false

  validation {
    # CloudTrail's rules for the name of a trail, and room for the longest name of a role.
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$", var.name)) && length(var.name) >= 3 && length(var.name) <= 40
    error_message = "The value must have 3 to 40 letters, digits and single hyphens, a letter first and no hyphen last."
  }
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

variable "cloudtrail_bucket" {
  description = "Name of the S3 bucket for CloudTrail's log files. The module creates it, unless create_trail is false."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.cloudtrail_bucket) >= 3
    error_message = "The value must have at least 3 characters."
  }
}

variable "create_trail" {
  description = "Whether the module creates a trail and its bucket. With false, cloudtrail_bucket is the bucket of an existing trail."
  type        = bool
  default     = true
  nullable    = false
}

variable "trail_key_arn" {
  description = "ARN of the KMS key with which an existing trail encrypts its log files. Empty if it uses none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$", var.trail_key_arn))
    error_message = "The value must be the ARN of a key, arn:PARTITION:kms:REGION:ACCOUNT:key/ID. An alias is not enough, since IAM does not resolve it."
  }
}

variable "trail_retention_days" {
  description = "Days after which the created bucket deletes CloudTrail's log files."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.trail_retention_days >= 1
    error_message = "The value must be at least 1."
  }
}

variable "fast" {
  description = "Whether EventBridge announces starts and ends of queries within seconds. With false, alerts wait for CloudTrail's files and for the minute."
  type        = bool
  default     = true
  nullable    = false
}

variable "allow_stop" {
  description = "Whether usage_update may stop queries. It stops those that the settings name in running.stop."
  type        = bool
  default     = false
  nullable    = false
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

variable "dynamodb_table_name" {
  description = "Name of the table of queries. The module creates it."
  type        = string
  default     = "athena_queries"
  nullable    = false
}

variable "sqs_queue_name" {
  description = "Name of the queue of finished queries. The module creates it."
  type        = string
  default     = "athena-queries"
  nullable    = false
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

variable "cloudtrail_handler_memory" {
  description = "Memory of cloudtrail_handler in MB. Lambda allots processor time in proportion to memory."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.cloudtrail_handler_memory >= 128 && var.cloudtrail_handler_memory <= 10240
    error_message = "The value must be from 128 to 10240."
  }
}

variable "usage_update_memory" {
  description = "Memory of usage_update in MB."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.usage_update_memory >= 128 && var.usage_update_memory <= 10240
    error_message = "The value must be from 128 to 10240."
  }
}

variable "notification_memory" {
  description = "Memory of notification in MB."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition     = var.notification_memory >= 128 && var.notification_memory <= 10240
    error_message = "The value must be from 128 to 10240."
  }
}

variable "slack_parameter" {
  description = "Systems Manager parameters that notification may read, as a name or pattern without the leading slash."
  type        = string
  default     = "athena-alerter/*"
  nullable    = false
}

variable "slack_secret" {
  description = "Secrets Manager secrets that notification may read, as a name or pattern. AWS appends a hyphen and six characters to each name."
  type        = string
  default     = "athena-alerter*"
  nullable    = false
}

variable "slack_key_arn" {
  description = "ARN of the KMS key that encrypts these secrets. Empty for the key that AWS manages."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$", var.slack_key_arn))
    error_message = "The value must be the ARN of a key, arn:PARTITION:kms:REGION:ACCOUNT:key/ID. An alias is not enough, since IAM does not resolve it."
  }
}

variable "identity_store_id" {
  description = "Id of the identity store of IAM Identity Center, whose users are then named by address. Empty to leave the ids as they are."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(d-[0-9a-f]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$", var.identity_store_id))
    error_message = "The value must be the id of an identity store, d- and ten hexadecimal digits or a UUID."
  }
}

variable "identity_store_region" {
  description = "Region in which IAM Identity Center is enabled. Empty for the region of the provider."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9-]+)?$", var.identity_store_region))
    error_message = "The value must be the name of a region, such as eu-west-1."
  }
}

variable "hints" {
  description = "Whether alerts say what would make a query cheaper. notification then reads table definitions from Glue, and statistics and workgroups from Athena."
  type        = bool
  default     = false
  nullable    = false
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

variable "create_dashboard" {
  description = "Whether the module creates a dashboard in CloudWatch. An account has three for free."
  type        = bool
  default     = false
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
