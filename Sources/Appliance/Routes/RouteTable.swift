// What the box offers, in one screen. Each feature's routes are in a file of their own.

/// The table of contents.
enum RouteTable {
    static func routes(_ appliance: Wiring) -> [Route] {
        let routes =
            sessionRoutes(appliance.tenants)
            + accountRoutes(appliance)
            + screenRoutes()
            + doorRoutes()
            + scanRoutes()
            + unknownRoutes()
            + assetRoutes()
            + viewRoutes()
            + assetRecordRoutes()
            + costRoutes()
            + pictureRoutes()
            + lookupRoutes()
            + modelRoutes()
            + stockRoutes()
            + placeRoutes()
            + readerRoutes(appliance)
            + peopleRoutes()
            + keyRoutes(appliance)
            + auditRoutes()
            + projectRoutes()
            + roomRoutes()
            + messageRoutes()
            + fileRoutes()
            + changeRoutes()
            + batchRoutes()
            + labelRoutes(appliance)
            + labelJobRoutes(appliance)
            + printerRoutes(appliance)
            + importRoutes()
            + exportRoutes()
            + liveRoutes(appliance)
            + systemRoutes(appliance)
            + careRoutes(appliance)
            + syncRoutes()
            + conflictRoutes()
            + boxRoutes(appliance)
        return routes + [documentRoute(describing: routes)]
    }
}
