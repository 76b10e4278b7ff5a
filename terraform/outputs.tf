output "version" {
  description = "The version of the module."
  value       = "0.1.0"
}

output "queries_table" {
  description = "The table of queries."
  value       = aws_dynamodb_table.queries_table.name
}

output "finished_queries" {
  description = "The queue of finished queries."
  value       = aws_sqs_queue.finished_queries.url
}

output "dead_letters" {
  description = "The dead-letter queue of finished queries."
  value       = aws_sqs_queue.dead_letters.url
}

output "failed_events" {
  description = "The queue of events that failed three times."
  value       = aws_sqs_queue.failed_events.url
}

output "cloudtrail_handler" {
  description = "ARN of the function that the bucket, topic or rule of an existing trail notifies."
  value       = aws_lambda_function.cloudtrail_handler.arn
}

output "usage_update" {
  description = "Name of the function that asks Athena for the state of queries."
  value       = aws_lambda_function.usage_update.function_name
}

output "notification" {
  description = "Name of the function that alerts people."
  value       = aws_lambda_function.notification.function_name
}
