locals {
  # Athena works the partitions out, so nobody has to add them.
  projection = {
    "classification"              = "json"
    "projection.enabled"          = "true"
    "projection.dt.type"          = "date"
    "projection.dt.format"        = "yyyy-MM-dd"
    "projection.dt.range"         = "2020-01-01,NOW"
    "projection.dt.interval"      = "1"
    "projection.dt.interval.unit" = "DAYS"
  }

  columns_of_queries = [
    { name = "start_date", type = "string" },
    { name = "start_timestamp", type = "string" },
    { name = "query_execution_id", type = "string" },
    { name = "query_state", type = "string" },
    { name = "executing_user", type = "string" },
    { name = "data_scanned", type = "bigint" },
    { name = "query_sql", type = "string" },
    { name = "query_sql_cut", type = "boolean" },
    { name = "version", type = "int" },
    { name = "user_type", type = "string" },
    { name = "user_source", type = "string" },
    { name = "tool", type = "string" },
    { name = "session_name", type = "string" },
    { name = "account_id", type = "string" },
    { name = "region", type = "string" },
    { name = "workgroup", type = "string" },
    { name = "database", type = "string" },
    { name = "catalog", type = "string" },
    { name = "statement_type", type = "string" },
    { name = "state_change_reason", type = "string" },
    { name = "duration_ms", type = "bigint" },
    { name = "cost_usd", type = "double" },
    { name = "cost", type = "double" },
    { name = "cost_currency", type = "string" },
    { name = "price_certainty", type = "string" },
    { name = "not_billed", type = "string" },
    { name = "query_shape", type = "string" },
  ]

  columns_of_sums = [
    { name = "kind", type = "string" },
    { name = "name", type = "string" },
    { name = "queries", type = "bigint" },
    { name = "failed", type = "bigint" },
    { name = "cancelled", type = "bigint" },
    { name = "unpriced", type = "bigint" },
    { name = "data_scanned", type = "bigint" },
    { name = "cost_usd", type = "double" },
    { name = "cost_cny", type = "double" },
  ]
}

resource "aws_s3_bucket" "history" {
  count  = var.report_create_bucket ? 1 : 0
  bucket = var.report_bucket

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "history" {
  count                   = var.report_create_bucket ? 1 : 0
  bucket                  = aws_s3_bucket.history[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "history" {
  count  = var.report_create_bucket ? 1 : 0
  bucket = aws_s3_bucket.history[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "history" {
  count  = var.report_create_bucket ? 1 : 0
  bucket = aws_s3_bucket.history[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "history_policy" {
  count  = var.report_create_bucket ? 1 : 0
  bucket = aws_s3_bucket.history[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.history[0].arn, "${aws_s3_bucket.history[0].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  # S3 refuses two changes of a bucket's access at once.
  depends_on = [aws_s3_bucket_public_access_block.history]
}

resource "aws_glue_catalog_database" "history_database" {
  name        = var.report_database
  catalog_id  = local.account
  description = "The history of Athena's queries."
}

resource "aws_glue_catalog_table" "history_of_queries" {
  name          = "queries"
  catalog_id    = local.account
  database_name = aws_glue_catalog_database.history_database.name
  description   = "Queries that have ended; a folder for each day on which they were started."
  table_type    = "EXTERNAL_TABLE"

  parameters = merge(local.projection, {
    "storage.location.template" = "s3://${var.report_bucket}/queries/dt=$${dt}/"
  })

  partition_keys {
    name = "dt"
    type = "string"
  }

  storage_descriptor {
    location      = "s3://${var.report_bucket}/queries/"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = "org.openx.data.jsonserde.JsonSerDe"
    }

    dynamic "columns" {
      for_each = local.columns_of_queries
      content {
        name = columns.value.name
        type = columns.value.type
      }
    }
  }
}

resource "aws_glue_catalog_table" "history_of_sums" {
  name          = "sums"
  catalog_id    = local.account
  database_name = aws_glue_catalog_database.history_database.name
  description   = "What the queries of each day came to, by person, workgroup, tool and so on."
  table_type    = "EXTERNAL_TABLE"

  parameters = merge(local.projection, {
    "storage.location.template" = "s3://${var.report_bucket}/sums/dt=$${dt}/"
  })

  partition_keys {
    name = "dt"
    type = "string"
  }

  storage_descriptor {
    location      = "s3://${var.report_bucket}/sums/"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = "org.openx.data.jsonserde.JsonSerDe"
    }

    dynamic "columns" {
      for_each = local.columns_of_sums
      content {
        name = columns.value.name
        type = columns.value.type
      }
    }
  }
}
