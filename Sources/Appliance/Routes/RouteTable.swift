// What the box offers, in one screen. Each feature's routes are in a file of their own.

/// The table of contents.
enum RouteTable {
    static func routes(_ appliance: Wiring) -> [Route] {
        let routes =
            sessionRoutes(appliance)
            + doorRoutes(appliance)
            + scanRoutes(appliance)
            + unknownRoutes(appliance)
            + assetRoutes(appliance)
            + viewRoutes(appliance)
            + assetRecordRoutes(appliance)
            + costRoutes(appliance)
            + pictureRoutes(appliance)
            + lookupRoutes(appliance)
            + modelRoutes(appliance)
            + stockRoutes(appliance)
            + placeRoutes(appliance)
            + readerRoutes(appliance)
            + peopleRoutes(appliance)
            + keyRoutes(appliance)
            + auditRoutes(appliance)
            + projectRoutes(appliance)
            + changeRoutes(appliance)
            + batchRoutes(appliance)
            + importRoutes(appliance)
            + exportRoutes(appliance)
            + liveRoutes(appliance)
            + systemRoutes(appliance)
            + careRoutes(appliance)
        return routes + [documentRoute(describing: routes)]
    }
}
