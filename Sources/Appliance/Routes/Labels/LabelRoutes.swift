// Codes and labels as pictures: the code of a piece of gear, designs, previews and sheets. Jobs that printers carry out are
// in LabelJobRoutes.swift, the printers in PrinterRoutes.swift.
import Core
import Drivers

extension RouteTable {
    static func labelRoutes(_ appliance: Wiring) -> [Route] {
        [
            codeRoute(appliance),
            Route(
                "GET", "/api/v1/labels/media",
                RouteDocument(
                    "labels", "The rolls and sheets of labels that there are designs for",
                    answer: (200, Schema.items(Schema.ref("LabelMedia"))))
            ) { _ in .response(HTTPResponse(["items": .array(LabelMedia.all.map(\.json))])) },
            Route(
                "GET", "/api/v1/labels/designs",
                RouteDocument(
                    "labels", "Designs: those that come with the box and fit all labels, and one's own",
                    answer: (
                        200,
                        Schema.object([
                            "patterns": Schema.list(
                                Schema.object(["key": Schema.text, "use": Schema.text, "name": Schema.text])),
                            "items": Schema.list(Schema.ref("LabelDesign")), "fields": Schema.list(Schema.text),
                        ])
                    ))
            ) { exchange in
                let patterns = LabelUse.allCases.map { use -> JSON in
                    [
                        "key": .string("pattern:\(use.rawValue)"), "use": .string(use.rawValue),
                        "name": .string(use.title),
                    ]
                }
                return .response(
                    HTTPResponse([
                        "patterns": .array(patterns), "items": .array(try await exchange.tenant.labels.designs()),
                        "fields": .array(LabelLayout.fields.map(JSON.string)),
                    ]))
            },
            Route(
                "GET", "/api/v1/labels/layout",
                RouteDocument(
                    "labels", "What stands where on a label, to begin a design of one's own with",
                    [
                        .query("media", Schema.someText, "The key of the labels."),
                        .query("design", Schema.someText, "The design; `pattern:gear` if absent."),
                    ], answer: (200, Schema.ref("LabelLayout")), problems: [.invalid, .notFound])
            ) { exchange in
                let media = try LabelMedia.named(exchange.request.query("media") ?? "")
                let design = try DesignChoice(exchange.request.query("design") ?? "pattern:gear")
                return .response(
                    HTTPResponse(try await exchange.tenant.labels.layout(of: design, on: media).json))
            },
        ] + recordRoutes(LabelDesign.self, at: "/api/v1/labels/designs", tag: "labels", answer: "LabelDesign")
            + previewRoutes(appliance)
    }

    private static func codeRoute(_ appliance: Wiring) -> Route {
        Route(
            "GET", "/api/v1/assets/{id}/qr-code",
            RouteDocument(
                "labels", "The code of a piece of gear as a picture",
                [
                    .query("format", Schema.one(of: ["svg", "png"]), "`svg` if absent."),
                    .query("code", Schema.one(of: LabelPayload.allCases.map(\.rawValue)), "`opaque` if absent."),
                    .query(
                        "symbology", Schema.one(of: LabelSymbology.allCases.map(\.rawValue)), "`qr` if absent."),
                    .query("size", Schema.whole(32...2_000), "Pixels across; 300 if absent."),
                    .query("margin", Schema.whole(0...20), "Light modules around it; as many as asked for if absent."),
                ], answer: (200, Schema.text), as: "image/svg+xml", problems: [.invalid, .notFound, .conflict])
        ) { exchange in
            let payload = try exchange.choice("code", LabelPayload.self) ?? .opaque
            let symbology = try exchange.choice("symbology", LabelSymbology.self) ?? .qr
            let size = try exchange.number("size", default: 300, in: 32...2_000)
            let draft = try await exchange.tenant.labels.draft(
                .asset(exchange.id()), on: nil, media: nil, design: nil, payload: payload,
                base: appliance.phoneAddress(for: exchange.request.head), by: exchange.author)
            let text = symbology == .code128 ? draft.content.shortCode : draft.content.code
            let matrix = try CodeMatrix.make(symbology, text, within: size)
            let margin = try exchange.number("margin", default: matrix.quiet, in: 0...20)
            let format = exchange.request.query("format") ?? "svg"
            guard ["svg", "png"].contains(format) else {
                throw Failure(.invalid, "format is svg or png.", field: "format")
            }
            let facts = "\(text)\n\(symbology)\n\(size)\n\(margin)\n\(format)\n\(Version.current)"
            let tag = "\"\(Hex.text(SHA256.digest(Array(facts.utf8)).prefix(12)))\""
            if exchange.request.header("If-None-Match") == tag {
                return .response(kept(HTTPResponse(status: 304), tag))
            }
            let picture = CodePicture(matrix, margin: margin)
            let response =
                format == "png"
                ? HTTPResponse(contentType: "image/png", bytes: try picture.png(size: size))
                : HTTPResponse(contentType: "image/svg+xml", text: picture.svg(size: size))
            return .response(kept(response, tag))
        }
    }

