// What lists and pages show of a depot: filters, projects with their sheets, and what went through a door last.
import Core
import CoreMetrics
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct ListTests {
    @Test func `gear is filtered by category and status and counted by the words alone`() async throws {
        try await TestBox.run { box in
            let cameras = try box.ask("GET", "/api/v1/assets?category=Camera&limit=500").fields()
            #expect(cameras.list("items").allSatisfy { $0.text("category") == "Camera" })
            let broken = try box.ask("GET", "/api/v1/assets?category=Camera&status=maintenance,lost").fields()
            #expect(broken.list("items").compactMap { $0.text("number") } == ["CAM-4"])
            #expect(broken.number("total") == 1)
            #expect(broken.object("counts").number("maintenance") == cameras.object("counts").number("maintenance"))
            #expect(try box.ask("GET", "/api/v1/assets?category=none").fields().number("total") == 0)
        }
    }

    @Test func `a project shows its sheet and how much of it is out`() async throws {
        try await TestBox.run { box in
            let projects = try box.ask("GET", "/api/v1/projects").fields().list("items")
            #expect(
                projects.map { $0.text("name") } == ["Festival North", "Gala at the Opera", "School hall rebuild"])
            let festival = try #require(projects.first)
            let before = festival.object("progress").number("done") ?? 0
            try box.scan("CAM-7")
            let shown = try box.ask("GET", "/api/v1/projects/\(festival.text("id") ?? "")").fields()
            #expect(shown.object("progress").number("done") == before + 1)
            let lines = shown.list("lines")
            let camera = try #require(lines.first { $0.object("asset").text("number") == "CAM-7" })
            #expect(camera.number("quantity") == 1 && camera.number("out") == 1)
            #expect(lines.contains { $0.object("model").text("name") == "Robin Pointe" && $0.number("quantity") == 8 })
        }
    }

    @Test func `a door shows its last outcomes, newest first, and which were undone`() async throws {
        try await TestBox.run { box in
            let scan = try box.scan("CAM-7")
            _ = try box.ask("POST", "/api/v1/scans/\(scan.text("id") ?? "")/undo")
            try box.scan("LENS-1")
            let door = scan.object("door").text("id") ?? ""
            let visit = try box.ask("GET", "/api/v1/doors/\(door)/visit?limit=3").fields().list("items")
            #expect(visit.first?.object("asset").text("number") == "LENS-1")
            let undone = try #require(visit.first { $0.text("id") == scan.text("id") })
            #expect(undone.text("word") == "OUT")
            #expect(try box.ask("GET", "/api/v1/doors/\(door)/visit").text.contains(#""undone":true"#))
            #expect(try box.ask("GET", "/api/v1/doors/\(door)/visit?limit=201").status == 400)
        }
    }

    @Test func `the people and the box say who and what they are`() async throws {
        try await TestBox.run { box in
            let people = try box.ask("GET", "/api/v1/people").fields().list("items")
            #expect(people.contains { $0.text("name") == "Jo Okafor" && $0.text("role") == "admin" })
            let about = try box.ask("GET", "/api/v1/about").fields()
            #expect(about.text("organisation") == "Northlight Rental" && about.text("version") == Version.current)
            let head = try box.ask("HEAD", "/api/v1/about")
            #expect(head.status == 200 && head.body.isEmpty)
            let basic = ["Authorization": "Basic x"]
            #expect(try box.ask("GET", "/api/v1/about", headers: basic, authorization: nil).status == 401)
        }
    }

    @Test func `who acts at a door is somebody there is`() async throws {
        try await TestBox.run { box in
            let door = try #require(try box.ask("GET", "/api/v1/doors").fields().list("items").first?.text("id"))
            let people = try box.ask("GET", "/api/v1/people").fields().list("items")
            let ana = try #require(people.first { $0.text("name") == "Ana Vidal" }?.text("id"))
            let set = try box.ask("PATCH", "/api/v1/doors/\(door)", ["acting": .string(ana)]).fields()
            #expect(set.object("acting").object("person").text("name") == "Ana Vidal")
            let nobody = try box.ask("PATCH", "/api/v1/doors/\(door)", ["acting": "none"])
            #expect(try nobody.status == 404 && nobody.fields().text("field") == "acting")
        }
    }
}

@Suite struct PrometheusRegistryTests {
    @Test func `what is measured is written as Prometheus text`() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "scans_total", dimensions: [("door", "main")]).increment(by: 3)
        registry.makeCounter(label: "scans_total", dimensions: [("door", "main")]).increment(by: 2)
        registry.makeTimer(label: "wait_seconds", dimensions: []).recordNanoseconds(1_500_000_000)
        let sizes = registry.makeRecorder(label: "sizes", dimensions: [], aggregate: true)
        sizes.record(Int64(4))
        sizes.record(0.5)
        let gone = registry.makeCounter(label: "gone_total", dimensions: [])
        gone.increment(by: 1)
        gone.reset()
        registry.collect { ["own 7"] }
        let lines = registry.text.split(separator: "\n")
        #expect(
            lines == [
                "gone_total 0", "scans_total{door=\"main\"} 5", "sizes_count 2", "sizes_sum 4.5",
                "wait_seconds_count 1", "wait_seconds_sum 1.5", "own 7",
            ])
    }

    @Test func `series beyond the bound are not kept`() {
        let registry = PrometheusRegistry()
        for number in 0...PrometheusRegistry.seriesCountMax {
            registry.makeCounter(label: "series_\(number)", dimensions: []).increment(by: 1)
        }
        #expect(registry.text.split(separator: "\n").count == PrometheusRegistry.seriesCountMax)
    }
}
