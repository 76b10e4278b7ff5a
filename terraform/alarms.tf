resource "aws_cloudwatch_metric_alarm" "cloudtrail_handler_errors" {
  alarm_name          = "${var.name}-CloudtrailHandlerErrors"
  alarm_description   = "cloudtrail_handler failed. Lambda retries the event twice, then sends it to FailedEvents."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.cloudtrail_handler.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "cloudtrail_handler_not_invoked" {
  count               = var.create_trail ? 1 : 0
  alarm_name          = "${var.name}-CloudtrailHandlerNotInvoked"
  alarm_description   = "No log file has reached cloudtrail_handler for three hours. CloudTrail delivers a digest file every hour."
  namespace           = "AthenaAlerter"
  metric_name         = "FileNotices"
  dimensions          = { FunctionName = aws_lambda_function.cloudtrail_handler.function_name }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "usage_update_errors" {
  alarm_name          = "${var.name}-UsageUpdateErrors"
  alarm_description   = "usage_update failed in three of five minutes. The next success does the work of the failed minutes."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.usage_update.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "usage_update_not_invoked" {
  alarm_name          = "${var.name}-UsageUpdateNotInvoked"
  alarm_description   = "The schedule has not invoked usage_update for a quarter of an hour. It does so every minute."
  namespace           = "AthenaAlerter"
  metric_name         = "Ticks"
  dimensions          = { FunctionName = aws_lambda_function.usage_update.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "notification_errors" {
  alarm_name          = "${var.name}-NotificationErrors"
  alarm_description   = "A whole invocation of notification failed. SQS delivers its messages again."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.notification.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "dead_letters_waiting" {
  alarm_name          = "${var.name}-DeadLettersWaiting"
  alarm_description   = "Messages of finished queries are in the dead-letter queue after twenty deliveries."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "failed_events_waiting" {
  alarm_name          = "${var.name}-FailedEventsWaiting"
  alarm_description   = "Events of cloudtrail_handler or usage_update failed three times."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failed_events.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

# The age of the oldest message cannot show these: SQS leaves out messages that were received three times.
resource "aws_cloudwatch_metric_alarm" "finished_queries_returned" {
  alarm_name          = "${var.name}-FinishedQueriesReturned"
  alarm_description   = "Messages of finished queries have failed in each of three periods of five minutes. SQS delivers them again."
  namespace           = "AthenaAlerter"
  metric_name         = "MessagesReturned"
  dimensions          = { FunctionName = aws_lambda_function.notification.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "finished_queries_too_old" {
  alarm_name          = "${var.name}-FinishedQueriesTooOld"
  alarm_description   = "A message of a finished query has waited for a quarter of an hour. notification does not receive it."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.finished_queries.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 900
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "open_queries_too_old" {
  alarm_name          = "${var.name}-OpenQueriesTooOld"
  alarm_description   = "A query has been open for twelve hours. By default Athena ends every query sooner."
  namespace           = "AthenaAlerter"
  metric_name         = "OldestOpenQueryMinutes"
  dimensions          = { FunctionName = aws_lambda_function.usage_update.function_name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 720
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}
