locals {
  cloudtrail_handler_name = aws_lambda_function.cloudtrail_handler.function_name
  usage_update_name       = aws_lambda_function.usage_update.function_name
  notification_name       = aws_lambda_function.notification.function_name
}

resource "aws_cloudwatch_dashboard" "dashboard" {
  count          = var.create_dashboard ? 1 : 0
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      {
        type = "metric", x = 0, y = 0, width = 8, height = 6
        properties = {
          title = "Queries", region = local.region, stat = "Sum", period = 3600
          metrics = [
            ["AthenaAlerter", "QueryStarts", "FunctionName", local.cloudtrail_handler_name],
            ["AthenaAlerter", "QueriesFinished", "FunctionName", local.usage_update_name],
            ["AthenaAlerter", "QueriesUnknownToAthena", "FunctionName", local.usage_update_name],
          ]
        }
      },
      {
        type = "metric", x = 8, y = 0, width = 8, height = 6
        properties = {
          title = "Bytes that the workgroups report", region = local.region, stat = "Sum", period = 3600
          metrics = [
            [{ expression = "SUM(SEARCH('{AWS/Athena,QueryState,QueryType,WorkGroup} MetricName=\"ProcessedBytes\"', 'Sum', 3600))", label = "bytes", id = "bytes" }],
          ]
        }
      },
      {
        type = "metric", x = 16, y = 0, width = 8, height = 6
        properties = {
          title = "US dollars, at $5 for 2^40 bytes", region = local.region, stat = "Sum", period = 3600
          metrics = [
            [{ expression = "SUM(SEARCH('{AWS/Athena,QueryState,QueryType,WorkGroup} MetricName=\"ProcessedBytes\"', 'Sum', 3600)) / 1099511627776 * 5", label = "dollars", id = "dollars" }],
          ]
        }
      },
      {
        type = "metric", x = 0, y = 6, width = 8, height = 6
        properties = {
          title = "Alerts", region = local.region, stat = "Sum", period = 3600
          metrics = [
            ["AthenaAlerter", "AlertsSent", "FunctionName", local.notification_name],
            ["AthenaAlerter", "AlertsFailed", "FunctionName", local.notification_name],
            ["AthenaAlerter", "AlertsPostponed", "FunctionName", local.notification_name],
            ["AthenaAlerter", "AlertsSkippedNotAPerson", "FunctionName", local.notification_name],
            ["AthenaAlerter", "AlertsSkippedUnknownPerson", "FunctionName", local.notification_name],
            ["AthenaAlerter", "AlertsSkippedByRule", "FunctionName", local.notification_name],
            ["AthenaAlerter", "AlertsSkippedTargetNotSet", "FunctionName", local.notification_name],
          ]
        }
      },
      {
        type = "metric", x = 8, y = 6, width = 8, height = 6
        properties = {
          title = "Failed invocations", region = local.region, stat = "Sum", period = 300
          metrics = [
            ["AWS/Lambda", "Errors", "FunctionName", local.cloudtrail_handler_name, { label = "cloudtrail_handler" }],
            ["AWS/Lambda", "Errors", "FunctionName", local.usage_update_name, { label = "usage_update" }],
            ["AWS/Lambda", "Errors", "FunctionName", local.notification_name, { label = "notification" }],
          ]
        }
      },
      {
        type = "metric", x = 16, y = 6, width = 8, height = 6
        properties = {
          title = "Duration in milliseconds, p95", region = local.region, stat = "p95", period = 300
          metrics = [
            ["AWS/Lambda", "Duration", "FunctionName", local.cloudtrail_handler_name, { label = "cloudtrail_handler" }],
            ["AWS/Lambda", "Duration", "FunctionName", local.usage_update_name, { label = "usage_update" }],
            ["AWS/Lambda", "Duration", "FunctionName", local.notification_name, { label = "notification" }],
          ]
        }
      },
      {
        type = "metric", x = 0, y = 12, width = 8, height = 6
        properties = {
          title = "Log files", region = local.region, stat = "Sum", period = 3600
          metrics = [
            ["AthenaAlerter", "FilesRead", "FunctionName", local.cloudtrail_handler_name],
            ["AthenaAlerter", "FilesFailed", "FunctionName", local.cloudtrail_handler_name],
            ["AthenaAlerter", "RecordsMalformed", "FunctionName", local.cloudtrail_handler_name],
            ["AthenaAlerter", "QueriesNotStored", "FunctionName", local.cloudtrail_handler_name],
          ]
        }
      },
      {
        type = "metric", x = 8, y = 12, width = 8, height = 6
        properties = {
          title = "Age of the oldest open query in minutes", region = local.region, stat = "Maximum", period = 300
          metrics = [
            ["AthenaAlerter", "OldestOpenQueryMinutes", "FunctionName", local.usage_update_name],
          ]
        }
      },
      {
        type = "metric", x = 16, y = 12, width = 8, height = 6
        properties = {
          title = "Age of the oldest finished query in seconds", region = local.region, stat = "Maximum", period = 300
          metrics = [
            ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", aws_sqs_queue.finished_queries.name],
          ]
        }
      },
      {
        type = "metric", x = 0, y = 18, width = 8, height = 6
        properties = {
          title = "Given up", region = local.region, stat = "Maximum", period = 300
          metrics = [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead_letters.name, { label = "DeadLetters" }],
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.failed_events.name, { label = "FailedEvents" }],
          ]
        }
      },
      {
        type = "metric", x = 8, y = 18, width = 8, height = 6
        properties = {
          title = "Queries that Athena does not tell of", region = local.region, stat = "Sum", period = 300
          metrics = [
            ["AthenaAlerter", "QueriesUnclear", "FunctionName", local.usage_update_name],
            ["AthenaAlerter", "QueriesFailed", "FunctionName", local.usage_update_name],
            ["AthenaAlerter", "QueriesLeftForLater", "FunctionName", local.usage_update_name],
          ]
        }
      },
      {
        type = "metric", x = 16, y = 18, width = 8, height = 6
        properties = {
          title = "Messages that returned to the queue", region = local.region, stat = "Sum", period = 300
          metrics = [
            ["AthenaAlerter", "MessagesReturned", "FunctionName", local.notification_name],
          ]
        }
      },
    ]
  })
}
