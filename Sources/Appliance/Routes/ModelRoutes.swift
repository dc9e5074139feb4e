// Models of gear and their categories.
import Core
import Drivers

extension RouteTable {
    static func modelRoutes(_ appliance: Wiring) -> [Route] {
        recordRoutes(Model.self, at: "/api/v1/models", tag: "models", answer: "Model", appliance)
            + recordRoutes(Category.self, at: "/api/v1/categories", tag: "models", answer: "Category", appliance)
    }
}
