variable "name" {
  description = "Beginning of the names of the rules and of the role."
  type        = string
  default     = "AthenaAlerterRegion"
  nullable    = false
}

variable "bus_arn" {
  description = "ARN of the default event bus in the region and account of the alerter."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(arn:[a-z0-9-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/.+)$", var.bus_arn))
    error_message = "The value must be the ARN of an event bus, arn:PARTITION:events:REGION:ACCOUNT:event-bus/default."
  }
}

variable "role_boundary_arn" {
  description = "ARN of the policy that is the permissions boundary of the role. Empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(arn:[a-z0-9-]+:iam::([0-9]{12}|aws):policy/.+)?$", var.role_boundary_arn))
    error_message = "The value must be the ARN of a policy, arn:PARTITION:iam::ACCOUNT:policy/NAME."
  }
}

variable "role_path" {
  description = "Path of the role, such as /service-role/. Empty for the path /."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(/|/[!-~]+/)?$", var.role_path))
    error_message = "The value must be a path that begins and ends with a slash, such as /service-role/."
  }
}
