// Failures as HTTP says them: one table from code to status, and RFC 9457 problem documents.
import Core
import Drivers

extension Failure.Code {
    /// The HTTP status of this kind of failure.
    var status: Int {
        switch self {
        case .invalid: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .stale: 412
        case .tooLarge: 413
        case .tooMany: 429
        case .internal: 500
        case .unavailable: 503
        }
    }

    /// A few words for the kind of failure.
    var title: String {
        switch self {
        case .invalid: "The request is not right"
        case .unauthorized: "Sign in first"
        case .forbidden: "Not allowed"
        case .notFound: "Not found"
        case .conflict: "It does not fit what is there"
        case .stale: "It was changed meanwhile"
        case .tooLarge: "Too large"
        case .tooMany: "Too many"
        case .internal: "The box made a mistake"
        case .unavailable: "The box can not do that now"
        }
    }
}

extension HTTPResponse {
    /// A JSON answer.
    init(status: Int = 200, _ json: JSON) {
        self.init(status: status, contentType: "application/json", bytes: json.bytes)
        headers.add("Cache-Control", "no-store")
    }

    /// The problem document of a failure. Its cause stays here.
    ///
    /// - Source: RFC 9457.
    init(_ failure: Failure, status: Int? = nil, requestID: String) {
        let status = status ?? failure.code.status
        var document: JSON = [
            "type": .string("/problems/\(failure.code.rawValue)"), "title": .string(failure.code.title),
            "status": .int(Int64(status)), "detail": .string(failure.message),
            "code": .string(failure.code.rawValue), "requestId": .string(requestID),
        ]
        if let field = failure.field { document = document.adding(["field": .string(field)]) }
        if let details = failure.details { document = document.adding(details) }
        self.init(status: status, contentType: "application/problem+json", bytes: document.bytes)
        headers.add("Cache-Control", "no-store")
        if failure.code == .tooMany || failure.code == .unavailable {
            var seconds: Int64 = 2
            if case .int(let told)? = failure.details?["retryAfter"] { seconds = told }
            headers.add("Retry-After", String(seconds))
        }
    }
}
