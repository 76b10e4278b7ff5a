/// The contract of `query_api`, which it serves.
enum QueryAPIDocument {
    /// An OpenAPI 3.1 document.
    ///
    /// - Parameter longestRetention: the operator's limit in minutes, in place of the usual one.
    static func text(longestRetention: Int64) -> String {
        document.replacing(#""maximum": 43200"#, with: #""maximum": \#(longestRetention)"#)
    }

    private static let document = #"""
        {
         "openapi": "3.1.0",
         "info": {
          "title": "Historical queries",
          "version": "0",
          "description": "Runs SQL that reads in Amazon Athena, and hands its rows out page by page. Every path also begins with /v0/lme_hist.",
          "license": { "name": "MIT", "identifier": "MIT" }
         },
         "servers": [
          {
           "url": "/",
           "description": "Where this document was fetched; a gateway's stage comes before the paths."
          }
         ],
         "security": [{"key": []}],
         "paths": {
          "/v0/data_hist/query": {
           "post": {
            "operationId": "submit",
            "summary": "Submit a query",
            "parameters": [
             { "$ref": "#/components/parameters/Tenant" },
             { "$ref": "#/components/parameters/Compat" },
             { "$ref": "#/components/parameters/IdempotencyKey" }
            ],
            "requestBody": {
             "required": true,
             "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Submission"}} }
            },
            "responses": {
             "200": {
              "description": "The query runs.",
              "content": {
               "application/json": {
                "schema": {
                 "anyOf": [
                  { "$ref": "#/components/schemas/Submitted" },
                  { "type": "string", "description": "The id alone, with compat=v0code." }
                 ]
                }
               }
              },
              "links": {
               "status": {
                "operationId": "status",
                "parameters": {
                 "query_id": "$response.body#/query_id",
                 "X-TREBUCHET-TENANT-ID": "$request.header.X-TREBUCHET-TENANT-ID"
                }
               },
               "cancel": {
                "operationId": "cancel",
                "parameters": {
                 "query_id": "$response.body#/query_id",
                 "X-TREBUCHET-TENANT-ID": "$request.header.X-TREBUCHET-TENANT-ID"
                }
               },
               "next": {
                "operationId": "next",
                "parameters": { "X-TREBUCHET-TENANT-ID": "$request.header.X-TREBUCHET-TENANT-ID" },
                "requestBody": { "query_id": "$response.body#/query_id" }
               }
              }
             },
             "400": { "$ref": "#/components/responses/InvalidRequest" },
             "403": { "$ref": "#/components/responses/Forbidden" },
             "409": { "$ref": "#/components/responses/IdempotencyMismatch" },
             "401": { "$ref": "#/components/responses/Unauthorized" },
             "429": { "$ref": "#/components/responses/TooManyRequests" },
             "502": { "$ref": "#/components/responses/AthenaUnavailable" }
            }
           }
          },
          "/v0/data_hist/status/{query_id}": {
           "get": {
            "operationId": "status",
            "summary": "Ask how a query stands",
            "parameters": [
             { "$ref": "#/components/parameters/QueryID" },
             { "$ref": "#/components/parameters/Tenant" },
             { "$ref": "#/components/parameters/Compat" }
            ],
            "responses": {
             "200": {
              "description": "How it stands. One that failed is answered with 400, 502 or 503.",
              "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Progress"}} }
             },
             "400": { "$ref": "#/components/responses/InvalidRequest" },
             "404": { "$ref": "#/components/responses/NotFound" },
             "410": { "$ref": "#/components/responses/Gone" },
             "503": { "$ref": "#/components/responses/Exhausted" },
             "401": { "$ref": "#/components/responses/Unauthorized" },
             "429": { "$ref": "#/components/responses/TooManyRequests" },
             "502": { "$ref": "#/components/responses/AthenaUnavailable" }
            }
           }
          },
          "/v0/data_hist/cancel/{query_id}": {
           "post": {
            "operationId": "cancel",
            "summary": "Cancel a query; one that has ended stays as it is",
            "parameters": [
             { "$ref": "#/components/parameters/QueryID" },
             { "$ref": "#/components/parameters/Tenant" },
             { "$ref": "#/components/parameters/Compat" }
            ],
            "responses": {
             "200": {
              "description": "How it stands now; to be CANCELLED may take a moment.",
              "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Progress"}} }
             },
             "400": { "$ref": "#/components/responses/InvalidRequest" },
             "404": { "$ref": "#/components/responses/NotFound" },
             "410": { "$ref": "#/components/responses/Gone" },
             "401": { "$ref": "#/components/responses/Unauthorized" },
             "429": { "$ref": "#/components/responses/TooManyRequests" },
             "502": { "$ref": "#/components/responses/AthenaUnavailable" }
            }
           }
          },
          "/v0/data_hist/next": {
           "post": {
            "operationId": "next",
            "summary": "Read the next rows of a finished query",
            "parameters": [{"$ref": "#/components/parameters/Tenant"}, {"$ref": "#/components/parameters/Compat"}],
            "requestBody": {
             "required": true,
             "content": { "application/json": {"schema": {"$ref": "#/components/schemas/PageRequest"}} }
            },
            "responses": {
             "200": {
              "description": "Rows, and a token when there are more.",
              "content": {
               "application/json": {
                "schema": {
                 "anyOf": [{"$ref": "#/components/schemas/Page"}, {"$ref": "#/components/schemas/CompatiblePage"}]
                }
               }
              }
             },
             "400": { "$ref": "#/components/responses/InvalidRequest" },
             "404": { "$ref": "#/components/responses/NotFound" },
             "409": { "$ref": "#/components/responses/NotReady" },
             "410": { "$ref": "#/components/responses/Gone" },
             "413": { "$ref": "#/components/responses/TooLong" },
             "503": { "$ref": "#/components/responses/Exhausted" },
             "401": { "$ref": "#/components/responses/Unauthorized" },
             "429": { "$ref": "#/components/responses/TooManyRequests" },
             "502": { "$ref": "#/components/responses/AthenaUnavailable" }
            }
           }
          },
          "/v0/data_hist/openapi.json": {
           "get": {
            "operationId": "document",
            "summary": "This document",
            "responses": {
             "200": {
              "description": "The document.",
              "content": { "application/json": {"schema": {"type": "object"}} }
             },
             "401": { "$ref": "#/components/responses/Unauthorized" }
            }
           }
          }
         },
         "components": {
          "securitySchemes": { "key": {"type": "apiKey", "in": "header", "name": "x-api-key"} },
          "parameters": {
           "Tenant": {
            "name": "X-TREBUCHET-TENANT-ID",
            "in": "header",
            "required": true,
            "description": "Whose query it is. Other tenants, and other API keys, do not see it.",
            "schema": { "type": "string", "pattern": "[!-~]", "minLength": 1, "maxLength": 256 }
           },
           "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key again gives the query that the first request started.",
            "schema": { "type": "string", "pattern": "[!-~]", "minLength": 1, "maxLength": 256 }
           },
           "Compat": {
            "name": "compat",
            "in": "query",
            "description": "v0code: answers as the first service of this kind gave them.",
            "schema": { "type": "string" }
           },
           "QueryID": { "name": "query_id", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1} }
          },
          "schemas": {
           "Submission": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
             "query": {
              "type": "string",
              "pattern": "[!-~]",
              "maxLength": 262144,
              "description": "One statement that reads allowed tables.",
              "examples": ["SELECT servicename, count(*) FROM events_v0 GROUP BY 1"]
             },
             "sql_query": {
              "type": "string",
              "pattern": "[!-~]",
              "maxLength": 262144,
              "description": "Another name for query.",
              "examples": ["SELECT servicename, count(*) FROM events_v0 GROUP BY 1"]
             },
             "retention_minutes": {
              "type": ["integer", "null"],
              "minimum": 1,
              "description": "For how long the result is kept, 1440 unless the operator says otherwise.",
              "maximum": 43200
             }
            },
            "examples": [{"query": "SELECT servicename, count(*) FROM events_v0 GROUP BY 1", "retention_minutes": 60}],
            "oneOf": [{"required": ["query"]}, {"required": ["sql_query"]}]
           },
           "Submitted": { "type": "object", "required": ["query_id"], "properties": {"query_id": {"type": "string"}} },
           "Progress": {
            "type": "object",
            "required": ["status"],
            "properties": {
             "query_id": { "type": "string" },
             "status": {
              "enum": ["QUEUED", "RUNNING", "FINISHED", "SUCCEEDED", "FAILED", "CANCELLED"],
              "description": "Athena's state, with FINISHED for SUCCEEDED."
             },
             "state": { "type": "string", "description": "Athena's state." },
             "reason": { "type": "string" },
             "expires_at": {
              "type": "integer",
              "description": "When the result is deleted, in seconds since 1970; once the query has ended."
             },
             "statistics": {
              "type": "object",
              "required": ["bytes_scanned", "milliseconds"],
              "properties": { "bytes_scanned": {"type": "integer"}, "milliseconds": {"type": "integer"} }
             }
            }
           },
           "PageRequest": {
            "type": "object",
            "additionalProperties": false,
            "required": ["query_id"],
            "properties": {
             "query_id": { "type": "string" },
             "paging_token": {
              "type": ["string", "null"],
              "minLength": 1,
              "maxLength": 1024,
              "description": "next_token of the page before."
             },
             "next_token": {
              "type": ["string", "null"],
              "minLength": 1,
              "maxLength": 1024,
              "description": "Another name for paging_token."
             },
             "results_per_page": {
              "type": ["integer", "null"],
              "minimum": 1,
              "maximum": 1000,
              "description": "How many rows at the most, 1000 unless told otherwise. A page may hold fewer, and more still come."
             },
             "results_per_request": {
              "type": ["integer", "null"],
              "minimum": 1,
              "maximum": 1000,
              "description": "Another name for results_per_page."
             }
            },
            "allOf": [
             { "not": {"required": ["paging_token", "next_token"]} },
             { "not": {"required": ["results_per_page", "results_per_request"]} }
            ]
           },
           "Page": {
            "type": "object",
            "required": ["query_id", "columns", "rows"],
            "properties": {
             "query_id": { "type": "string" },
             "columns": {
              "type": "array",
              "items": {
               "type": "object",
               "required": ["name", "type"],
               "properties": { "name": {"type": "string"}, "type": {"type": "string"} }
              }
             },
             "rows": {
              "type": "array",
              "items": { "type": "array", "items": {"type": ["string", "number", "boolean", "null"]} }
             },
             "next_token": { "type": "string", "description": "Missing on the last page." }
            }
           },
           "CompatiblePage": {
            "type": "object",
            "required": ["result_set"],
            "properties": { "result_set": {"type": "string"}, "next_token": {"type": "string"} }
           },
           "Error": {
            "type": "object",
            "required": ["error", "message", "retryable"],
            "properties": {
             "error": { "type": "string", "description": "One word for programs." },
             "message": { "type": "string" },
             "query_id": { "type": "string" },
             "retryable": { "type": "boolean", "description": "Whether the same may succeed later." }
            }
           }
          },
          "responses": {
           "InvalidRequest": {
            "description": "The request is not what this document says, or its SQL is wrong: InvalidRequest, InvalidQuerySyntax, QueryFailed, InvalidToken.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "Unauthorized": {
            "description": "The API key is missing or wrong.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "Forbidden": {
            "description": "The SQL does more than read allowed tables. A gateway also refuses keys with this.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "NotFound": {
            "description": "There is no such query of this tenant's.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "NotReady": {
            "description": "The query has not ended.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "Gone": {
            "description": "The result has expired, or the query was cancelled.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "TooLong": {
            "description": "A single row is longer than an answer.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "IdempotencyMismatch": {
            "description": "The Idempotency-Key was used for another query.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "TooManyRequests": {
            "description": "Athena has too much to do.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} },
            "headers": { "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}} }
           },
           "AthenaUnavailable": {
            "description": "Athena did not answer, or failed.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} }
           },
           "Exhausted": {
            "description": "Athena had no resources for the query.",
            "content": { "application/json": {"schema": {"$ref": "#/components/schemas/Error"}} },
            "headers": { "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}} }
           }
          }
         }
        }
        """#
}
