package import AWS
package import LambdaRuntime

/// A handler with the services that it calls first.
package struct AssembledHandler {
    /// The handler.
    package let handler: any LambdaHandler
    /// The services to which connections are worth opening in the init phase. S3 has a host name for each bucket, which
    /// only an event tells.
    package let services: [AWSService]

    /// Creates an assembled handler.
    package init(_ handler: any LambdaHandler, calling services: [AWSService]) {
        self.handler = handler
        self.services = services
    }
}
