// Where gear lives.
import Core
import Drivers

extension RouteTable {
    static func placeRoutes(_ appliance: Wiring) -> [Route] {
        recordRoutes(Place.self, at: "/api/v1/places", tag: "places", answer: "Place", appliance)
    }
}
