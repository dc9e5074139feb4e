// What those may not see who are not told: costs, what is confidential of people, and what proves who somebody is. Every
// address that gives something is asked, and every topic listened to, by those who may not.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct SecretsTests {
    /// What is hidden, set by a manager; each text occurs nowhere else.
    private static let secrets = ["4711471147", "SecretSupplier", "SecretNote", "SECRET-BADGE"]

    /// One of everything, by the name of its list, with secrets in it.
    private static func hide(in box: TestBox) throws -> [String: String] {
        var own: [String: String] = ["assets": try box.asset("CAM-7").text("id") ?? ""]
        for list in ["models", "categories", "people", "projects", "doors", "unknowns"] {
            own[list] = try box.ask("GET", "/api/v1/\(list)").fields().list("items").first?.text("id")
        }
        let cost: JSON = ["value": 4_711_471_147, "supplier": "SecretSupplier"]
        for list in ["assets", "models"] {
            let set = try box.ask("PATCH", "/api/v1/\(list)/\(own[list] ?? "")/cost", cost)
            try #require(set.status == 200, "\(set.text)")
        }
        let person = "/api/v1/people/\(own["people"] ?? "")"
        let noted = try box.ask("PATCH", person, ["note": "SecretNote"])
        let badge = try box.ask("POST", person + "/badges", ["code": "SECRET-BADGE"])
        try #require(noted.status == 200 && badge.status == 201, "\(noted.text) \(badge.text)")
        return own
    }

    /// Every address that gives something, with what there is in its path.
    private static func addresses(_ box: TestBox, _ own: [String: String]) throws -> [String] {
        let document = try JSON(parsing: box.ask("GET", "/api/v1/openapi.json").body)
        return (document["paths"]?.members ?? []).filter {
            $0.value["get"] != nil && !["/api/v1/live", "/api/v1/openapi.json"].contains($0.key)
        }.map { path in
            let list = path.key.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
            return path.key.replacing(/\{[a-z]+\}/, with: own[list] ?? StrangeRequest.nowhere)
        }
    }

    @Test func `what it cost and what is confidential reaches crew on no address, in no export and on no screen`()
        async throws
    {
        try await TestBox.run { box in
            let crew = ["Cookie": try box.signIn("Ben Ortiz", pin: "2222")]
            let screen = try box.live(crew, authorization: nil)
            try screen.subscribe(Topic.allCases.filter { $0.role == .crew }.map(\.rawValue))
            let own = try Self.hide(in: box)
            let addresses = try Self.addresses(box, own)
            #expect(addresses.count > 25)
            var managers = ""
            for address in addresses {
                let answer = try box.ask("GET", address, headers: crew, authorization: nil)
                let leaked = Self.secrets.first { answer.text.contains($0) }
                #expect(leaked == nil, "\(address): \(leaked ?? "")")
                managers += try box.ask("GET", address).text
                // A sign of life: where the machine is slow, all of this takes longer than a silent screen is kept.
                try screen.send(["type": "ping"])
            }
            // That they are there at all, and where they may be seen.
            for secret in Self.secrets {
                #expect(managers.contains(secret), "\(secret)")
            }
            _ = try box.ask("PATCH", "/api/v1/assets/\(own["assets"] ?? "")", ["note": "the last one"])
            while true {
                let frame = try screen.socket.readFrame()
                #expect(Self.secrets.allSatisfy { !frame.text.contains($0) }, "\(frame.text)")
                if frame.text.contains("the last one") { break }
            }
        }
    }

    @Test func `what proves who somebody is reaches nobody, not even an admin`() async throws {
        try await TestBox.run { box in
            let own = try Self.hide(in: box)
            let access = try LocalAccess(readingFrom: LocalAccess.file(in: box.folder))
            let person = own["people"] ?? ""
            _ = try box.ask("PUT", "/api/v1/people/\(person)/pin", ["pin": "918273"])
            for address in try Self.addresses(box, own) {
                let headers = ["Authorization": "Bearer \(access.asAdmin.token)"]
                let text = try box.ask("GET", address, headers: headers, authorization: nil).text
                for secret in ["$argon2", "918273", access.token, access.asAdmin.token] {
                    #expect(!text.contains(secret), "\(address): \(secret)")
                }
            }
        }
    }
}
