// Printers: those that are set up, those that could be, and how they are.
import Core
import Drivers

extension RouteTable {
    static func printerRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/printers",
                RouteDocument(
                    "labels", "Printers by name", answer: (200, Schema.items(Schema.ref("Printer"))))
            ) { exchange in
                .response(HTTPResponse(["items": .array(try await exchange.tenant.labels.printers())]))
            },
            Route(
                "GET", "/api/v1/printers/found", access: .role(.manager),
                RouteDocument(
                    "labels", "Printers that make themselves known on the network, and queues of this machine",
                    answer: (
                        200,
                        Schema.items(
                            Schema.object([
                                "name": Schema.text, "address": Schema.text, "model": Schema.orNull(Schema.text),
                            ]))
                    ))
            ) { _ in
                .response(
                    HTTPResponse(["items": .array(await appliance.printerFinder.find().map(\.json))]))
            },
            Route(
                "GET", "/api/v1/printers/{id}/state",
                RouteDocument(
                    "labels", "What a printer says of itself, in words",
                    answer: (200, Schema.ref("PrinterState")), problems: [.notFound])
            ) { exchange in
                let printer = try await exchange.tenant.records(Printer.self).find(exchange.id())
                let look = try await exchange.tenant.labelQueue.look(at: PrinterAddress(printer.address))
                return .response(HTTPResponse(look.json).with("Cache-Control", "no-store"))
            },
            Route(
                "GET", "/api/v1/printers/{id}/calibration.pdf",
                RouteDocument(
                    "labels", "A page that shows how far a printer prints beside its labels",
                    answer: (200, Schema.text), as: "application/pdf", problems: [.notFound])
            ) { exchange in
                let printer = try await exchange.tenant.records(Printer.self).find(exchange.id())
                let pdf = try appliance.press.calibration(
                    of: LabelMedia.named(printer.media), offset: PrintOffset(x: printer.offsetX, y: printer.offsetY))
                return .response(
                    HTTPResponse(contentType: "application/pdf", bytes: pdf).with("Cache-Control", "no-store"))
            },
        ] + recordRoutes(Printer.self, at: "/api/v1/printers", tag: "labels", answer: "Printer")
    }
}