    /// The same for an hour: a number that is changed makes another code.
    private static func kept(_ response: HTTPResponse, _ tag: String) -> HTTPResponse {
        response.with("Cache-Control", "private, max-age=3600").with("ETag", tag)
    }

    private static func previewRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "POST", "/api/v1/labels/preview",
                RouteDocument(
                    "labels", "A label as it would be printed, dot for dot; with a layout of one's own if one is given",
                    body: Schema.object([
                        "item": Schema.ref("LabelSubject"), "printer?": Schema.text, "media?": Schema.text,
                        "design?": Schema.text, "code?": Schema.text, "layout?": Schema.ref("LabelLayout"),
                    ]), answer: (200, Schema.text), as: "image/png", problems: [.invalid, .notFound, .conflict])
            ) { exchange in
                let body = try exchange.body(PreviewBody.self)
                let draft = try await exchange.tenant.labels.draft(
                    LabelSubject(body.item), on: body.printer.map { Printer.ID($0) }, media: body.media,
                    design: body.design.map(DesignChoice.init), payload: body.payload(),
                    base: appliance.phoneAddress(for: exchange.request.head), by: exchange.author)
                try body.layout?.check()
                let layout = body.layout ?? draft.layout
                try draft.media.check(layout)
                let logo = try draft.logo.map { try LabelPicture($0) }
                let image = try appliance.press.label(
                    layout, draft.content, resolution: draft.resolution, logo: logo)
                return .response(
                    HTTPResponse(contentType: "image/png", bytes: try image.png).with("Cache-Control", "no-store"))
            },
            Route(
                "POST", "/api/v1/labels/sheets",
                RouteDocument(
                    "labels", "Labels on sheets as a file, for printers that the box does not reach",
                    body: Schema.object([
                        "items": Schema.list(Schema.ref("LabelSubject")), "media": Schema.text, "design?": Schema.text,
                        "code?": Schema.text, "first?": Schema.whole(0...500), "printer?": Schema.text,
                    ]), answer: (200, Schema.text), as: "application/pdf", problems: [.invalid, .notFound, .conflict])
            ) { exchange in
                let body = try exchange.body(SheetBody.self)
                var order = LabelOrder(
                    printer: Printer.ID(body.printer ?? ""), subjects: try body.items.map { try LabelSubject($0) })
                order.design = try body.design.map(DesignChoice.init)
                order.payload = try body.code.map { try LabelPayload(named: $0) }
                order.base = appliance.phoneAddress(for: exchange.request.head)
                order.first = body.first ?? 0
                let media = try LabelMedia.named(body.media)
                let (labels, offset, logo) = try await exchange.tenant.labels.sheet(
                    order, on: media, by: exchange.author)
                let pdf = try appliance.press.sheets(
                    labels, on: media, first: order.first, offset: PrintOffset(x: offset.x, y: offset.y),
                    logo: logo.map { try LabelPicture($0) })
                return .response(
                    HTTPResponse(contentType: "application/pdf", bytes: pdf)
                        .with("Content-Disposition", "attachment; filename=\"labels.pdf\"")
                        .with("Cache-Control", "no-store"))
            },
        ]
    }

    private struct PreviewBody: Decodable {
        var item: JSON
        var printer: String?
        var media: String?
        var design: String?
        var code: String?
        var layout: LabelLayout?

        func payload() throws -> LabelPayload? { try code.map { try LabelPayload(named: $0) } }
    }

    private struct SheetBody: Decodable {
        var items: [JSON]
        var media: String
        var design: String?
        var code: String?
        var first: Int?
        var printer: String?
    }
}

extension LabelPayload {
    /// - Throws: `invalid` for a word that is none of them.
    init(named name: String) throws {
        guard let payload = LabelPayload(rawValue: name) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.invalid, "A code is one of \(names).", field: "code")
        }
        self = payload
    }
}

extension Exchange {
    /// A query item as one of a few words; nil when it is absent.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = request.query(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.invalid, "\(name) is one of \(names).", field: name)
        }
        return choice
    }
}
