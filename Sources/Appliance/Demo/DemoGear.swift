// What stands on the demo depot's shelves.
import Core

/// One model of the demo depot and how many of it there are.
struct DemoGear {
    let prefix: String
    let maker: String
    let model: String
    let category: String
    let home: String
    let count: Int

    static let all = [
        DemoGear(prefix: "CAM", maker: "Sony", model: "FX6", category: "Camera", home: "Shelf A1", count: 8),
        DemoGear(prefix: "LENS", maker: "Canon", model: "CN-E 24-105", category: "Camera", home: "Shelf A2", count: 6),
        DemoGear(
            prefix: "TRI", maker: "Sachtler", model: "flowtech 100", category: "Camera", home: "Shelf A4", count: 6),
        DemoGear(prefix: "PANEL", maker: "ARRI", model: "SkyPanel S60-C", category: "Light", home: "Bay B", count: 10),
        DemoGear(prefix: "POINTE", maker: "Robe", model: "Robin Pointe", category: "Light", home: "Bay B", count: 12),
        DemoGear(prefix: "DESK", maker: "Yamaha", model: "QL5", category: "Audio", home: "Shelf C1", count: 2),
        DemoGear(
            prefix: "MIC", maker: "Shure", model: "ULXD2 handheld", category: "Audio", home: "Shelf C2", count: 12),
        DemoGear(prefix: "SPK", maker: "d&b", model: "V8", category: "Audio", home: "Bay C", count: 8),
        DemoGear(prefix: "TRUSS", maker: "Prolyte", model: "Truss 2 m", category: "Rigging", home: "Yard", count: 16),
        DemoGear(prefix: "DRILL", maker: "Hilti", model: "TE 6-A22", category: "Tools", home: "Cage D", count: 5),
        DemoGear(prefix: "SCRUB", maker: "Kärcher", model: "BR 40/10", category: "Cleaning", home: "Cage E", count: 3),
        DemoGear(prefix: "VAN", maker: "Ford", model: "Transit L3", category: "Vehicles", home: "Yard", count: 3),
    ]

    /// The unit of this running number: a serial of its own, and on cameras a GIAI and an RFID tag as well.
    func draft(number: Int, model: Model.ID) -> AssetRegister.Draft {
        var draft = AssetRegister.Draft(number: "\(prefix)-\(number)", name: "\(maker) \(self.model)", model: model)
        draft.serial = "\(prefix)\(4_710_000 + number * 37)"
        draft.home = home
        if prefix == "CAM" {
            let digits = String(1_000 + number)
            draft.codes = ["https://id.gs1.org/8004/4012345CAM\(digits)", "04A1B2C3D4" + digits]
        }
        return draft
    }
}
