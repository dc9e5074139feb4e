// Photos and files of rooms: begun, brought in pieces that can be resumed, and given back. A picture is one that this box
// made; anything else leaves as something to save, never as something that a browser would run.
import Core
import Drivers

extension RouteTable {
    private static let files = rooms + "/{id}/files"

    static func fileRoutes() -> [Route] {
        [beginRoute, pieceRoute, fileRoute(isSmall: false), fileRoute(isSmall: true)]
    }

    private static var beginRoute: Route {
        Route(
            "POST", files,
            RouteDocument(
                "chat", "Begin a photo or file, whose bytes come in pieces",
                body: Schema.object([
                    "name": ["type": "string", "maxLength": 200],
                    "byteCount": Schema.whole(1...Int(FileShelf.byteCountMax)),
                ]), answer: (201, Schema.object(["id": Schema.text, "offset": Schema.whole])),
                problems: [.notFound, .forbidden, .tooLarge, .tooMany, .unavailable])
        ) { exchange in
            struct Body: Decodable {
                var name: String
                var byteCount: Int64
            }
            let body = try exchange.body(Body.self)
            let id = try await exchange.tenant.talk.files.begin(
                body.name, body.byteCount, in: exchange.id(), by: exchange.author)
            return .response(HTTPResponse(status: 201, ["id": .string(id.rawValue), "offset": 0]))
        }
    }

    private static var pieceRoute: Route {
        Route(
            "PUT", files + "/{file}",
            RouteDocument(
                "chat", "Bring the piece that begins at `offset`; the last one makes the file whole",
                [.query("offset", Schema.whole, "How many bytes were brought before.")],
                rawBody: .init(types: ["application/octet-stream"], byteCountMax: FileShelf.pieceByteCountMax),
                answer: (
                    200,
                    Schema.object([
                        "id": Schema.text, "offset": Schema.whole, "file": Schema.orNull(Schema.ref("MessageFile")),
                    ])
                ), problems: [.notFound, .conflict])
        ) { exchange in
            let id: MessageFile.ID = exchange.id("file")
            let offset = try exchange.number("offset", default: 0, in: 0...Int(FileShelf.byteCountMax))
            let taken = try await exchange.tenant.talk.files.take(
                exchange.request.body, at: Int64(offset), of: id, in: exchange.id(), by: exchange.author)
            return .response(
                HTTPResponse([
                    "id": .string(id.rawValue), "offset": .int(taken.offset), "file": taken.file?.json ?? .null,
                ]))
        }
    }

    private static func fileRoute(isSmall: Bool) -> Route {
        Route(
            "GET", files + "/{file}" + (isSmall ? "/small" : ""),
            RouteDocument(
                "chat", isSmall ? "The small picture of a photo" : "A photo, or a file to save; parts of it by `Range`",
                answer: (200, nil), problems: [.notFound])
        ) { exchange in
            let found = try await exchange.tenant.talk.files.find(
                exchange.id("file"), in: exchange.id(), isSmall: isSmall, for: exchange.author.person)
            // What a file is never changes.
            let tag = "\"\(found.file.id.rawValue)\(isSmall ? "-small" : "")\""
            if exchange.request.header("If-None-Match") == tag {
                return .response(kept(HTTPResponse(status: 304), tag))
            }
            let answer = HTTPResponse(contentType: found.file.type, file: found.body)
                .with("Content-Disposition", disposition(found.file))
                .with("Content-Security-Policy", "default-src 'none'; sandbox")
            return .response(kept(answer, tag))
        }
    }

    /// Whoever leaves a room must not find it in a cache that others use.
    private static func kept(_ response: HTTPResponse, _ tag: String) -> HTTPResponse {
        response.with("Cache-Control", "private, max-age=86400").with("ETag", tag)
    }

    /// - Source: RFC 6266 and RFC 8187: the name in UTF-8, with what is not a letter or digit escaped.
    private static func disposition(_ file: MessageFile) -> String {
        let name = file.name.utf8.map { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 46
                ? String(UnicodeScalar(byte)) : "%" + Hex.text([byte]).uppercased()
        }.joined()
        return "\(file.isPicture ? "inline" : "attachment"); filename*=UTF-8''\(name)"
    }
}
