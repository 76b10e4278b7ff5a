output "report_pages" {
  description = "The folder of the pages."
  value       = "s3://${var.report_bucket}/pages/"
}

output "report_history" {
  description = "The table of the history, for Athena."
  value       = "${var.report_database}.queries"
}

output "report" {
  description = "Name of the function that writes the history and the pages."
  value       = aws_lambda_function.report.function_name
}
