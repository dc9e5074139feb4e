// Pictures, in as they are and out again under a name that always stands for the same bytes.
import Core
import Drivers

extension RouteTable {
    static func pictureRoutes() -> [Route] {
        let raw = RouteDocument.RawBody(
            types: PictureHeader.Kind.allCases.map(\.rawValue), byteCountMax: PictureDesk.byteCountMax)
        return [
            Route(
                "POST", "/api/v1/pictures", access: .role(.manager),
                RouteDocument(
                    "pictures", "Keep a picture", rawBody: raw, answer: (201, Schema.ref("Picture")),
                    problems: [.tooLarge])
            ) { exchange in
                let (id, header) = try await exchange.tenant.pictures.keep(
                    exchange.request.body, as: exchange.request.mediaType)
                return .response(
                    HTTPResponse(
                        status: 201,
                        [
                            "id": .string(id.rawValue), "type": .string(header.kind.rawValue),
                            "width": .int(Int64(header.width)), "height": .int(Int64(header.height)),
                        ]))
            },
            Route(
                "GET", "/api/v1/pictures/{id}",
                RouteDocument("pictures", "A picture's bytes", answer: (200, nil), problems: [.notFound])
            ) { exchange in
                let id: Picture.ID = exchange.id()
                let tag = "\"\(id.rawValue)\""
                if exchange.request.header("If-None-Match") == tag {
                    return .response(cached(HTTPResponse(status: 304), tag))
                }
                let (type, bytes) = try await exchange.tenant.pictures.find(id)
                return .response(cached(HTTPResponse(contentType: type, bytes: bytes), tag))
            },
        ]
    }

    /// What a name stands for never changes, so whoever was let see it may keep it for a year.
    private static func cached(_ response: HTTPResponse, _ tag: String) -> HTTPResponse {
        response.with("Cache-Control", "private, max-age=31536000, immutable").with("ETag", tag)
    }
}
