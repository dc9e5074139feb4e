// One request on its way through a route: who asks and of which organisation, what the path names, and the body as the
// route's own struct.
import Core
import Drivers
import Foundation

/// One request with what the router found out about it.
struct Exchange: Sendable {
    var request: HTTPRequest
    /// Values of the pattern's `{names}`.
    let parameters: [String: String]
    let principal: Principal?
    /// The cookie's or the bearer's secret, for signing out and for live connections.
    let secret: String?
    /// Who comes, whether or not they are signed in.
    let visitor: Visitor
    /// Counts a scan that was decided against what the one who asks may check out.
    var judge: DoorDesk.LastWord = { _ in }
    private let house: Tenant?
    private let porch: Front?

    /// - Parameters:
    ///   - tenant: the organisation that the principal belongs to.
    ///   - front: the organisation at which somebody who is nobody yet would sign in.
    init(
        request: HTTPRequest, parameters: [String: String], principal: Principal?, secret: String?,
        visitor: Visitor? = nil, tenant: Tenant? = nil, front: Front? = nil
    ) {
        self.request = request
        self.parameters = parameters
        self.principal = principal
        self.secret = secret
        self.visitor = visitor ?? Visitor(address: request.head.peerAddress)
        house = tenant
        porch = front
    }

    /// The organisation of the one who asks; a route has no other.
    ///
    /// - Throws: `unauthorized` when nobody is signed in.
    var tenant: Tenant {
        get throws {
            guard let house else { throw Failure(.unauthorized, "Sign in first.") }
            return house
        }
    }

    /// The organisation to sign in to. Only for signing in: what is behind it is for those who did.
    ///
    /// - Throws: `unauthorized` when there is none to sign in to.
    var front: Front {
        get throws {
            guard let porch else { throw Failure(.unauthorized, "Nobody can sign in here.") }
            return porch
        }
    }

    /// The identifier that the path names `id`.
    func id<Named>(_ name: String = "id") -> Identifier<Named> { Identifier(parameters[name] ?? "") }

    /// Who asks, in routes that let nobody else in.
    func signedIn() throws -> Principal {
        guard let principal else { throw Failure(.unauthorized, "Sign in first.") }
        return principal
    }

    /// The body as JSON of the route's own shape.
    ///
    /// - Throws: `invalid` naming the field that is missing or of the wrong type.
    func body<Body: Decodable>(_ type: Body.Type = Body.self) throws -> Body {
        do {
            return try JSONDecoder().decode(type, from: Data(request.body))
        } catch let DecodingError.keyNotFound(key, _) {
            throw Failure(.invalid, "\(key.stringValue) is missing.", field: key.stringValue)
        } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context) {
            let field = context.codingPath.last?.stringValue
            throw Failure(.invalid, "\(field ?? "The body") has the wrong type.", field: field)
        } catch {
            throw Failure(.invalid, "The body is not JSON.", cause: "\(error)")
        }
    }

    /// A query item as a number in a range.
    func number(_ name: String, default value: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = request.query(name) else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw Failure(
                .invalid, "\(name) is a number from \(range.lowerBound) to \(range.upperBound).", field: name)
        }
        return number
    }

    /// The version in If-Match; nil when there is none or it is `*`.
    ///
    /// - Throws: `invalid` for a tag this API does not give out.
    func ifMatch() throws -> Int64? {
        guard let tag = request.header("If-Match"), tag != "*" else { return nil }
        guard tag.hasPrefix("\""), tag.hasSuffix("\""), let version = Int64(tag.dropFirst().dropLast()) else {
            throw Failure(.invalid, "If-Match is the ETag this address gave out.", field: "If-Match")
        }
        return version
    }

    /// The Idempotency-Key of the one who asks; nil when none was sent.
    ///
    /// - Throws: `invalid` for a key that is not 1 to 200 visible characters.
    func idempotencyKey() throws -> String? {
        guard let key = request.header("Idempotency-Key") else { return nil }
        guard (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(.invalid, "An Idempotency-Key has 1 to 200 visible characters.", field: "Idempotency-Key")
        }
        let owner = principal?.person?.rawValue ?? principal?.device ?? ""
        return "\(owner):\(key)"
    }
}

/// A JSON member that may be absent, null, or a value: absent leaves a field as it is, null empties it.
enum Patch<Value: Decodable & Sendable>: Decodable, Sendable {
    case absent, null, value(Value)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = try container.decodeNil() ? .null : .value(container.decode(Value.self))
    }

    /// Nil when absent, `.some(nil)` when null.
    func map<Result>(_ transform: (Value) -> Result) -> Result?? {
        switch self {
        case .absent: .none
        case .null: .some(nil)
        case .value(let value): .some(transform(value))
        }
    }
}

extension KeyedDecodingContainer {
    func decode<Value>(_ type: Patch<Value>.Type, forKey key: Key) throws -> Patch<Value> {
        guard contains(key) else { return .absent }
        return try decodeNil(forKey: key) ? .null : .value(decode(Value.self, forKey: key))
    }
}
