// What gear cost is for managers: over HTTP, on the live socket, in what is replayed, and in what others are sent.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct CostTests {
    @Test func `a manager sets and reads what gear cost, and crew neither`() async throws {
        try await TestBox.run { box in
            let asset = "/api/v1/assets/\(try box.asset("CAM-7").text("id") ?? "")"
            let set = try box.ask("PATCH", asset + "/cost", ["value": 450_000, "supplier": "SecretSupplier"])
            #expect(set.status == 200 && set["etag"] == "\"1\"")
            let crew = ["Cookie": try box.signIn("Ana Vidal", pin: "1111")]
            for (method, body) in [("GET", JSON?.none), ("PATCH", ["value": 1])] {
                let refused = try box.ask(method, asset + "/cost", body, headers: crew, authorization: nil)
                #expect(refused.status == 403 && !refused.text.contains("450000"))
            }
            for path in [asset, asset + "/history", "/api/v1/assets?q=CAM-7", "/api/v1/lookup?code=CAM-7"] {
                let text = try box.ask("GET", path, headers: crew, authorization: nil).text
                #expect(text.contains("CAM-7") || path.hasSuffix("history"))
                #expect(!text.contains("450000") && !text.contains("SecretSupplier"), "\(path)")
            }
            let undone = try box.ask("POST", "/api/v1/changes/\(set["depotd-change"] ?? "")/undo")
            #expect(undone.status == 200)
            #expect(try box.ask("GET", asset + "/cost").fields().number("version") == 0)
            #expect(try box.ask("GET", "/api/v1/models/none/cost").status == 404)
        }
    }

    @Test func `crew is refused the topic of costs, live and in what is replayed`() async throws {
        try await TestBox.run { box in
            let asset = "/api/v1/assets/\(try box.asset("CAM-7").text("id") ?? "")"
            let manager = try box.live()
            let start = try manager.subscribe(["assets.cost", "assets"])
            let position = (start.text("epoch") ?? "", start.number("seq") ?? 0)
            let crew = try box.live(["Cookie": try box.signIn("Ana Vidal", pin: "1111")], authorization: nil)
            for topics: JSON in [["assets.cost"], ["assets", "assets.cost"]] {
                for since: JSON in [.null, ["epoch": .string(position.0), "seq": .int(Int64(position.1))]] {
                    try crew.send(["type": "subscribe", "topics": topics, "since": since])
                    let refused = try crew.next()
                    #expect(refused.text("type") == "error" && refused.text("code") == "forbidden")
                    #expect(refused.text("message") == "assets.cost is for a manager.")
                }
            }
            // A refusal takes none of the topics, and the connection stays.
            try crew.subscribe(["assets"])
            _ = try box.ask("PATCH", asset + "/cost", ["value": 450_000])
            let cost = try manager.change()
            #expect(cost.text("topic") == "assets.cost" && cost.object("data").number("value") == 450_000)
            _ = try box.ask("PATCH", asset, ["note": "after"])
            #expect(try crew.change().object("data").text("note") == "after")
            let back = try box.live(["Cookie": try box.signIn("Ana Vidal", pin: "1111")], authorization: nil)
            try back.subscribe(["assets"], since: position)
            #expect(try back.change().object("data").text("note") == "after")
            #expect(try back.next().text("type") == "position")
        }
    }
}
