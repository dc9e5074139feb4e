// Where gear lives.
import Core
import Drivers

extension RouteTable {
    static func placeRoutes() -> [Route] {
        let list = Route(
            "GET", "/api/v1/places",
            RouteDocument(
                "places", "Places in the order of their paths, with how much gear has its home there", [.archived],
                answer: (200, Schema.items(Schema.ref("ListedPlace"))))
        ) { exchange in
            .response(
                HTTPResponse(["items": .array(try await exchange.tenant.catalogue.places(exchange.archiveFilter()))]))
        }
        return [list] + recordRoutes(Place.self, at: "/api/v1/places", tag: "places", answer: "Place")
    }
}
